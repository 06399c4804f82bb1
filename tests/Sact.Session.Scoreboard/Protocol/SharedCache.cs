namespace Sact.Session.Scoreboard;

/// <summary>
/// A shared cache in front of an application, as a content delivery network is. It stores what RFC 9111 lets it store, with every header
/// of the answer, and obeys <c>Vary</c>.
/// </summary>
internal sealed class SharedCache(Application application)
{
    private readonly List<(string Path, string? Cookies, Reply Reply)> _stored = [];

    public async Task<Reply> GetAsync(string path, Browser browser)
    {
        string cookies = browser.CookieHeader;
        foreach (var (storedPath, storedCookies, stored) in _stored)
        {
            if (storedPath == path && (storedCookies is null || storedCookies == cookies))
            {
                return stored;
            }
        }

        var reply = await application.SendAsync(HttpMethod.Get, path, [], cookies);
        if (MayStore(reply))
        {
            bool varies = Words(reply.Header("Vary")).Contains("cookie");
            _stored.Add((path, varies ? cookies : null, reply));
        }

        return reply;
    }

    private static bool MayStore(Reply reply)
    {
        var directives = Words(reply.Header("Cache-Control")).Select(static word => word.Split('=')[0]).ToHashSet();
        return reply.Status == 200
            && !directives.Overlaps(["no-store", "private", "no-cache"])
            && directives.Overlaps(["public", "max-age", "s-maxage"])
            && !Words(reply.Header("Vary")).Contains("*");
    }

    private static IEnumerable<string> Words(string header) => header
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(static word => word.ToLowerInvariant());
}
