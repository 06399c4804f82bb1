using System.Globalization;

namespace Sact.Session.Scoreboard;

/// <summary>Requests of one session side by side. A gate holds each of them between its read and its write.</summary>
internal static class RaceCases
{
    private const int Writers = 5;

    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "two-fields",
            "Of two changes of different fields one is lost",
            [
                Reference.GitHub("aspnet/Session", 60), Reference.GitHub("SerayaEryn/fastify-session", 237),
                Reference.GitHub("expressjs/session", 606),
            ],
            "Two requests read the session and are held. Each then writes another field.",
            TwoFieldsAsync),
        new(
            "lost-increment",
            "Increments of one number are lost",
            [Reference.GitHub("expressjs/session", 606), Reference.GitHub("aspnet/Session", 60)],
            "Five requests read a number and are held. Each then adds one, by the means that the library has for it.",
            IncrementsAsync),
        new(
            "stale-read-rolls-back",
            "A slow request that only reads undoes a change",
            [Reference.GitHub("valery-barysok/session-file-store", 55), Reference.GitHub("apostrophecms/apostrophe", 1765)],
            "A request that only reads is held. Another writes. The first one ends.",
            StaleReadAsync),
        new(
            "stored-after-the-answer",
            "An answer arrives before its change is stored",
            [Reference.GitHub("aspnet/Session", 203), Reference.GitHub("mweibel/connect-session-sequelize", 7)],
            "A request writes and sends the first part of its answer. Another request reads the value.",
            StreamAsync),
        new(
            "repeated-id-overwrites",
            "A new session overwrites another that has the same id",
            [Reference.GitHub("maxcountryman/tower-sessions", 180), Reference.GitHub("phpredis/phpredis", 648)],
            "The generator of ids repeats the last one. Somebody else signs in.",
            RepeatedIdAsync) { NeedsFaults = true },
        new(
            "cancelled-requests-mix-users",
            "Cancelled requests give one user the data of another",
            [Reference.Cve("CVE-2023-28858"), Reference.Cve("CVE-2023-28859")],
            "Two users send 120 requests side by side, and every third is cancelled at once. Each answer is checked.",
            CancelledAsync),
    ];

    private static async Task<Finding> TwoFieldsAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string gate = Application.New("gate");
        Task<Reply>[] writes = [browser.SetAsync("cart", "book", gate), browser.SetAsync("theme", "dark", gate)];
        await app.HoldAsync(gate, writes);
        await app.OpenAsync(gate);
        await Task.WhenAll(writes);
        string?[] values = [await browser.ReadAsync("cart"), await browser.ReadAsync("theme")];
        return Finding.FailsIf(values is not ["book", "dark"], "one of the two fields is missing");
    }

    private static async Task<Finding> IncrementsAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string gate = Application.New("gate");
        Task<Reply>[] writes = [.. Enumerable.Range(0, Writers).Select(_ => browser.PostAsync("/add", ("key", "count"), ("gate", gate)))];
        await app.HoldAsync(gate, writes);
        await app.OpenAsync(gate);
        await Task.WhenAll(writes);
        string? count = await browser.ReadAsync("count");
        return Finding.FailsIf(count != Writers.ToString(CultureInfo.InvariantCulture), $"{count ?? "nothing"} instead of {Writers}");
    }

    private static async Task<Finding> StaleReadAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        await browser.SetAsync("cart", "before");
        string gate = Application.New("gate");
        var slow = browser.GetAsync("/me", ("gate", gate));
        await app.HoldAsync(gate, slow);
        await browser.SetAsync("cart", "after");
        await app.OpenAsync(gate);
        await slow;
        return Finding.FailsIf(await browser.ReadAsync("cart") != "after", "the change is undone");
    }

    private static async Task<Finding> StreamAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string gate = Application.New("gate");
        var (begun, stream) = browser.Stream("/stream", ("key", "cart"), ("value", "streamed"), ("gate", gate));
        await app.HoldAsync(gate, stream);
        await begun;
        string? value = await browser.Copy().ReadAsync("cart");
        await app.OpenAsync(gate);
        var reply = await stream;
        Application.Expect(reply.Status == 200, $"the stream answered {reply.Status}");
        return Finding.FailsIf(value != "streamed", "the next request does not see the value");
    }

    private static async Task<Finding> RepeatedIdAsync(Application app)
    {
        string alice = Application.New("alice");
        var first = await app.SignInAsync(alice);
        await app.RepeatIdsAsync(true);
        try
        {
            await app.NewBrowser().PostAsync("/login", ("user", Application.New("bob")));
        }
        finally
        {
            await app.RepeatIdsAsync(false);
        }

        string? who = await first.WhoAsync();
        return Finding.FailsIf(who != alice, $"alice's cookie is {(who is null ? "nobody's" : "bob's")}");
    }

    private static async Task<Finding> CancelledAsync(Application app)
    {
        string[] users = [Application.New("alice"), Application.New("bob")];
        Browser[] browsers = [await app.SignInAsync(users[0]), await app.SignInAsync(users[1])];
        var found = await Task.WhenAll(Enumerable.Range(0, 120).Select(async number =>
        {
            string cookies = browsers[number % 2].CookieHeader;
            using var source = new CancellationTokenSource();
            var sent = app.SendAsync(HttpMethod.Get, "/me", [], cookies, cancellationToken: source.Token);
            if (number % 3 == 0)
            {
                await source.CancelAsync();
            }

            try
            {
                return (await sent).User is { } user && user != users[number % 2];
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }));
        Application.Expect(await browsers[0].WhoAsync() == users[0], "alice is not signed in after the requests");
        return Finding.FailsIf(found.Contains(true), "an answer named the other user");
    }
}
