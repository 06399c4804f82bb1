namespace Sact.Session.Scoreboard;

/// <summary>After an acknowledged sign-out nothing brings the session back, and nothing of it stays.</summary>
internal static class SignOutCases
{
    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "cookie-outlives-sign-out",
            "A copied cookie works after the sign-out",
            [
                Reference.GitHub("dotnet/aspnetcore", 7737), Reference.GitHub("dotnet/aspnetcore", 19003),
                Reference.GitHub("vvo/iron-session", 530),
            ],
            "The cookies are copied, and the user signs out. The copy is sent.",
            CopiedAsync),
        new(
            "late-write-resurrects",
            "A slow write brings a session back after its sign-out",
            [Reference.GitHub("expressjs/session", 632), Reference.GitHub("tj/connect-redis", 328)],
            "A request reads the session and is held. The user signs out. The request writes. A copy of the cookies is sent.",
            LateWriteAsync),
        new(
            "late-read-resurrects",
            "A slow read brings a session back after its sign-out",
            [Reference.GitHub("valery-barysok/session-file-store", 55), Reference.GitHub("expressjs/session", 957)],
            "A request that only reads is held. The user signs out. The request ends. A copy of the cookies is sent.",
            LateReadAsync),
        new(
            "late-answer-signs-in-again",
            "A late answer gives the browser its cookie back after the sign-out",
            [Reference.GitHub("auth0/nextjs-auth0", 2335)],
            "A request that writes is held while the same browser signs out. Its answer arrives last.",
            LateAnswerAsync),
        new(
            "late-answer-changes-user",
            "A late answer puts the cookie of the user before over that of a new sign-in",
            [Reference.GitHub("auth0/nextjs-auth0", 2335)],
            "A request of alice is held while she signs out and bob signs in. Its answer arrives last.",
            LateAnswerOverLoginAsync),
        new(
            "cookie-stays",
            "The browser keeps the cookie after the sign-out",
            [Reference.GitHub("expressjs/session", 241)],
            "The user signs out. The browser must no longer have the cookie.",
            CookieStaysAsync) { IsAboutDefaults = true },
        new(
            "data-stays",
            "The store keeps the data of a session after its sign-out",
            [Reference.GitHub("dotnet/aspnetcore", 7737)],
            "A value is written, and the user signs out. The store is searched for the value.",
            DataStaysAsync),
        new(
            "forged-sign-out",
            "A forged cookie signs out its victim",
            [Reference.GitHub("better-auth/better-auth", 6049)],
            "The cookie of a session is sent to the sign-out with a false second half, with one false character, and cut in half.",
            ForgedAsync),
    ];

    private static async Task<Finding> CopiedAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        var copy = browser.Copy();
        await browser.PostAsync("/logout");
        return Finding.FailsIf(await copy.WhoAsync() == user, "the copied cookie still signs in");
    }

    private static async Task<Finding> LateWriteAsync(Application app)
    {
        string? who = await WhoAfterLogoutAsync(app, static (browser, gate) => browser.SetAsync("cart", "late", gate));
        return Finding.FailsIf(who is not null, "after the late write the session lives");
    }

    private static async Task<Finding> LateReadAsync(Application app)
    {
        string? who = await WhoAfterLogoutAsync(app, static (browser, gate) => browser.GetAsync("/me", ("gate", gate)));
        return Finding.FailsIf(who is not null, "after the late read the session lives");
    }

    private static async Task<Finding> LateAnswerAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        string gate = Application.New("gate");
        var late = browser.SetAsync("cart", "late", gate);
        await app.HoldAsync(gate, late);
        await browser.PostAsync("/logout");
        await app.OpenAsync(gate);
        await late;
        return Finding.FailsIf(await browser.WhoAsync() == user, "the browser is signed in again");
    }

    private static async Task<Finding> LateAnswerOverLoginAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string bob = Application.New("bob");
        string gate = Application.New("gate");
        var late = browser.SetAsync("cart", "late", gate);
        await app.HoldAsync(gate, late);
        await browser.PostAsync("/logout");
        await app.SignInAsync(bob, browser);
        await app.OpenAsync(gate);
        await late;
        string? who = await browser.WhoAsync();
        return Finding.FailsIf(who != bob, $"the browser is {(who is null ? "nobody's" : "alice's")}");
    }

    private static async Task<Finding> CookieStaysAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string cookie = browser.SessionCookie!;
        await browser.PostAsync("/logout");
        return Finding.FailsIf(browser.SessionCookie == cookie, "the browser still sends the cookie");
    }

    private static async Task<Finding> DataStaysAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string canary = Application.New("canary");
        await browser.SetAsync("cart", canary);
        if (!await IsStoredAsync())
        {
            throw new NotApplicableException("The store does not show the value in plain form, before the sign-out either.");
        }

        await browser.PostAsync("/logout");
        return Finding.FailsIf(await IsStoredAsync(), "the value is still stored");

        async Task<bool> IsStoredAsync() =>
            Array.Exists(await app.DumpAsync(), line => line.Contains(canary, StringComparison.Ordinal));
    }

    private static async Task<Finding> ForgedAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        string value = browser.SessionCookie!;
        int half = value.Length / 2;
        string changed = value[..half] + (value[half] == 'A' ? 'B' : 'A') + value[(half + 1)..];
        foreach (string forged in new[] { value[..half] + new string('A', value.Length - half), changed, value[..half] })
        {
            var attacker = browser.Copy();
            attacker.SessionCookie = forged;
            await attacker.PostAsync("/logout");
            if (await browser.Copy().WhoAsync() != user)
            {
                return Finding.Fails("the forged cookie signed the victim out");
            }
        }

        return Finding.Holds;
    }

    private static async Task<string?> WhoAfterLogoutAsync(Application app, Func<Browser, string, Task<Reply>> send)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        return await WhoAfterLateAsync(
            app, browser, send, () => browser.PostAsync("/logout"), "The sign-out ends no session, with or without a late request.");
    }

    /// <summary>Signs out while a request of a session is held.</summary>
    /// <returns>The user that the cookies of before still sign in; null for nobody.</returns>
    internal static async Task<string?> WhoAfterLateAsync(
        Application app, Browser held, Func<Browser, string, Task<Reply>> send, Func<Task> signOut, string endsNothing)
    {
        var copy = held.Copy();
        bool outlives;
        string gate = Application.New("gate");
        var late = send(held.Copy(), gate);
        await app.HoldAsync(gate, late);
        try
        {
            await signOut();
            outlives = await copy.WhoAsync() is not null;
        }
        finally
        {
            await app.OpenAsync(gate);
            await late;
        }

        return outlives ? throw new NotApplicableException(endsNothing) : await copy.WhoAsync();
    }
}
