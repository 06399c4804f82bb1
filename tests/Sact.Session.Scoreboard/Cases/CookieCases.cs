namespace Sact.Session.Scoreboard;

/// <summary>Headers that look to a careless parser as if they carried a session.</summary>
internal static class CookieCases
{
    public static IReadOnlyList<Case> List { get; } =
    [
        new(
            "two-cookies",
            "An attacker's cookie beside the victim's decides who is signed in",
            [Reference.Cve("CVE-2024-21583"), Reference.Cve("CVE-2023-29019")],
            "The cookie of mallory's session is sent before and after that of the victim, as a sibling subdomain can arrange it.",
            TwoCookiesAsync),
        new(
            "encoded-name",
            "A percent-encoded name counts as the name of the session's cookie",
            [Reference.Cve("CVE-2020-7070"), Reference.Cve("CVE-2020-8184"), Reference.Cve("CVE-2020-1045")],
            "A valid value is sent under the name with its first characters percent-encoded.",
            app => UnderNameAsync(app, name => $"%{(int)name[0]:X2}%{(int)name[1]:x2}{name[2..]}")),
        new(
            "other-case",
            "A name in another case counts as the name of the session's cookie",
            [Reference.GitHub("httpwg/http-extensions", 2231), Reference.GitHub("dotnet/aspnetcore", 48421)],
            "A valid value is sent under the name in the other case, which no prefix protects.",
            app => UnderNameAsync(
                app, name => string.Concat(name.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))))),
        new(
            "mangled-name",
            "A name with other punctuation counts as the name of the session's cookie",
            [Reference.Cve("CVE-2022-31629")],
            "A valid value is sent under the name with each punctuation mark replaced.",
            app => UnderNameAsync(app, name => name.Replace('_', '.').Replace('-', '_').TrimStart('.') is var mangled && mangled != name
                ? mangled
                : "." + name)),
        new(
            "nameless-cookie",
            "A nameless cookie hides the session's cookie",
            [Reference.Cve("CVE-2023-23934"), Reference.Cve("CVE-2022-2860")],
            "A cookie without a name has name and value of a valid cookie as its value.",
            app => AsHeaderAsync(app, (name, value) => $"={name}={value}")),
        new(
            "smuggled-cookie",
            "A cookie inside the value of another is parsed as a cookie",
            [Reference.Cve("CVE-2023-26049"), Reference.Cve("CVE-2007-5333")],
            "The value of another cookie holds a valid cookie after a comma, and once more in quotes.",
            app => AsHeaderAsync(app, (name, value) => $"lang=en, {name}={value}", (name, value) => $"lang=\"en, {name}={value}\"")),
        new(
            "changed-cookie",
            "A cookie is checked in part only",
            [Reference.Cve("CVE-2008-1930")],
            "A valid cookie is sent with one character changed at fifteen places, cut, and extended.",
            ChangedAsync),
    ];

    private static async Task<Finding> TwoCookiesAsync(Application app)
    {
        string mallory = Application.New("mallory");
        var attacker = await app.SignInAsync(mallory);
        var victim = await app.SignInAsync(Application.New("victim"));
        var first = await app.SendAsync(HttpMethod.Get, "/me", [], $"{attacker.CookieHeader}; {victim.CookieHeader}");
        var last = await app.SendAsync(HttpMethod.Get, "/me", [], $"{victim.CookieHeader}; {attacker.CookieHeader}");
        return Finding.FailsIf(
            first.User == mallory || last.User == mallory,
            $"the request is mallory's when the planted cookie comes {(first.User == mallory ? "first" : "last")}");
    }

    private static Task<Finding> UnderNameAsync(Application app, Func<string, string> change) =>
        AsHeaderAsync(app, (name, value) => $"{change(name)}={value}");

    private static async Task<Finding> AsHeaderAsync(Application app, params Func<string, string, string>[] headers)
    {
        string user = Application.New("mallory");
        var browser = await app.SignInAsync(user);
        foreach (var header in headers)
        {
            // Every cookie of a library that has several is sent in the same way.
            string all = string.Join(
                "; ", browser.CookieHeader.Split("; ").Select(cookie => cookie.Split('=', 2)).Select(pair => header(pair[0], pair[1])));
            var reply = await app.SendAsync(HttpMethod.Get, "/me", [], all);
            if (reply.User == user)
            {
                return Finding.Fails("the session was found in a cookie of another name");
            }
        }

        return Finding.Holds;
    }

    private static async Task<Finding> ChangedAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        string value = browser.SessionCookie!;

        // Not at the last place: an encoding may have bits there that nothing uses, or a number of its version.
        var changed = Enumerable.Range(0, 15)
            .Select(place => place * (value.Length - 1) / 15)
            .Distinct()
            .Where(place => char.IsAsciiLetterOrDigit(value[place]))
            .Select(place => value[..place] + (value[place] == 'A' ? 'B' : 'A') + value[(place + 1)..])
            .Concat([value[..^4], value[..(value.Length / 2)], value[1..], value + "A", value + "." + value]);
        foreach (string other in changed)
        {
            var thief = browser.Copy();
            thief.SessionCookie = other;
            if (await thief.WhoAsync() == user)
            {
                int place = value.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
                return Finding.Fails(
                    $"a cookie of {value.Length} characters is accepted with a change at {place}, and length {other.Length}");
            }
        }

        return Finding.Holds;
    }
}
