namespace Sact.Session.Scoreboard;

/// <summary>A new id for a living session, as after a change of rights.</summary>
internal static class RenewalCases
{
    private static readonly Reference s_regenerate =
        Reference.Page("PHP manual, session_regenerate_id", "https://www.php.net/manual/en/function.session-regenerate-id.php");

    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "lost-renewal-signs-out",
            "A user whose renewal is lost on the way is signed out",
            [s_regenerate, Reference.GitHub("expressjs/session", 923)],
            "The session gets a new id, and the answer never reaches the browser. The browser sends its old cookie.",
            LostAnswerAsync),
        new(
            "renewal-drops-write",
            "A write that runs beside a renewal is lost",
            [Reference.GitHub("expressjs/session", 923)],
            "A request reads the session and is held. The session gets a new id. The request writes. The new id reads the value.",
            WriteBesideAsync),
        new(
            "replaced-id-lives",
            "A replaced id stays valid",
            [
                Reference.Page(
                    "OWASP Session Management",
                    "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html"
                        + "#renew-the-session-id-after-any-privilege-level-change"),
            ],
            "The session gets a new id, and the browser uses it. Five minutes later a copy of the old cookie is sent.",
            ReplacedAsync),
    ];

    private static async Task<Finding> LostAnswerAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        await browser.Copy().PostAsync("/renew");
        return Finding.FailsIf(await browser.WhoAsync() != user, "the user is signed out");
    }

    private static async Task<Finding> WriteBesideAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        string gate = Application.New("gate");
        var late = browser.Copy().SetAsync("cart", "late", gate);
        await app.HoldAsync(gate, late);
        try
        {
            await browser.PostAsync("/renew");
        }
        finally
        {
            await app.OpenAsync(gate);
        }

        var reply = await late;
        Application.Expect(await browser.WhoAsync() == user, "the new id is not valid");
        return Finding.FailsIf(
            reply.Status == 200 && await browser.ReadAsync("cart") != "late", "the write answered 200, and the new id does not read it");
    }

    private static async Task<Finding> ReplacedAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        var copy = browser.Copy();
        await browser.PostAsync("/renew");
        Application.Expect(await browser.WhoAsync() == user, "the new id is not valid");
        if (await copy.WhoAsync() != user)
        {
            return Finding.Holds;
        }

        await app.AdvanceAsync(TimeSpan.FromMinutes(5));
        return Finding.FailsIf(await copy.WhoAsync() == user, "the replaced id still signs in");
    }
}
