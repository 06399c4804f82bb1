namespace Sact.Session.Scoreboard;

/// <summary>What a cache keeps of one user's answers must not reach another.</summary>
internal static class CacheCases
{
    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "shared-cache-keeps-page",
            "A shared cache gives a stranger the page of a user",
            [Reference.Cve("CVE-2023-30861"), Reference.Cve("CVE-2014-1418")],
            "A page names its user and has the header \"public, max-age=60\" of the application. "
                + "A stranger gets it through the same cache.",
            ThroughAsync),
        new(
            "shared-cache-keeps-cookie",
            "A shared cache gives a stranger the session's cookie",
            [Reference.Cve("CVE-2023-30861"), Reference.Cve("CVE-2012-2671")],
            "A page begins a session and has the header \"public, max-age=60\" of the application. "
                + "A stranger gets it through the same cache.",
            CookieAsync),
        new(
            "output-cache-mixes-users",
            "The framework's output cache gives a stranger the page of a user",
            [Reference.GitHub("dotnet/AspNetCore.Docs", 27687), Reference.GitHub("dotnet/aspnetcore", 48025)],
            "An endpoint with the output cache names its user. Another user and a stranger get it.",
            app => OfFrameworkAsync(app, "/output-cached/")),
        new(
            "response-cache-mixes-users",
            "The framework's response cache gives a stranger the page of a user",
            [Reference.GitHub("dotnet/AspNetCore.Docs", 24444)],
            "An endpoint that is public for a minute names its user. Another user and a stranger get it.",
            app => OfFrameworkAsync(app, "/response-cached/")),
        new(
            "page-stays-in-browser",
            "The browser may keep the page of a user after the sign-out",
            [Reference.Wstg("WSTG-ATHN-06", "04-Authentication_Testing/06-Testing_for_Browser_Cache_Weaknesses")],
            "A page names its user and has no cache header of the application. The header of the answer is read.",
            PlainAsync) { IsAboutDefaults = true },
    ];

    private static async Task<Finding> ThroughAsync(Application app)
    {
        string path = "/page/" + Application.New("page");
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        var cache = new SharedCache(app);
        Application.Expect((await cache.GetAsync(path, browser)).Body.Contains(user, StringComparison.Ordinal), "the page names nobody");
        var stranger = await cache.GetAsync(path, app.NewBrowser());
        return Finding.FailsIf(stranger.Body.Contains(user, StringComparison.Ordinal), "the stranger's page names the user");
    }

    private static async Task<Finding> CookieAsync(Application app)
    {
        string path = "/visited-page/" + Application.New("page");
        var cache = new SharedCache(app);
        var first = await cache.GetAsync(path, app.NewBrowser());
        string? begun = first.SetCookies.LastOrDefault(cookie => cookie.Name == app.CookieName)?.Value;
        Application.Expect(begun is not null, "the page began no session");
        var stranger = await cache.GetAsync(path, app.NewBrowser());
        return Finding.FailsIf(stranger.SetCookies.Any(cookie => cookie.Value == begun), "both have the same cookie");
    }

    private static async Task<Finding> OfFrameworkAsync(Application app, string folder)
    {
        string path = folder + Application.New("page");
        string user = Application.New("alice");
        var alice = await app.SignInAsync(user);
        var bob = await app.SignInAsync(Application.New("bob"));
        Application.Expect((await alice.GetAsync(path)).Body.Contains(user, StringComparison.Ordinal), "the page names nobody");
        bool isMixed = (await bob.GetAsync(path)).Body.Contains(user, StringComparison.Ordinal)
            || (await app.NewBrowser().GetAsync(path)).Body.Contains(user, StringComparison.Ordinal);
        return Finding.FailsIf(isMixed, "the other's page names the user");
    }

    private static async Task<Finding> PlainAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string header = (await browser.GetAsync("/plain")).Header("Cache-Control");
        return Finding.FailsIf(
            !header.Contains("no-store", StringComparison.OrdinalIgnoreCase), header.Length == 0 ? "no Cache-Control" : header);
    }
}
