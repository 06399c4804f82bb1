using System.Buffers;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>The name of a session's record in a store, <c>{prefix}:{key part}</c>, and the session's handle in a list of devices.</summary>
/// <remarks>
/// A key proves nothing: the holder still lacks the lineage and the rotor of the session id. So it is safe to log and to show to the
/// session's user, but it is pseudonymous personal data. The key part is the first 24 of the session id's 56 characters. <c>default</c>
/// names no session, and every store refuses it.
/// </remarks>
[JsonConverter(typeof(SessionKeyJsonConverter))]
public readonly record struct SessionKey : ISpanParsable<SessionKey>
{
    internal const int KeyPartLength = 24;
    internal const int MaxPrefixLength = 64;

    private static readonly SearchValues<char> s_prefixCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.-");

    private readonly string? _prefix;

    internal SessionKey(string prefix, ReadOnlySpan<byte> keyPart)
    {
        _prefix = prefix;
        Part = new SessionKeyPart(keyPart);
    }

    /// <summary>The key without its prefix.</summary>
    internal SessionKeyPart Part { get; }

    /// <summary>Whether this is <c>default</c>, which names no session.</summary>
    public bool IsDefault => _prefix is null;

    /// <summary>The prefix of the store that issued the key; empty for <c>default</c>.</summary>
    public string Prefix => _prefix ?? "";

    /// <summary>The 24 base64url characters after the prefix; empty for <c>default</c>.</summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public string KeyPart => IsDefault ? "" : Part.ToString();

    /// <summary>
    /// The first three characters of the key part; empty for <c>default</c>. The sessions of one user share them, so that a sharded store
    /// keeps these sessions and their index together. They never authorise: two users may have the same.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public string RoutingTag => IsDefault ? "" : KeyPart[..3];

    /// <summary>Reads a key from a string.</summary>
    /// <param name="s"><c>{prefix}:{key part}</c>, exactly as <see cref="ToString"/> writes it.</param>
    /// <param name="provider">Not used: a key is the same in every culture.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">The string is not a session key.</exception>
    public static SessionKey Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static SessionKey Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => TryParse(s, provider, out var key)
        ? key
        : throw new FormatException(
            "The string is not a session key. A key is a prefix, a colon and 24 base64url characters. Take it from SessionData.Key.");

    /// <summary>Reads a key from a string.</summary>
    /// <param name="s"><c>{prefix}:{key part}</c>, exactly as <see cref="ToString"/> writes it.</param>
    /// <param name="provider">Not used: a key is the same in every culture.</param>
    /// <param name="result">The key; <c>default</c> if the string is not a session key.</param>
    /// <returns>True if the string is a session key.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SessionKey result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out SessionKey)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out SessionKey result)
    {
        result = default;
        int colon = s.IndexOf(':');
        Span<byte> bytes = stackalloc byte[SessionKeyPart.Size];
        if (colon < 0 || !IsValidPrefix(s[..colon]) || !StrictBase64Url.TryDecode(s[(colon + 1)..], bytes))
        {
            return false;
        }

        result = new SessionKey(s[..colon].ToString(), bytes);
        return true;
    }

    /// <summary>Whether a string can be a key's prefix: 1 to 64 characters out of <c>a-z 0-9 _ . -</c>.</summary>
    internal static bool IsValidPrefix([NotNullWhen(true)] string? prefix) => prefix is not null && IsValidPrefix(prefix.AsSpan());

    /// <summary>Refuses <c>default</c>.</summary>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    internal static void ThrowIfDefault(SessionKey key, string parameter)
    {
        if (key.IsDefault)
        {
            throw new ArgumentException(
                "The key is default(SessionKey), which names no session. Pass the key of a session, such as SessionData.Key.", parameter);
        }
    }

    /// <inheritdoc/>
    public override int GetHashCode() => Part.GetHashCode();

    /// <summary>Writes the key as a string.</summary>
    /// <returns><c>{prefix}:{key part}</c>; empty for <c>default</c>.</returns>
    public override string ToString() => IsDefault ? "" : $"{_prefix}:{KeyPart}";

    internal static bool IsValidPrefix(ReadOnlySpan<char> prefix) =>
        prefix.Length is > 0 and <= MaxPrefixLength && !prefix.ContainsAnyExcept(s_prefixCharacters);
}
