using System.Globalization;

namespace Sact.Session.Scoreboard;

/// <summary>A <c>Set-Cookie</c> line, read as RFC 6265 has it.</summary>
internal sealed record SetCookie(string Name, string Value, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>Whether a browser removes the cookie.</summary>
    public bool Removes =>
        (Attributes.TryGetValue("max-age", out string? age) && long.TryParse(age, CultureInfo.InvariantCulture, out long seconds)
            ? seconds <= 0
            : Attributes.TryGetValue("expires", out string? expires)
                && DateTimeOffset.TryParse(expires, CultureInfo.InvariantCulture, out var when)
                && when < DateTimeOffset.UtcNow);

    public static SetCookie Parse(string line)
    {
        string[] parts = line.Split(';', StringSplitOptions.TrimEntries);
        var (name, value) = Pair(parts[0]);
        return new(
            name,
            value,
            parts.Skip(1).Select(Pair).GroupBy(static pair => pair.Name.ToLowerInvariant()).ToDictionary(
                static group => group.Key, static group => group.Last().Value));
    }

    private static (string Name, string Value) Pair(string part)
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (part, "") : (part[..equals].Trim(), part[(equals + 1)..].Trim());
    }
}
