using System.Text;

namespace Sact.Session.Stores;

/// <summary>
/// The body of a packed record of format 1: flags (2 bytes), level, current hash, the times, the spans, what few records have, and the
/// fields as <see cref="PackedFields"/> to the end.
/// </summary>
internal static class PackedBody
{
    // The most bytes without strings and fields: 2 + 1 + 3 hashes and keys + 5 times + 2 spans and a number of at most 10 bytes each.
    private const int MaxFixedLength = 3 + (3 * (SecretHash.Size + WrappedKey.Size)) + (5 * sizeof(long)) + (3 * 10);

    // A string's length takes at most 5 bytes.
    private const int MaxLengthBytes = 5;

    [Flags]
    private enum Parts : ushort
    {
        /// <summary>The two lowest bits are the <see cref="SessionState"/> of a session.</summary>
        StateMask = 3,
        Presented = 1 << 2,
        IsPersistent = 1 << 3,
        AuthenticatedAt = 1 << 4,
        Pending = 1 << 5,
        Previous = 1 << 6,
        LastPromotedAt = 1 << 7,
        Generation = 1 << 8,
        SignInClient = 1 << 9,
        LastSeenClient = 1 << 10,

        /// <summary>The session was last seen from the client of the sign-in, which is then written once.</summary>
        SameClient = 1 << 11,

        /// <summary>The hash of each id is followed by the data key that is wrapped for it.</summary>
        WrappedKeys = 1 << 12,

        /// <summary>The record is a note and no session.</summary>
        Note = 1 << 13,
        Known = (1 << 14) - 1,
    }

    /// <summary>The most bytes that the body can take.</summary>
    public static int MaxLength(SessionRecord record) =>
        MaxFixedLength + MaxLength(record.SignInClient) + MaxLength(record.LastSeenClient) + record.Fields.Packed.Length;

    public static void Write(SessionRecord record, ref PackedWriter writer)
    {
        var parts = PartsOf(record);
        writer.UInt16((ushort)parts);
        writer.Byte((byte)record.AssuranceLevel);
        writer.Hash(record.CurrentHash);
        writer.Key(record.CurrentKey);
        writer.Time(record.CreatedAt);
        writer.Time(record.LastSeenAt);
        writer.Number((ulong)record.Lifetimes.IdleTimeout.TotalMilliseconds);
        writer.Number((ulong)record.Lifetimes.FirstUseTimeout.TotalMilliseconds);
        if (record.AuthenticatedAt is { } authenticated)
        {
            writer.Time(authenticated);
        }

        if (record is { PendingHash: { } pending, PendingSince: { } since })
        {
            writer.Hash(pending);
            writer.Key(record.PendingKey);
            writer.Time(since);
        }

        if (record.PreviousHash is { } previous)
        {
            writer.Hash(previous);
            writer.Key(record.PreviousKey);
        }

        if (record.LastPromotedAt is { } promoted)
        {
            writer.Time(promoted);
        }

        if (parts.HasFlag(Parts.Generation))
        {
            writer.Number((ulong)record.Generation);
        }

        Write(record.SignInClient, ref writer);
        Write(parts.HasFlag(Parts.LastSeenClient) ? record.LastSeenClient : null, ref writer);
        writer.Bytes(record.Fields.Packed.AsSpan());
    }

    /// <exception cref="FormatException">The bytes are no such body, or contradict themselves or the header.</exception>
    public static SessionRecord Read(SessionKey key, RecordHeader header, ReadOnlySpan<byte> body)
    {
        var reader = new PackedReader(body);
        var parts = (Parts)reader.UInt16();
        if ((parts & ~Parts.Known) != 0)
        {
            throw new FormatException("The record has unknown parts.");
        }

        int level = reader.Byte();
        bool hasKeys = parts.HasFlag(Parts.WrappedKeys);
        var current = reader.Hash();
        var currentKey = hasKeys ? reader.Key() : null;
        var created = reader.Time();
        var seen = reader.Time();
        var lifetimes = Lifetimes(reader.Span(), reader.Span(), header.AbsoluteDeadline - created);
        DateTimeOffset? authenticated = parts.HasFlag(Parts.AuthenticatedAt) ? reader.Time() : null;
        SecretHash? pending = parts.HasFlag(Parts.Pending) ? reader.Hash() : null;
        var pendingKey = hasKeys && parts.HasFlag(Parts.Pending) ? reader.Key() : null;
        DateTimeOffset? since = parts.HasFlag(Parts.Pending) ? reader.Time() : null;
        SecretHash? previous = parts.HasFlag(Parts.Previous) ? reader.Hash() : null;
        var previousKey = hasKeys && parts.HasFlag(Parts.Previous) ? reader.Key() : null;
        DateTimeOffset? promoted = parts.HasFlag(Parts.LastPromotedAt) ? reader.Time() : null;
        int generation = parts.HasFlag(Parts.Generation) ? reader.Number() : 0;
        var signIn = parts.HasFlag(Parts.SignInClient) ? new SessionClient(reader.String(), reader.String()) : null;
        var lastSeen = parts.HasFlag(Parts.LastSeenClient) ? new SessionClient(reader.String(), reader.String())
            : parts.HasFlag(Parts.SameClient) ? signIn
            : null;
        var record = new SessionRecord
        {
            Key = key,
            Format = header.Format,
            Version = header.Version,
            UserId = header.UserId,
            State = parts.HasFlag(Parts.Note) ? SessionState.Note : (SessionState)(parts & Parts.StateMask),
            AssuranceLevel = level,
            LineageHash = header.LineageHash,
            CurrentHash = current,
            CurrentKey = currentKey,
            Presented = parts.HasFlag(Parts.Presented),
            IsPersistent = parts.HasFlag(Parts.IsPersistent),
            CreatedAt = created,
            LastSeenAt = seen,
            Lifetimes = lifetimes,
            AuthenticatedAt = authenticated,
            PendingHash = pending,
            PendingKey = pendingKey,
            PendingSince = since,
            PreviousHash = previous,
            PreviousKey = previousKey,
            LastPromotedAt = promoted,
            Generation = generation,
            SignInClient = signIn,
            LastSeenClient = lastSeen,
            Fields = SessionFields.Unpack(reader.Rest()),
        };
        return SessionRecord.Validate(record) is { } error ? throw new FormatException(error)
            : PartsOf(record) != parts ? throw new FormatException("The record has a part that it does not need.")
            : record.ExpiresAt != header.ExpiresAt ? throw new FormatException("The header and the body have different deadlines.")
            : record;
    }

    private static SessionLifetimes Lifetimes(TimeSpan idle, TimeSpan firstUse, TimeSpan absolute)
    {
        try
        {
            return new SessionLifetimes(idle, firstUse, absolute);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new FormatException("A time limit in the record is out of range.", exception);
        }
    }

    private static Parts PartsOf(SessionRecord record) =>
        (record.State == SessionState.Note ? Parts.Note : (Parts)record.State)
        | (record.Presented ? Parts.Presented : 0)
        | (record.IsPersistent ? Parts.IsPersistent : 0)
        | (record.AuthenticatedAt is null ? 0 : Parts.AuthenticatedAt)
        | (record.PendingHash is null ? 0 : Parts.Pending)
        | (record.PreviousHash is null ? 0 : Parts.Previous)
        | (record.LastPromotedAt is null ? 0 : Parts.LastPromotedAt)
        | (record.Generation == 0 ? 0 : Parts.Generation)
        | (record.CurrentKey is null ? 0 : Parts.WrappedKeys)
        | (record.SignInClient is null ? 0 : Parts.SignInClient)
        | (record.LastSeenClient is null ? 0
            : record.LastSeenClient == record.SignInClient ? Parts.SameClient
            : Parts.LastSeenClient);

    private static void Write(SessionClient? client, ref PackedWriter writer)
    {
        if (client is not null)
        {
            writer.String(client.UserAgent);
            writer.String(client.RemoteAddress);
        }
    }

    private static int MaxLength(SessionClient? client) =>
        client is null ? 0 : MaxLength(client.UserAgent) + MaxLength(client.RemoteAddress);

    private static int MaxLength(string? value) => MaxLengthBytes + Encoding.UTF8.GetMaxByteCount(value?.Length ?? 0);
}
