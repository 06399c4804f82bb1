namespace Sact.Session.Scoreboard;

/// <summary>What is in the store, how much of it, and what it is worth to a thief.</summary>
internal static class StoreCases
{
    private const int Requests = 60;

    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "visitors-fill-the-store",
            "Requests without a cookie fill the store",
            [Reference.GitHub("expressjs/session", 1147), Reference.Cve("CVE-2015-5964")],
            "60 requests without a cookie read who is signed in. What the store holds must not grow by 30.",
            app => GrowthAsync(app, static (browser, _) => browser.GetAsync("/me"))),
        new(
            "invented-ids-fill-the-store",
            "Requests with invented ids fill the store",
            [Reference.Cve("CVE-2015-5143")],
            "60 requests with another invented cookie each read who is signed in. What the store holds must not grow by 30.",
            app => GrowthAsync(app, static (browser, issued) =>
            {
                string name = Application.New("x").Replace('-', 'A');
                browser.SessionCookie = name + issued[..^Math.Min(name.Length, issued.Length)];
                return browser.GetAsync("/me");
            })),
        new(
            "sign-outs-fill-the-store",
            "Sign-outs without a session fill the store",
            [Reference.Cve("CVE-2015-5963")],
            "60 requests without a cookie sign out. What the store holds must not grow by 30.",
            app => GrowthAsync(app, static (browser, _) => browser.PostAsync("/logout"))),
        new(
            "dump-signs-in",
            "What a dump of the store holds works as a cookie",
            [Reference.Cve("CVE-2019-16782")],
            "Every string of the records of a session is sent as its cookie.",
            DumpAsync),
    ];

    private static async Task<Finding> GrowthAsync(Application app, Func<Browser, string, Task<Reply>> send)
    {
        string issued = (await app.SignInAsync(Application.New("alice"))).SessionCookie!;
        long before = await app.RecordsAsync();
        for (int i = 0; i < Requests; i++)
        {
            await send(app.NewBrowser(), issued);
        }

        long grown = await app.RecordsAsync() - before;
        return Finding.FailsIf(grown >= Requests / 2, $"{Requests} requests added {grown}");
    }

    private static async Task<Finding> DumpAsync(Application app)
    {
        string[] before = await app.DumpAsync();
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        Application.Expect(browser.SessionCookie is not null, "there is no cookie");
        string[] added = [.. (await app.DumpAsync()).Except(before)];
        Application.Expect(added.Length > 0, "the dump shows nothing of the session");
        foreach (string line in added.Take(50))
        {
            // A key often has a prefix before the id.
            foreach (string value in new[] { line, line[(line.LastIndexOf(':') + 1)..], Uri.EscapeDataString(line) }.Distinct())
            {
                var thief = app.NewBrowser();
                thief.SessionCookie = value;
                if (value.Length is > 0 and < 4096 && value.All(static c => c is > ' ' and < (char)127) && await thief.WhoAsync() == user)
                {
                    return Finding.Fails("a string of the dump signs in");
                }
            }
        }

        return Finding.Holds;
    }
}
