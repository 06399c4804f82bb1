using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>What tells a cookie from another one of the same name in a browser, besides the host.</summary>
/// <param name="Domain">The domain in lower case, without a leading dot; null for the host alone.</param>
/// <param name="Path">The path.</param>
/// <param name="IsPartitioned">Whether the browser keeps the cookie apart for each top-level site.</param>
internal readonly record struct CookieScope(string? Domain, string Path, bool IsPartitioned)
{
    private const int MaxDomainLength = 253;
    private const int MaxSegments = 4;
    private const int MaxPathLength = 200;

    private static readonly SearchValues<char> s_domain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    public static CookieScope Of(CookieBuilder cookie) => new(
        cookie.Domain?.TrimStart('.').ToLowerInvariant(), cookie.Path ?? "/", cookie.Extensions.Any(IsPartitionedAttribute));

    public static bool IsPartitionedAttribute(string? extension) =>
        string.Equals(extension?.Trim(), "Partitioned", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The other scopes in which a cookie that this request carries can be, the likely ones first: those that differ in one attribute, then
    /// those that differ in two. A browser sends a cookie only below its path and in its domain, so there are at most 119.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="secure">Whether the cookies are for https only; no other cookie can be partitioned.</param>
    /// <param name="hostOnly">Whether the name allows neither a domain nor a path (<c>__Host-</c>).</param>
    public CookieScope[] Others(HttpRequest request, bool secure, bool hostOnly)
    {
        var own = this;
        bool[] partitions = secure ? [IsPartitioned, !IsPartitioned] : [IsPartitioned];
        string?[] domains = hostOnly ? [Domain] : [Domain, null, .. DomainsOf(request.Host.Host)];
        string[] paths = hostOnly ? [Path] : [Path, "/", .. PathsOf(request)];
        var all = partitions.SelectMany(partitioned =>
            domains.SelectMany(domain => paths.Select(path => new CookieScope(domain, path, partitioned))));
        return
        [
            .. all
                .Distinct()
                .Where(scope => scope != own)
                .OrderBy(scope =>
                    (scope.Domain == own.Domain ? 0 : 1)
                    + (scope.Path == own.Path ? 0 : 1)
                    + (scope.IsPartitioned == own.IsPartitioned ? 0 : 1)),
        ];
    }

    /// <summary>
    /// The host, the domains at the top, which a site sets for all its hosts, and the one above the host. The top has two labels, or three
    /// as in <c>example.co.uk</c>. A browser ignores a domain that is a public suffix, such as <c>co.uk</c>.
    /// </summary>
    private static IEnumerable<string> DomainsOf(string host)
    {
        string domain = host.ToLowerInvariant();
        if (domain.Length > MaxDomainLength || domain.AsSpan().ContainsAnyExcept(s_domain) || IPAddress.TryParse(domain, out _))
        {
            return [];
        }

        string[] labels = domain.Split('.');
        if (labels.Length < 2 || labels.Contains(""))
        {
            return [];
        }

        int[] lengths = [labels.Length, 2, 3, labels.Length - 1];
        return lengths.Where(length => length >= 2 && length <= labels.Length).Distinct()
            .Select(length => string.Join('.', labels[^length..]));
    }

    /// <summary>
    /// The paths of the request and above it, each without a slash at its end, and with one if the request lies below that.
    /// </summary>
    private static IEnumerable<string> PathsOf(HttpRequest request)
    {
        string whole = request.PathBase.Add(request.Path).ToUriComponent();
        int end = 0;
        for (int i = 0; i < MaxSegments && end < whole.Length - 1; i++)
        {
            int next = whole.IndexOf('/', end + 1);
            end = next < 0 ? whole.Length : next;
            string path = whole[..end];
            if (path.Length >= MaxPathLength || path.AsSpan().ContainsAny(";,\""))
            {
                yield break;
            }

            yield return path;
            if (next >= 0)
            {
                yield return path + "/";
            }
        }
    }
}
