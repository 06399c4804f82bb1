using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session.Stores;

/// <summary>
/// The format of a session id: 56 base64url characters, which encode 42 bytes — key part (18, of which the first 18 bits are the routing tag), lineage (6), rotor (18).
/// </summary>
internal static class SessionIdFormat
{
    public const int Length = 56;
    public const int ByteLength = 42;
    public const int KeyPartBytes = 18;
    public const int LineageEnd = 24;

    [ThreadStatic]
    private static IncrementalHash? t_hash;

    /// <summary>What the routing tag is computed with, ready to have a user id appended. NUL ends it, and no user id has one.</summary>
    public static byte[] RoutingSeed(string routingKey) => Encoding.UTF8.GetBytes(routingKey + "\0");

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

    /// <summary>The same session under a new secret: key part and lineage stay, the rotor is new.</summary>
    public static string WithNewRotor(string sessionId)
    {
        Span<byte> id = stackalloc byte[ByteLength];
        if (!TryDecode(sessionId, id))
        {
            throw new ArgumentException("A session id has exactly 56 base64url characters.", nameof(sessionId));
        }

        RandomBuffer.Fill(id[LineageEnd..]);
        return Base64Url.EncodeToString(id);
    }

    public static string Encode(ReadOnlySpan<byte> id) => Base64Url.EncodeToString(id[..ByteLength]);

    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> id) => text.Length == Length && Base64UrlText.TryDecode(text, id);

    /// <summary>The hash of the whole id. 42 bytes fit one block of SHA-256, 56 characters would not.</summary>
    public static SecretHash HashOfId(ReadOnlySpan<byte> id) => Hash(id[..ByteLength]);

    /// <summary>The same for an id as a string.</summary>
    /// <exception cref="ArgumentException">The id is malformed.</exception>
    public static SecretHash HashOf(string sessionId)
    {
        Span<byte> id = stackalloc byte[ByteLength];
        return TryDecode(sessionId, id)
            ? HashOfId(id)
            : throw new ArgumentException("The session id is malformed. A session id has exactly 56 base64url characters.", nameof(sessionId));
    }

    public static SecretHash HashOfLineage(ReadOnlySpan<byte> id) => Hash(id[..LineageEnd]);

    private static SecretHash Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Digest(input, digest);
        return new SecretHash(digest[..SecretHash.Size]);
    }

    // A third faster than SHA256.HashData, which makes and frees a context each time; a hash is a quarter of what a read costs.
    private static void Digest(ReadOnlySpan<byte> input, Span<byte> digest)
    {
        var hash = t_hash ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        // Away while it is at work: one that was interrupted by an exception is not used again.
        t_hash = null;
        hash.AppendData(input);
        hash.GetHashAndReset(digest);
        t_hash = hash;
    }

    private static void SetTag(Span<byte> id, ReadOnlySpan<byte> seed, string userId)
    {
        Span<byte> input = stackalloc byte[512];
        int userBytes = Encoding.UTF8.GetByteCount(userId);
        if (seed.Length + userBytes > input.Length)
        {
            input = new byte[seed.Length + userBytes];
        }

        seed.CopyTo(input);
        Encoding.UTF8.GetBytes(userId, input[seed.Length..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Digest(input[..(seed.Length + userBytes)], digest);

        // 18 bits: two bytes and the upper two bits of the third.
        id[0] = digest[0];
        id[1] = digest[1];
        id[2] = (byte)((digest[2] & 0b1100_0000) | (id[2] & 0b0011_1111));
    }
}

/// <summary>The 42 bytes of a session id, in place: a third of what the text would take.</summary>
[InlineArray(SessionIdFormat.ByteLength)]
internal struct SessionIdBytes
{
    private byte _first;
}
