using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Tells the site's own requests from those that another site makes a browser send. The cookie goes with both: SameSite=Lax lets sibling subdomains through, and an application may have set None.
/// </summary>
/// <remarks>
/// After OWASP's Cross-Site Request Forgery Prevention Cheat Sheet (Fetch Metadata, then the origin, then a custom header) and Go's <c>http.CrossOriginProtection</c>. No token, because every browser since 2023 sends <c>Sec-Fetch-Site</c>, which
/// no script can set.
/// </remarks>
internal static class CrossSiteGuard
{
    /// <summary>What a client that is no browser sends. A browser lets a page of another site send it only after a CORS preflight, which nothing here answers.</summary>
    public const string Header = "X-Requested-With";

    /// <summary>Whether a request that changes something may be let through.</summary>
    public static bool Allows(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        if (site.Count > 0)
        {
            // "same-site" is a sibling subdomain; it is not this site. Sent more than once it is nobody's.
            return site.Count == 1 && site[0] is "same-origin" or "none";
        }

        var origin = request.Headers.Origin;
        return origin.Count > 0
            ? origin.Count == 1 && IsOwn(origin[0], request)
            : request.Headers[Header].Any(static value => !string.IsNullOrEmpty(value));
    }

    private static bool IsOwn(string? origin, HttpRequest request)
    {
        int end = origin?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        if (end < 0 || !request.Host.HasValue)
        {
            return false;
        }

        // The scheme is not compared as such: TLS may end at a proxy that nobody told us of. But http is never the origin of a page of an https site.
        bool downgraded = request.IsHttps && !origin.AsSpan(0, end).Equals("https", StringComparison.OrdinalIgnoreCase);
        return !downgraded && origin.AsSpan(end + 3).Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
