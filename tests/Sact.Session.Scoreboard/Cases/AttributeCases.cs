namespace Sact.Session.Scoreboard;

/// <summary>What a browser learns about the cookie of a sign-in. Options change most of it, so these are cases about defaults.</summary>
internal static class AttributeCases
{
    private static readonly Reference s_defaults = Reference.GitHub("expressjs/session", 1147);

    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "no-host-prefix",
            "A sibling subdomain can set the session's cookie, because its name has no __Host- prefix",
            [Reference.Cve("CVE-2024-21583")],
            "The name of the cookie of a sign-in is read.",
            app => AttributeAsync(app, cookie => cookie.Name.StartsWith("__Host-", StringComparison.Ordinal), "the name has no prefix"))
        { IsAboutDefaults = true },
        new(
            "not-secure",
            "The session's cookie is sent over plain HTTP",
            [s_defaults],
            "The cookie of a sign-in over https is read.",
            app => AttributeAsync(app, cookie => cookie.Attributes.ContainsKey("secure"), "the cookie is not Secure"))
        { IsAboutDefaults = true },
        new(
            "no-samesite",
            "The session's cookie has no SameSite",
            [s_defaults],
            "The cookie of a sign-in is read.",
            app => AttributeAsync(app, cookie => cookie.Attributes.ContainsKey("samesite"), "the cookie has no SameSite"))
        { IsAboutDefaults = true },
        new(
            "script-reads-cookie",
            "Scripts can read the session's cookie",
            [Reference.Wstg("WSTG-SESS-02", "06-Session_Management_Testing/02-Testing_for_Cookies_Attributes")],
            "The cookie of a sign-in is read.",
            app => AttributeAsync(app, cookie => cookie.Attributes.ContainsKey("httponly"), "the cookie is not HttpOnly")),
        new(
            "too-large-for-a-cookie",
            "A write succeeds with a cookie that every browser refuses",
            [Reference.Page("cookie-session, Max Cookie Size", "https://github.com/expressjs/cookie-session#max-cookie-size")],
            "6 KB are written. The answer is an error, or the cookies have at most 4096 bytes and the value is there.",
            TooLargeAsync),
        new(
            "old-cookie-restores-data",
            "An old copy of the cookie brings back data of before",
            [Reference.Page("cookie-session, README", "https://github.com/expressjs/cookie-session#readme")],
            "A value is written, the cookies are copied, and the value is changed. The copy reads it.",
            OldCookieAsync),
    ];

    private static async Task<Finding> AttributeAsync(Application app, Func<SetCookie, bool> hasIt, string seen)
    {
        var reply = await app.NewBrowser().PostAsync("/login", ("user", Application.New("alice")));
        var cookie = reply.SetCookies.Last(cookie => cookie.Name == app.CookieName);
        return Finding.FailsIf(!hasIt(cookie), seen);
    }

    private static async Task<Finding> TooLargeAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string large = new('x', 6000);
        var reply = await browser.Copy().SetAsync("cart", large);
        if (reply.Status != 200)
        {
            return Finding.Holds;
        }

        // A browser drops a cookie over this size and keeps the one before.
        bool isDropped = reply.SetCookies.Any(cookie => cookie.Name.Length + cookie.Value.Length > 4096);
        if (!isDropped)
        {
            await browser.SetAsync("cart", large);
        }

        return Finding.FailsIf(isDropped || await browser.ReadAsync("cart") != large, "the write answered 200, and the value is lost");
    }

    private static async Task<Finding> OldCookieAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        await browser.SetAsync("cart", "voucher");
        var copy = browser.Copy();
        await browser.SetAsync("cart", "spent");
        Application.Expect(await browser.ReadAsync("cart") == "spent", "the second write is not there");
        return Finding.FailsIf(await copy.ReadAsync("cart") == "voucher", "the old cookie reads the old value");
    }
}
