namespace Sact.Session.Scoreboard;

/// <summary>Sessions that should have ended. The scoreboard moves the clock of the contender.</summary>
internal static class TimeCases
{
    private const int Users = 60;
    private static readonly TimeSpan s_longAgo = TimeSpan.FromDays(60);
    private static readonly TimeSpan s_longUse = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_longStep = TimeSpan.FromHours(20);
    private static readonly TimeSpan s_shortStep = TimeSpan.FromMinutes(19);

    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "kept-cookie-never-expires",
            "The server accepts a cookie long after its session expired",
            [Reference.Page("cookie-session, README", "https://github.com/expressjs/cookie-session#readme")],
            "A user signs in and is away for 60 days. A copy of the cookie that knows no expiry is sent.",
            KeptAsync),
        new(
            "used-session-never-ends",
            "A session that is used lives for ever",
            [Reference.GitHub("expressjs/session", 557), Reference.GitHub("aspnet/Security", 557)],
            "A session is used for 30 days: every twenty hours, or every nineteen minutes where that is too seldom.",
            UsedAsync),
        new(
            "expired-id-reused",
            "The next session of a browser gets the id of an expired one",
            [Reference.GitHub("ServiceStack/Issues", 240)],
            "A session expires. Bob signs in in the same browser. A copy of the first cookie is sent.",
            ReusedAsync),
        new(
            "expired-records-stay",
            "Expired sessions stay in the store",
            [
                Reference.GitHub("Gottwik/Enduro", 154),
                Reference.Page("express-session, README", "https://github.com/expressjs/session#compatible-session-stores"),
            ],
            "60 users sign in and are away for 60 days. 60 others sign in. What the store holds must not have grown by 30 more.",
            StayAsync),
    ];

    private static async Task<Finding> KeptAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        await app.AdvanceAsync(s_longAgo);
        return Finding.FailsIf(await browser.WhoAsync() == user, "after 60 days the cookie signs in");
    }

    private static async Task<Finding> UsedAsync(Application app)
    {
        // A session that is idle for a day in one contender is idle for twenty minutes in another.
        string user = Application.New("alice");
        var probe = await app.SignInAsync(user);
        await app.AdvanceAsync(s_longStep);
        var step = await probe.WhoAsync() == user ? s_longStep : s_shortStep;
        var browser = await app.SignInAsync(user);
        for (var age = TimeSpan.Zero; age < s_longUse; age += step)
        {
            await app.AdvanceAsync(step);
            if (await browser.WhoAsync() != user)
            {
                return Finding.Holds;
            }
        }

        return Finding.Fails("after 30 days of use the session lives");
    }

    private static async Task<Finding> ReusedAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        var copy = browser.Copy();
        await app.AdvanceAsync(s_longAgo);
        string bob = Application.New("bob");
        await app.SignInAsync(bob, browser);
        return Finding.FailsIf(await copy.WhoAsync() == bob, "the copy of the expired cookie is bob's session");
    }

    private static async Task<Finding> StayAsync(Application app)
    {
        await app.SweepAsync();
        long empty = await app.RecordsAsync();
        await SignInManyAsync();
        long before = await app.RecordsAsync();
        await app.AdvanceAsync(s_longAgo);
        await SignInManyAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(30));
        await app.SweepAsync();
        long after = await app.RecordsAsync();
        return Finding.FailsIf(after - before >= Math.Max((before - empty) / 2, Users / 2), $"{before} grew to {after}");

        async Task SignInManyAsync()
        {
            for (int i = 0; i < Users; i++)
            {
                await app.NewBrowser().PostAsync("/login", ("user", Application.New("user")));
            }
        }
    }
}
