using System.Buffers.Text;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session;

/// <summary>
/// The random key under which a session's sealed values are encrypted (AES-256-GCM, NIST SP 800-38D). A record holds it only wrapped: XOR
/// with a key that HKDF-SHA256 (RFC 5869) derives from a whole session id. So whoever holds the cookie opens the values, and a dump of the
/// store does not.
/// </summary>
/// <remarks>
/// An id has 144 random bits in its rotor alone and wraps one key only, so that the XOR is a one-time pad. A sealed value is bound to its
/// session and its name: it cannot be moved.
/// </remarks>
[DebuggerDisplay("DataKey")]
internal sealed class DataKey
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _key;

    private readonly SessionKey _session;

    private DataKey(byte[] key, SessionKey session)
    {
        _key = key;
        _session = session;
    }

    /// <summary>Makes the key of a new session.</summary>
    public static DataKey Create(SessionKey session) => new(RandomNumberGenerator.GetBytes(WrappedKey.Size), session);

    /// <summary>The key of something whose id never changes. It needs no wrapped key.</summary>
    public static DataKey OfId(ReadOnlySpan<byte> id, SessionKey session) => new(Derive(id, "Sact.Session sealed by id v1"u8), session);

    /// <summary>Opens the key that a record holds for an id; null if it holds none for this id.</summary>
    public static DataKey? Unwrap(SessionRecord record, ReadOnlySpan<byte> id)
    {
        var hash = SessionIdFormat.HashOfId(id);
        var wrapped = hash == record.CurrentHash ? record.CurrentKey
            : hash == record.PendingHash ? record.PendingKey
            : hash == record.PreviousHash ? record.PreviousKey
            : null;
        if (wrapped is null)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[WrappedKey.Size];
        wrapped.CopyTo(bytes);
        return new DataKey(Pad(bytes, id), record.Key);
    }

    /// <summary>
    /// Opens the key that a record, or the same session's record at an earlier time, holds for the id that a request presented or uses.
    /// </summary>
    public static DataKey? Unwrap(SessionRecord record, SessionRecord? earlier, ReadOnlySpan<byte> presented, string inUse)
    {
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        SessionIdFormat.Decode(inUse, id);
        earlier = earlier?.IsSameSession(record) == true ? earlier : null;
        return Unwrap(record, id)
            ?? Unwrap(record, presented)
            ?? (earlier is null ? null : Unwrap(earlier, id) ?? Unwrap(earlier, presented));
    }

    /// <summary>Whether it is the key of this session.</summary>
    public bool IsOf(SessionKey session) => _session == session;

    /// <summary>Wraps the key for an id of the session.</summary>
    public WrappedKey Wrap(string sessionId)
    {
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        SessionIdFormat.Decode(sessionId, id);
        return Wrap(id);
    }

    /// <summary>Wraps the key for the bytes of an id of the session.</summary>
    public WrappedKey Wrap(ReadOnlySpan<byte> id) => WrappedKey.FromBytes(Pad(_key, id));

    /// <summary>Encrypts a value.</summary>
    /// <returns>A JSON string, because every store keeps JSON.</returns>
    public byte[] Seal(string name, ReadOnlySpan<byte> json)
    {
        byte[] sealedValue = new byte[NonceSize + json.Length + TagSize];
        var nonce = sealedValue.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_key, TagSize);
        cipher.Encrypt(
            nonce, json, sealedValue.AsSpan(NonceSize, json.Length), sealedValue.AsSpan(NonceSize + json.Length), BoundTo(name));
        byte[] quoted = new byte[Base64Url.GetEncodedLength(sealedValue.Length) + 2];
        Base64Url.EncodeToUtf8(sealedValue, quoted.AsSpan(1));
        quoted[0] = quoted[^1] = (byte)'"';
        return quoted;
    }

    /// <summary>Decrypts a value that <see cref="Seal"/> wrote under this name.</summary>
    /// <returns>False if it was changed, moved from elsewhere, or encrypted under another key.</returns>
    public bool TryOpen(string name, ReadOnlySpan<byte> quoted, [NotNullWhen(true)] out byte[]? json)
    {
        json = null;
        if (quoted.Length < 2 || !Base64Url.IsValid(quoted[1..^1], out int length) || length < NonceSize + TagSize)
        {
            return false;
        }

        byte[] sealedValue = Base64Url.DecodeFromUtf8(quoted[1..^1]);
        byte[] opened = new byte[length - NonceSize - TagSize];
        try
        {
            using var cipher = new AesGcm(_key, TagSize);
            cipher.Decrypt(
                sealedValue.AsSpan(0, NonceSize),
                sealedValue.AsSpan(NonceSize, opened.Length),
                sealedValue.AsSpan(NonceSize + opened.Length),
                opened,
                BoundTo(name));
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        json = opened;
        return true;
    }

    /// <summary>Reveals nothing of the key.</summary>
    public override string ToString() => nameof(DataKey);

    private static byte[] Derive(ReadOnlySpan<byte> id, ReadOnlySpan<byte> purpose)
    {
        byte[] key = new byte[WrappedKey.Size];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, id[..SessionIdFormat.ByteLength], key, salt: [], info: purpose);
        return key;
    }

    private static byte[] Pad(ReadOnlySpan<byte> key, ReadOnlySpan<byte> id)
    {
        byte[] padded = Derive(id, "Sact.Session data key v1"u8);
        for (int i = 0; i < padded.Length; i++)
        {
            padded[i] ^= key[i];
        }

        return padded;
    }

    private byte[] BoundTo(string name) => Encoding.UTF8.GetBytes($"{_session}\0{name}");
}
