using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Distinguishes requests of this site from those that another site makes a browser send. Both carry the cookie: SameSite=Lax allows
/// sibling subdomains, and an application may have set None.
/// </summary>
/// <remarks>
/// It follows OWASP's Cross-Site Request Forgery Prevention Cheat Sheet (Fetch Metadata, then the origin, then a custom header)
/// and Go's <c>http.CrossOriginProtection</c>. It needs no token: every browser since 2023 sends <c>Sec-Fetch-Site</c>, and no script can
/// set it.
/// </remarks>
internal static class CrossSiteGuard
{
    /// <summary>
    /// The header of a client that is no browser. A page of another site needs a CORS preflight for it, and nothing here answers one.
    /// </summary>
    public const string Header = "X-Requested-With";

    /// <summary>Whether a request that changes something is allowed.</summary>
    public static bool Allows(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        if (site.Count > 0)
        {
            // "same-site" is a sibling subdomain; it is not this site. A repeated header is not trusted.
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

        // The schemes need not be equal: TLS may end at a proxy that the application does not know.
        // But a page of an https site never has an http origin.
        bool downgraded = request.IsHttps && !origin.AsSpan(0, end).Equals("https", StringComparison.OrdinalIgnoreCase);
        return !downgraded && origin.AsSpan(end + 3).Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
