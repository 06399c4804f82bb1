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
    // Each scope costs a header of about 95 bytes, and many proxies refuse more than 4 KB of headers.
    private const int MaxOthers = 20;

    private const int MaxDomains = 3;
    private const int MaxSegments = 4;

    private static readonly SearchValues<char> s_domain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    public static CookieScope Of(CookieBuilder cookie) => new(
        cookie.Domain?.TrimStart('.').ToLowerInvariant(), cookie.Path ?? "/", cookie.Extensions.Any(IsPartitionedAttribute));

    public static bool IsPartitionedAttribute(string? extension) =>
        string.Equals(extension?.Trim(), "Partitioned", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The other scopes in which a cookie that this request carries can be, the likely ones first: those that differ in one attribute, then
    /// those that differ in two. A browser sends a cookie only below its path and in its domain, so there are few.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="secure">Whether the cookies are for https only; no other cookie can be partitioned.</param>
    /// <param name="hostOnly">Whether the name allows neither a domain nor a path (<c>__Host-</c>).</param>
    public IEnumerable<CookieScope> Others(HttpRequest request, bool secure, bool hostOnly)
    {
        var own = this;
        bool[] partitions = secure ? [IsPartitioned, !IsPartitioned] : [IsPartitioned];
        string?[] domains = hostOnly ? [Domain] : [Domain, null, .. DomainsOf(request.Host.Host)];
        string[] paths = hostOnly ? [Path] : [Path, "/", .. PathsOf(request)];
        return partitions
            .SelectMany(partitioned => domains.SelectMany(domain => paths.Select(path => new CookieScope(domain, path, partitioned))))
            .Distinct()
            .Where(scope => scope != own)
            .OrderBy(scope =>
                (scope.Domain == own.Domain ? 0 : 1)
                + (scope.Path == own.Path ? 0 : 1)
                + (scope.IsPartitioned == own.IsPartitioned ? 0 : 1))
            .Take(MaxOthers);
    }

    /// <summary>The host and the domains above it. A browser ignores one that is a public suffix, such as <c>co.uk</c>.</summary>
    private static IEnumerable<string> DomainsOf(string host)
    {
        string domain = host.ToLowerInvariant();
        if (domain.AsSpan().ContainsAnyExcept(s_domain) || IPAddress.TryParse(domain, out _))
        {
            yield break;
        }

        for (int i = 0; i < MaxDomains && domain.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && dot < domain.Length - 1; i++)
        {
            yield return domain;
            domain = domain[(dot + 1)..];
        }
    }

    /// <summary>The paths of the request and above it, each with a slash at its end and without.</summary>
    private static IEnumerable<string> PathsOf(HttpRequest request)
    {
        string whole = request.PathBase.Add(request.Path).ToUriComponent();
        int end = 0;
        for (int i = 0; i < MaxSegments && end < whole.Length - 1; i++)
        {
            int next = whole.IndexOf('/', end + 1);
            end = next < 0 ? whole.Length : next;
            string path = whole[..end];
            if (path.AsSpan().ContainsAny(";,\""))
            {
                yield break;
            }

            yield return path;
            yield return path + "/";
        }
    }
}
