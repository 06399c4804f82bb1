using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Where a browser may be sent after signing in or out: nowhere but to this host (CWE-601, OWASP Unvalidated Redirects).</summary>
internal static class LocalUrl
{
    public static bool IsLocal(string url, HttpRequest request)
    {
        // Browsers drop control characters and turn '\' into '/': "/\t/evil" and "/\evil" lead elsewhere.
        foreach (char c in url)
        {
            if (char.IsControl(c))
            {
                return false;
            }
        }

        if (url.StartsWith('/'))
        {
            return url.Length == 1 || (url[1] is not ('/' or '\\'));
        }

        return !url.Contains('\\', StringComparison.Ordinal)
            && Uri.TryCreate(url, UriKind.Absolute, out var absolute)
            && absolute.UserInfo.Length == 0
            && Uri.TryCreate($"{request.Scheme}://{request.Host}", UriKind.Absolute, out var own)
            && absolute.Scheme == own.Scheme
            && absolute.Authority.Equals(own.Authority, StringComparison.OrdinalIgnoreCase);
    }
}
