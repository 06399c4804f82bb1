using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Decides whether a URL leads to this host. A sign-in or sign-out redirects to no other one (CWE-601, OWASP Unvalidated Redirects).
/// </summary>
internal static class LocalUrl
{
    /// <summary>Whether a URL is relative to the path of the request, such as <c>page</c> or <c>?tab=2</c>.</summary>
    public static bool IsRelative(string url)
    {
        int end = url.AsSpan().IndexOfAny('/', '?', '#');
        return url.Length > 0
            && url[0] is not ('/' or ' ')
            && !url.Contains('\\', StringComparison.Ordinal)
            && !url.Any(char.IsControl)

            // What stands before a colon is a scheme, unless a part of the path comes first.
            && !url.AsSpan(0, end < 0 ? url.Length : end).Contains(':');
    }

    public static bool IsLocal(string url, HttpRequest request)
    {
        // Browsers drop control characters and turn '\' into '/', so "/\t/evil" and "/\evil" lead to another host.
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
