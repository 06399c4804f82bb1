using System.Buffers.Binary;
using System.Text;

namespace Sact.Session.Stores;

/// <summary>
/// A place among sessions that are sorted by their creation, the newest first: the time of creation and the key part. A store with columns
/// walks in this order.
/// </summary>
/// <param name="CreatedAt">When the session at this place was created, in milliseconds since 1970.</param>
/// <param name="KeyPart">Its key part. Of sessions of one millisecond the larger one comes first, compared byte by byte.</param>
public readonly record struct QueryPosition(long CreatedAt, string KeyPart)
{
    /// <summary>The place before all sessions.</summary>
    public static QueryPosition First { get; } = new(long.MaxValue, "");

    /// <summary>Gets the place of a session.</summary>
    /// <param name="session">The session.</param>
    /// <returns>The place.</returns>
    public static QueryPosition Of(SessionRecord session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new(session.CreatedAt.ToUnixTimeMilliseconds(), session.Key.KeyPart);
    }

    /// <summary>Reads a place.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> wrote; null for the place before all sessions.</param>
    /// <returns>The place.</returns>
    /// <exception cref="ArgumentException">The bytes are no place.</exception>
    public static QueryPosition Read(byte[]? bytes)
    {
        if (bytes is null)
        {
            return First;
        }

        // Whoever may search can forge a cursor. A character that no key has, such as NUL, is a fault in some databases.
        Span<byte> key = stackalloc byte[SessionKeyPart.Size];
        return bytes.Length == sizeof(long) + SessionKey.KeyPartLength
            && Encoding.ASCII.GetString(bytes, sizeof(long), SessionKey.KeyPartLength) is var keyPart
            && StrictBase64Url.TryDecode(keyPart, key)
            ? new(BinaryPrimitives.ReadInt64BigEndian(bytes), keyPart)
            : throw QueryCursor.Refused();
    }

    /// <summary>Writes the place.</summary>
    /// <returns>The bytes.</returns>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[sizeof(long) + SessionKey.KeyPartLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, CreatedAt);
        Encoding.ASCII.GetBytes(KeyPart, bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    /// <summary>Tells whether a place comes after this one.</summary>
    /// <param name="other">The other place.</param>
    /// <returns>True if the walk meets it later.</returns>
    public bool IsBefore(QueryPosition other) => CreatedAt != other.CreatedAt
        ? other.CreatedAt < CreatedAt
        : string.CompareOrdinal(other.KeyPart, KeyPart) < 0;
}
