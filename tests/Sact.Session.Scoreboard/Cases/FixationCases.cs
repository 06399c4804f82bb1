namespace Sact.Session.Scoreboard;

/// <summary>An id that an attacker knows must not become the session of a victim.</summary>
internal static class FixationCases
{
    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "adopted-id",
            "An id that the client invented becomes a session",
            [Reference.Cve("CVE-2011-4718")],
            "A browser that sends an invented id of the right length signs in. Somebody else sends the same id.",
            AdoptedIdAsync),
        new(
            "anonymous-id-kept",
            "A sign-in keeps the id of the visitor",
            [Reference.Cve("CVE-2022-25896"), Reference.Cve("CVE-2023-29019"), Reference.GitHub("aspnet/Session", 76)],
            "An attacker plants the cookie of an anonymous session. The victim signs in with it. The attacker sends it again.",
            AnonymousIdAsync),
        new(
            "other-users-id-kept",
            "A sign-in over another user's session keeps its id",
            [Reference.GitHub("dotnet/aspnetcore", 47503), Reference.Cve("CVE-2022-25896")],
            "The victim signs in in a browser that has the cookie of mallory's session. Mallory sends that cookie again.",
            OtherUsersIdAsync),
        new(
            "data-inherited",
            "A sign-in takes over the data of another user",
            [Reference.Cve("CVE-2022-25896")],
            "Mallory writes a value. The victim signs in in the same browser and reads it.",
            InheritedAsync),
        new(
            "login-survives-login",
            "The session before a sign-in stays valid after it",
            [Reference.Page("ASVS 5.0 V7.2.4", "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x16-V7-Session-Management.md")],
            "A user who is signed in signs in again in the same browser. A copy of the first cookie is sent.",
            OldLoginAsync),
        new(
            "next-user-gets-the-id",
            "The next user of a browser gets the id of the one before",
            [Reference.GitHub("ServiceStack/Issues", 240)],
            "Alice signs out, and bob signs in in the same browser. A copy of alice's cookie is sent.",
            NextUserAsync),
        new(
            "id-in-url",
            "An id in the address or in another header is accepted",
            [Reference.Cve("CVE-2014-0033")],
            "The value of a valid cookie is sent as a query parameter, as a path parameter and in other headers, without a cookie.",
            IdInUrlAsync),
    ];

    private static async Task<Finding> AdoptedIdAsync(Application app)
    {
        var issued = await app.SignInAsync(Application.New("alice"));
        string invented = new('A', issued.SessionCookie!.Length);
        var browser = app.NewBrowser();
        browser.SessionCookie = invented;
        string victim = Application.New("victim");
        await app.SignInAsync(victim, browser);
        var attacker = app.NewBrowser();
        attacker.SessionCookie = invented;
        return Finding.FailsIf(await attacker.WhoAsync() == victim, "the invented id is the victim's session");
    }

    private static async Task<Finding> AnonymousIdAsync(Application app)
    {
        var attacker = app.NewBrowser();
        await attacker.PostAsync("/visit", ("key", "cart"), ("value", "planted"));
        string victim = Application.New("victim");
        await app.SignInAsync(victim, attacker.Copy());
        return Finding.FailsIf(await attacker.WhoAsync() == victim, "the visitor's cookie is the victim's session");
    }

    private static async Task<Finding> OtherUsersIdAsync(Application app)
    {
        var mallory = await app.SignInAsync(Application.New("mallory"));
        string victim = Application.New("victim");
        await app.SignInAsync(victim, mallory.Copy());
        return Finding.FailsIf(await mallory.Copy().WhoAsync() == victim, "mallory's old cookie is the victim's session");
    }

    private static async Task<Finding> InheritedAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("mallory"));
        await browser.SetAsync("cart", "mallory's");
        await app.SignInAsync(Application.New("victim"), browser);
        return Finding.FailsIf(await browser.ReadAsync("cart") == "mallory's", "the victim reads mallory's value");
    }

    private static async Task<Finding> OldLoginAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        var old = browser.Copy();
        await app.SignInAsync(user, browser);
        if (old.CookieHeader == browser.CookieHeader)
        {
            return Finding.Fails("the second sign-in kept the cookie");
        }

        return Finding.FailsIf(await old.WhoAsync() == user, "the cookie of before the second sign-in is still valid");
    }

    private static async Task<Finding> NextUserAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        var copy = browser.Copy();
        await browser.PostAsync("/logout");
        string bob = Application.New("bob");
        await app.SignInAsync(bob, browser);
        return Finding.FailsIf(await copy.WhoAsync() == bob, "the copy of alice's cookie is bob's session");
    }

    private static async Task<Finding> IdInUrlAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        var (name, value) = (app.CookieName, browser.SessionCookie!);
        Reply[] replies =
        [
            await app.SendAsync(HttpMethod.Get, "/me", [(name, value)], ""),
            await app.SendAsync(HttpMethod.Get, "/me", [], "", ("X-Session-Id", value)),
            await app.SendAsync(HttpMethod.Get, "/me", [], "", ("Authorization", "Bearer " + value)),
            await app.SendAsync(HttpMethod.Get, $"/me;{name}={Uri.EscapeDataString(value)}", [], ""),
        ];
        return Finding.FailsIf(replies.Any(reply => reply.User == user), "the session was found without its cookie");
    }
}
