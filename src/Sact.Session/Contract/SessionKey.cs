using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>
/// The name of a session's record in a store, <c>{prefix}:{key part}</c>, and its handle in a list of devices.
/// </summary>
/// <remarks>
/// A key proves nothing: whoever knows it still lacks the lineage and the rotor of the session id, so it is safe to log and to show to
/// its user. It is pseudonymous personal data all the same. The key part is the first 24 of the session id's 56 characters.
/// <c>default</c> names no session and is refused by every store.
/// </remarks>
[JsonConverter(typeof(SessionKeyJsonConverter))]
public readonly struct SessionKey : IEquatable<SessionKey>, ISpanParsable<SessionKey>
{
    /// <summary>The number of characters in a key part: 3 of routing tag and 21 random ones.</summary>
    public const int KeyPartLength = 24;

    /// <summary>The greatest number of characters in a prefix.</summary>
    public const int MaxPrefixLength = 64;

    private static readonly SearchValues<char> s_prefixCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.-");

    private readonly string? _prefix;

    internal SessionKey(string prefix, ReadOnlySpan<byte> keyPart)
    {
        _prefix = prefix;
        Part = new SessionKeyPart(keyPart);
    }

    internal SessionKey(string prefix, SessionKeyPart part)
    {
        _prefix = prefix;
        Part = part;
    }

    /// <summary>The key without its prefix, which is the same throughout a store.</summary>
    internal SessionKeyPart Part { get; }

    /// <summary>Whether this is <c>default</c>, which names no session.</summary>
    public bool IsDefault => _prefix is null;

    /// <summary>The prefix of the store that issued the key; empty for <c>default</c>.</summary>
    public string Prefix => _prefix ?? "";

    /// <summary>The 24 characters after the prefix; empty for <c>default</c>.</summary>
    public string KeyPart => _prefix is null ? "" : string.Create(KeyPartLength, this, static (text, key) => key.Part.WriteTo(text));

    /// <summary>
    /// The first three characters of the key part. The sessions of one user share it, so that a sharded store can keep them and their
    /// index together. Advisory: it never authorises, and two users may share one.
    /// </summary>
    public string RoutingTag => _prefix is null ? "" : KeyPart[..3];

    /// <summary>Whether <paramref name="prefix"/> can be a key's prefix: 1 to 64 characters out of <c>a-z 0-9 _ . -</c>.</summary>
    /// <param name="prefix">The text to judge.</param>
    public static bool IsValidPrefix([NotNullWhen(true)] string? prefix) =>
        prefix is { Length: > 0 and <= MaxPrefixLength } && !prefix.AsSpan().ContainsAnyExcept(s_prefixCharacters);

    /// <summary>Reads <c>{prefix}:{key part}</c>.</summary>
    /// <param name="s">The text, exactly as <see cref="ToString"/> wrote it.</param>
    /// <param name="provider">Not used: a key is the same in every culture.</param>
    /// <exception cref="FormatException">The text is not a session key.</exception>
    public static SessionKey Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static SessionKey Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var key)
            ? key
            : throw new FormatException("The text is not a session key. A key reads 'prefix:' followed by 24 base64url characters; take it from SessionData.Key.");

    /// <summary>Reads <c>{prefix}:{key part}</c>; false, and <c>default</c>, for anything else.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The key, or <c>default</c>.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SessionKey result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out SessionKey)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out SessionKey result)
    {
        result = default;
        int colon = s.IndexOf(':');
        if (colon is < 1 or > MaxPrefixLength || s.Length != colon + 1 + KeyPartLength || s[..colon].ContainsAnyExcept(s_prefixCharacters))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[SessionKeyPart.Size];
        if (!Base64UrlText.TryDecode(s[(colon + 1)..], bytes))
        {
            return false;
        }

        result = new SessionKey(s[..colon].ToString(), bytes);
        return true;
    }

    /// <summary><c>{prefix}:{key part}</c>; empty for <c>default</c>.</summary>
    public override string ToString() => _prefix is null
        ? ""
        : string.Create(_prefix.Length + 1 + KeyPartLength, this, static (text, key) =>
        {
            key._prefix!.CopyTo(text);
            text[key._prefix.Length] = ':';
            key.Part.WriteTo(text[(key._prefix.Length + 1)..]);
        });

    /// <inheritdoc/>
    public bool Equals(SessionKey other) =>
        Part.Equals(other.Part) && string.Equals(_prefix, other._prefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is SessionKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Part.GetHashCode();

    /// <summary>Whether two keys name the same session.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(SessionKey left, SessionKey right) => left.Equals(right);

    /// <summary>Whether two keys name different sessions.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(SessionKey left, SessionKey right) => !left.Equals(right);
}
