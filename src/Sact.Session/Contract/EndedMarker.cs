using System.Diagnostics;

namespace Sact.Session.Stores;

/// <summary>
/// What stays under the key of a session that was ended, for ten minutes: why and when. It has no user and no data. It is no session: it
/// is absent for every method but <see cref="IEndedSessionStore.FindAsync"/>, and a late retry of its creation is refused.
/// </summary>
/// <remarks>
/// It holds the hashes of the ids that were valid at the end, because only whoever presents one of those may see the reason.
/// </remarks>
[DebuggerDisplay("{Key} {Reason}")]
public sealed class EndedMarker
{
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly SecretHash _current;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly EndedSecrets _others;

    private readonly Instant _endedAt;

    internal EndedMarker(
        SessionKey key,
        SessionEndReason reason,
        DateTimeOffset endedAt,
        long version,
        SecretHash lineageHash,
        SecretHash current,
        EndedSecrets others)
    {
        Key = key;
        Reason = reason;
        Version = version;
        LineageHash = lineageHash;
        _endedAt = Instant.Of(endedAt);
        _current = current;
        _others = others;
    }

    /// <summary>What a store that has a column for the state writes there: 3, which no <see cref="SessionState"/> has.</summary>
    public const int StateNumber = 3;

    /// <summary>How long a marker is visible: 10 minutes, which is <see cref="SessionRecord.SkewMargin"/>.</summary>
    public static TimeSpan Lifetime => SessionRecord.SkewMargin;

    /// <summary>The key of the session that ended.</summary>
    public SessionKey Key { get; }

    /// <summary>Why it ended.</summary>
    public SessionEndReason Reason { get; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset EndedAt => _endedAt.ToTime();

    /// <summary>Whether its user goes on under another id, which the browser has or is about to receive.</summary>
    public bool LivesOn => Reason == SessionEndReason.Replaced;

    /// <summary>The version of the record that ended, plus one.</summary>
    public long Version { get; }

    /// <summary>The hash of key part and lineage; <c>default</c> if the record could not be read.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public SecretHash LineageHash { get; }

    /// <summary>Makes the marker of a session that ends.</summary>
    /// <param name="session">The record as it was last seen.</param>
    /// <param name="reason">Why it ends.</param>
    /// <param name="endedAt">The current time of the application's clock.</param>
    /// <returns>The marker.</returns>
    public static EndedMarker Of(SessionRecord session, SessionEndReason reason, DateTimeOffset endedAt)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new EndedMarker(
            session.Key,
            reason,
            endedAt,
            Next(session.Version),
            session.LineageHash,
            session.CurrentHash,
            EndedSecrets.Of(session));
    }

    /// <summary>Writes the marker as bytes that a store keeps in place of the record.</summary>
    /// <returns>The bytes.</returns>
    public byte[] Pack()
    {
        Span<byte> buffer = stackalloc byte[RecordHeader.UserOffset + PackedMarker.MaxLength + RecordHeader.ChecksumLength];
        RecordHeader.Write(this, buffer);
        var writer = new PackedWriter(buffer[RecordHeader.UserOffset..]);
        PackedMarker.Write(Reason, _current, _others, ref writer);
        var packed = buffer[..(RecordHeader.UserOffset + writer.Length + RecordHeader.ChecksumLength)];
        RecordHeader.WriteChecksum(Key, packed);
        return packed.ToArray();
    }

    /// <summary>Makes the marker of whatever was found under a key. Nobody may see it if no record could be read.</summary>
    internal static EndedMarker Of(SessionKey key, StoredRecord stored, SessionEndReason reason, DateTimeOffset endedAt) =>
        stored.Record is { } record
            ? Of(record, reason, endedAt)
            : new EndedMarker(key, reason, endedAt, Next(stored.Header.Version), stored.Header.LineageHash, default, EndedSecrets.None);

    /// <summary>Whether the marker is still visible.</summary>
    internal bool IsVisible(DateTimeOffset now) => IsVisible(EndedAt, now);

    /// <summary>Whether a marker of an end at this time is still visible.</summary>
    internal static bool IsVisible(DateTimeOffset endedAt, DateTimeOffset now) =>

        // Nothing is added to a time that was read: whoever writes to the store chooses it, and the sum may be out of range.
        now - Lifetime < endedAt;

    /// <summary>How often an id of the session had been replaced at once.</summary>
    internal int Generation => _others.Generation;

    /// <summary>Whether the id was valid when the session ended.</summary>
    internal bool Accepts(ReadOnlySpan<byte> id, TimeSpan grace) =>
        Belongs(id) && SessionIdFormat.HashOfId(id) is var hash && (hash == _current || _others.Accepts(hash, EndedAt, grace));

    /// <summary>Whether the id is one of the session's, valid or not.</summary>
    internal bool Belongs(ReadOnlySpan<byte> id) => !LineageHash.IsDefault && SessionIdFormat.HashOfLineage(id) == LineageHash;

    private static long Next(long version) => version == long.MaxValue ? version : version + 1;
}
