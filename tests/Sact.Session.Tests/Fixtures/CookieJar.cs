using System.Globalization;

namespace Sact.Session.Tests;

/// <summary>
/// The cookies of a browser by RFC 6265bis: name, domain, host-only, path and partition tell two cookies apart. A test plants others.
/// </summary>
public sealed class CookieJar
{
    private readonly List<Kept> _cookies = [];

    /// <summary>The values that the browser keeps under a name, in whatever scope.</summary>
    public IReadOnlyList<string> Values(string name) => [.. _cookies.Where(cookie => cookie.Name == name).Select(cookie => cookie.Value)];

    /// <summary>The Cookie header for an address; longer paths come first. Null if there is no cookie for it.</summary>
    public string? HeaderFor(Uri address)
    {
        string header = string.Join("; ", _cookies.Where(cookie => cookie.Matches(address))
            .OrderByDescending(cookie => cookie.Path.Length)
            .Select(cookie => $"{cookie.Name}={cookie.Value}"));
        return header.Length == 0 ? null : header;
    }

    public void Receive(Uri address, params IEnumerable<string> setCookies)
    {
        foreach (string line in setCookies)
        {
            Receive(address, line);
        }
    }

    private void Receive(Uri address, string line)
    {
        string[] parts = [.. line.Split(';').Select(part => part.Trim())];
        string name = parts[0].Split('=')[0];
        var attributes = parts[1..].Select(part => part.Split('=', 2))
            .ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair.Length == 2 ? pair[1] : "");
        string domain = attributes.GetValueOrDefault("domain", "").TrimStart('.').ToLowerInvariant();
        string path = attributes.GetValueOrDefault("path", "/");
        var cookie = new Kept(
            name,
            parts[0][(name.Length + 1)..],
            domain.Length == 0 ? address.Host : domain,
            domain.Length == 0,
            path.StartsWith('/') ? path : "/",
            attributes.ContainsKey("partitioned"));
        bool secure = attributes.ContainsKey("secure");
        if (!Kept.IsInDomain(address.Host, cookie.Domain)
            || !cookie.Domain.Contains('.', StringComparison.Ordinal)
            || (cookie.Partitioned && !secure)
            || (name.StartsWith("__Host-", StringComparison.Ordinal) && !(secure && cookie is { HostOnly: true, Path: "/" })))
        {
            return;
        }

        _cookies.RemoveAll(kept => kept with { Value = "" } == cookie with { Value = "" });
        bool deleted = attributes.GetValueOrDefault("max-age") == "0"
            || (attributes.TryGetValue("expires", out string? expires)
                && DateTimeOffset.Parse(expires, CultureInfo.InvariantCulture) < DateTimeOffset.UtcNow);
        if (!deleted)
        {
            _cookies.Add(cookie);
        }
    }

    private sealed record Kept(string Name, string Value, string Domain, bool HostOnly, string Path, bool Partitioned)
    {
        public static bool IsInDomain(string host, string domain) =>
            host == domain || host.EndsWith("." + domain, StringComparison.Ordinal);

        public bool Matches(Uri address) =>
            (HostOnly ? address.Host == Domain : IsInDomain(address.Host, Domain))
            && (address.AbsolutePath == Path
                || (address.AbsolutePath.StartsWith(Path, StringComparison.Ordinal)
                    && (Path.EndsWith('/') || address.AbsolutePath[Path.Length] == '/')));
    }
}
