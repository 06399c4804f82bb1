using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Sact.Session.Stores;

/// <summary>
/// The part of a packed record that no format ever moves. By it a store compares, ends, counts and cleans up a record of any format
/// without looking into its body.
/// </summary>
/// <remarks>
/// <para>
/// Integers are big-endian, so that bytes compare as the numbers do. Offset 0: format, 1 byte. 1: kind, 1 byte. 2: version, 8 bytes.
/// 10: deadline, 18: absolute deadline, each 8 bytes in milliseconds since 1970. 26: lineage hash, 16 bytes. 42: length of the user id,
/// 2 bytes, 0 for none. 44: user id in UTF-8. Then the body, and at last 4 bytes of CRC-32C.
/// </para>
/// <para>The checksum covers the 18 bytes of the key part and everything before it.</para>
/// </remarks>
public readonly struct RecordHeader
{
    /// <summary>Where the byte of the kind is: 1.</summary>
    public const int KindOffset = 1;

    /// <summary>Where the 8 bytes of the version begin: 2.</summary>
    public const int VersionOffset = 2;

    /// <summary>Where the 8 bytes of the deadline begin: 10.</summary>
    public const int ExpiresAtOffset = 10;

    /// <summary>Where the 16 bytes of the lineage hash begin: 26.</summary>
    public const int LineageOffset = 26;

    internal const int UserOffset = 44;
    internal const int ChecksumLength = 4;

    private const int AbsoluteDeadlineOffset = 18;
    private const int UserLengthOffset = 42;

    private readonly long _expiresAt;
    private readonly long _absoluteDeadline;

    private RecordHeader(ReadOnlySpan<byte> packed, string? userId, int end)
    {
        Format = packed[0];
        Kind = (RecordKind)packed[KindOffset];
        Version = BinaryPrimitives.ReadInt64BigEndian(packed[VersionOffset..]);
        _expiresAt = BinaryPrimitives.ReadInt64BigEndian(packed[ExpiresAtOffset..]);
        _absoluteDeadline = BinaryPrimitives.ReadInt64BigEndian(packed[AbsoluteDeadlineOffset..]);
        LineageHash = new SecretHash(packed.Slice(LineageOffset, SecretHash.Size));
        UserId = userId;
        End = end;
    }

    /// <summary>The <see cref="SessionRecord.Format"/>, 1 to 255.</summary>
    public int Format { get; }

    /// <summary>What the record is about. A newer format may have kinds that this version does not know.</summary>
    public RecordKind Kind { get; }

    /// <summary>The <see cref="SessionRecord.Version"/>.</summary>
    public long Version { get; }

    /// <summary>The <see cref="SessionRecord.ExpiresAt"/>.</summary>
    public DateTimeOffset ExpiresAt => DateTimeOffset.FromUnixTimeMilliseconds(_expiresAt);

    /// <summary>The <see cref="SessionRecord.AbsoluteDeadline"/>.</summary>
    public DateTimeOffset AbsoluteDeadline => DateTimeOffset.FromUnixTimeMilliseconds(_absoluteDeadline);

    /// <summary>The <see cref="SessionRecord.LineageHash"/>.</summary>
    public SecretHash LineageHash { get; }

    /// <summary>The <see cref="SessionRecord.UserId"/>.</summary>
    public string? UserId { get; }

    /// <summary>Whether a newer version of this library wrote the record.</summary>
    public bool IsNewer => Format > SessionRecord.CurrentFormat;

    /// <summary>Where the body begins.</summary>
    internal int End { get; }

    /// <summary>Tells whether the session is live.</summary>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>True if <paramref name="now"/> is before <see cref="ExpiresAt"/>.</returns>
    public bool IsLive(DateTimeOffset now) => now < ExpiresAt;

    /// <summary>Reads the header, and compares the checksum of the whole record.</summary>
    /// <param name="key">The key under which the record was found.</param>
    /// <param name="packed">The packed record, of any format.</param>
    /// <param name="header">The header; <c>default</c> if the answer is false.</param>
    /// <returns>False if the bytes are no record, were damaged, or belong to another key.</returns>
    public static bool TryRead(SessionKey key, ReadOnlySpan<byte> packed, out RecordHeader header)
    {
        header = default;
        if (packed.Length < UserOffset + ChecksumLength)
        {
            return false;
        }

        var content = packed[..^ChecksumLength];
        int end = UserOffset + BinaryPrimitives.ReadUInt16BigEndian(packed[UserLengthOffset..]);
        if (end > content.Length
            || packed[0] == 0
            || BinaryPrimitives.ReadUInt32BigEndian(packed[^ChecksumLength..]) != Crc32C.Of(key.Part, content)
            || !IsTime(packed[ExpiresAtOffset..])
            || !IsTime(packed[AbsoluteDeadlineOffset..])
            || !TryReadUser(packed[UserOffset..end], out string? userId))
        {
            return false;
        }

        header = new RecordHeader(packed, userId, end);
        return true;
    }

    /// <summary>Writes the header, and returns where the body begins.</summary>
    internal static int Write(SessionRecord record, Span<byte> packed)
    {
        packed[0] = checked((byte)record.Format);
        packed[KindOffset] = (byte)RecordKind.Session;
        BinaryPrimitives.WriteInt64BigEndian(packed[VersionOffset..], record.Version);
        BinaryPrimitives.WriteInt64BigEndian(packed[ExpiresAtOffset..], record.ExpiresAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(packed[AbsoluteDeadlineOffset..], record.AbsoluteDeadline.ToUnixTimeMilliseconds());
        record.LineageHash.CopyTo(packed[LineageOffset..]);
        int userLength = record.UserId is { } userId ? Encoding.UTF8.GetBytes(userId, packed[UserOffset..]) : 0;
        BinaryPrimitives.WriteUInt16BigEndian(packed[UserLengthOffset..], checked((ushort)userLength));
        return UserOffset + userLength;
    }

    /// <summary>Writes the header of a marker. Its deadline has passed, so that it is a live session for nobody.</summary>
    internal static void Write(EndedMarker marker, Span<byte> packed)
    {
        packed[0] = SessionRecord.CurrentFormat;
        packed[KindOffset] = (byte)RecordKind.Ended;
        BinaryPrimitives.WriteInt64BigEndian(packed[VersionOffset..], marker.Version);
        BinaryPrimitives.WriteInt64BigEndian(packed[ExpiresAtOffset..], marker.EndedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(packed[AbsoluteDeadlineOffset..], marker.EndedAt.ToUnixTimeMilliseconds());
        marker.LineageHash.CopyTo(packed[LineageOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(packed[UserLengthOffset..], 0);
    }

    /// <summary>Writes the checksum behind the content.</summary>
    internal static void WriteChecksum(SessionKey key, Span<byte> packed) =>
        BinaryPrimitives.WriteUInt32BigEndian(packed[^ChecksumLength..], Crc32C.Of(key.Part, packed[..^ChecksumLength]));

    private static bool IsTime(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadInt64BigEndian(bytes) is var time
        && time >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static bool TryReadUser(ReadOnlySpan<byte> bytes, out string? userId)
    {
        userId = null;
        if (bytes.IsEmpty)
        {
            return true;
        }

        if (!Utf8.IsValid(bytes))
        {
            return false;
        }

        userId = Encoding.UTF8.GetString(bytes);
        return true;
    }
}
