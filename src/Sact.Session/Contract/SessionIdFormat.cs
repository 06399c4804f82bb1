using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session.Stores;

/// <summary>
/// The format of a session id: 56 base64url characters, which encode 42 bytes. They are the key part (18 bytes, of which the first 18 bits
/// are the routing tag), the lineage (6 bytes) and the rotor (18 bytes).
/// </summary>
internal static class SessionIdFormat
{
    public const int Length = 56;
    public const int ByteLength = 42;
    public const int KeyPartBytes = 18;
    public const int LineageEnd = 24;

    private const string Malformed = "The session id is malformed. A session id has exactly 56 base64url characters, without padding. "
        + "Use an id from CreateSessionId or from the session cookie.";

    /// <summary>The bytes before the user id in the input of the routing tag. NUL ends them, since no user id has a NUL.</summary>
    public static byte[] RoutingSeed(string routingKey) => Encoding.UTF8.GetBytes(routingKey + "\0");

    /// <summary>Makes a new id. Without a user id its routing tag is random.</summary>
    public static string Mint(ReadOnlySpan<byte> routingSeed, string? userId)
    {
        Span<byte> id = stackalloc byte[ByteLength];
        RandomBuffer.Fill(id);
        if (userId is not null)
        {
            SetTag(id, routingSeed, userId);
        }

        return Base64Url.EncodeToString(id);
    }

    /// <summary>Makes the id of the same session under a new secret: key part and lineage stay, the rotor is new.</summary>
    /// <exception cref="ArgumentException">The id is malformed.</exception>
    public static string WithNewRotor(string sessionId)
    {
        Span<byte> id = stackalloc byte[ByteLength];
        Decode(sessionId, id);
        RandomBuffer.Fill(id[LineageEnd..]);
        return Base64Url.EncodeToString(id);
    }

    public static string Encode(ReadOnlySpan<byte> id) => Base64Url.EncodeToString(id[..ByteLength]);

    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> id) => text.Length == Length && StrictBase64Url.TryDecode(text, id);

    /// <exception cref="ArgumentException">The id is malformed. The message does not repeat it.</exception>
    public static void Decode(string sessionId, Span<byte> id)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        if (!TryDecode(sessionId, id))
        {
            throw new ArgumentException(Malformed, nameof(sessionId));
        }
    }

    /// <summary>The hash of the whole id. Its 42 bytes fit one block of SHA-256, and 56 characters would not.</summary>
    public static SecretHash HashOfId(ReadOnlySpan<byte> id) => Hash(id[..ByteLength]);

    /// <summary>The hash of the whole id, given as a string.</summary>
    /// <exception cref="ArgumentException">The id is malformed. The message does not repeat it.</exception>
    public static SecretHash HashOf(string sessionId)
    {
        Span<byte> id = stackalloc byte[ByteLength];
        Decode(sessionId, id);
        return HashOfId(id);
    }

    /// <summary>The hash of key part and lineage.</summary>
    public static SecretHash HashOfLineage(ReadOnlySpan<byte> id) => Hash(id[..LineageEnd]);

    private static SecretHash Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Sha256.Hash(input, default, digest);
        return new SecretHash(digest[..SecretHash.Size]);
    }

    private static void SetTag(Span<byte> id, ReadOnlySpan<byte> seed, string userId)
    {
        Span<byte> user = stackalloc byte[UserIdRule.MaxBytes];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Sha256.Hash(seed, user[..Encoding.UTF8.GetBytes(userId, user)], digest);

        // 18 bits: two bytes and the upper two bits of the third.
        id[0] = digest[0];
        id[1] = digest[1];
        id[2] = (byte)((digest[2] & 0b1100_0000) | (id[2] & 0b0011_1111));
    }
}
