using Microsoft.Extensions.Primitives;

namespace Sact.Session;

/// <summary>How often a name stands in the request's cookies.</summary>
internal enum CookieFinding
{
    Absent,
    One,
    Conflict,
}

/// <summary>
/// Reads one cookie from the raw <c>Cookie</c> headers: exact name, no decoding. The framework's parser folds case, decodes names and lets
/// the last of two win, each of which lets a neighbouring site plant a session.
/// </summary>
internal static class CookieHeader
{
    public static CookieFinding Find(StringValues headers, string name, out ReadOnlySpan<char> value)
    {
        value = default;
        var finding = CookieFinding.Absent;
        foreach (string? header in headers)
        {
            var rest = header.AsSpan();
            while (!rest.IsEmpty)
            {
                int end = rest.IndexOf(';');
                var pair = end < 0 ? rest : rest[..end];
                rest = end < 0 ? default : rest[(end + 1)..];
                pair = pair.TrimStart(" \t");
                if (pair.Length <= name.Length || pair[name.Length] != '=' || !pair.StartsWith(name, StringComparison.Ordinal))
                {
                    continue;
                }

                var found = pair[(name.Length + 1)..];
                if (finding == CookieFinding.One && !found.SequenceEqual(value))
                {
                    value = default;
                    return CookieFinding.Conflict;
                }

                value = found;
                finding = CookieFinding.One;
            }
        }

        return finding;
    }
}
