namespace Sact.Session.Scoreboard;

/// <summary>A user's other sessions: what ends them, and what must not.</summary>
internal static class DeviceCases
{
    private static readonly Reference s_passwordChange = Reference.GitHub("decred/politeia", 1680);
    private static readonly Reference s_cachedRevocation = Reference.GitHub("better-auth/better-auth", 6893);

    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "everywhere-misses-a-device",
            "A sign-out everywhere leaves another device signed in",
            [s_passwordChange, s_cachedRevocation],
            "Three browsers of one user sign in and are used. One signs out everywhere. The others send a request.",
            EverywhereAsync),
        new(
            "others-misses-a-device",
            "A sign-out of the other devices leaves one signed in, or ends the caller's",
            [s_passwordChange, s_cachedRevocation],
            "Three browsers of one user sign in and are used. One signs the others out. All send a request.",
            OthersAsync),
        new(
            "late-write-after-everywhere",
            "A slow write of another device brings its session back after a sign-out everywhere",
            [Reference.GitHub("tj/connect-redis", 328), Reference.GitHub("expressjs/session", 632)],
            "A request of the second device reads its session and is held. The first signs out everywhere. The request writes.",
            LateWriteAsync),
        new(
            "foreign-session-ended",
            "A user ends the session of another by its handle",
            [Reference.GitHub("kanboard/kanboard", 5829), Reference.GitHub("appwrite/appwrite", 12799)],
            "Mallory sends the handle from the victim's list of devices to end that session.",
            ForeignAsync),
        new(
            "handle-is-a-cookie",
            "The handle of a listed session works as its cookie",
            [Reference.Cve("CVE-2019-16782")],
            "Each handle of the list of devices is sent as the cookie.",
            HandleAsync),
    ];

    private static async Task<(string User, Browser First, Browser[] Others)> ThreeAsync(Application app)
    {
        string user = Application.New("alice");
        var first = await app.SignInAsync(user);
        return (user, first, [await app.SignInAsync(user), await app.SignInAsync(user)]);
    }

    private static async Task<Finding> EverywhereAsync(Application app)
    {
        var (user, first, others) = await ThreeAsync(app);
        await first.PostAsync("/logout-all");
        return Finding.FailsIf(await IsAnySignedInAsync(others, user), "another device is still signed in");
    }

    private static async Task<Finding> OthersAsync(Application app)
    {
        var (user, first, others) = await ThreeAsync(app);
        await first.PostAsync("/logout-others");
        return await IsAnySignedInAsync(others, user)
            ? Finding.Fails("another device is still signed in")
            : Finding.FailsIf(await first.WhoAsync() != user, "the caller is signed out");
    }

    private static async Task<bool> IsAnySignedInAsync(Browser[] browsers, string user) =>
        (await Task.WhenAll(browsers.Select(static browser => browser.WhoAsync()))).Contains(user);

    private static async Task<Finding> LateWriteAsync(Application app)
    {
        var (user, first, others) = await ThreeAsync(app);
        string? who = await SignOutCases.WhoAfterLateAsync(
            app,
            others[0],
            static (browser, gate) => browser.SetAsync("cart", "late", gate),
            () => first.PostAsync("/logout-all"),
            "The sign-out everywhere ends no session at once, with or without a late request.");
        return Finding.FailsIf(who == user, "after the late write the other session lives");
    }

    private static async Task<Finding> ForeignAsync(Application app)
    {
        string user = Application.New("victim");
        var victim = await app.SignInAsync(user);
        string handle = (await victim.GetAsync("/devices")).Body.Split('\n')[0];
        Application.Expect(handle.Length > 0, "the list of devices is empty");
        var mallory = await app.SignInAsync(Application.New("mallory"));
        await mallory.PostAsync("/end", ("handle", handle));
        return Finding.FailsIf(await victim.WhoAsync() != user, "the victim is signed out");
    }

    private static async Task<Finding> HandleAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        string[] handles = (await browser.GetAsync("/devices")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Application.Expect(handles.Length > 0, "the list of devices is empty");
        foreach (string handle in handles)
        {
            var thief = app.NewBrowser();
            thief.SessionCookie = handle;
            if (await thief.WhoAsync() == user)
            {
                return Finding.Fails("the handle signs in");
            }
        }

        return Finding.Holds;
    }
}
