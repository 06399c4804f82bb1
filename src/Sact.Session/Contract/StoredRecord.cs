namespace Sact.Session.Stores;

/// <summary>
/// What a store found under a key: nothing, a record, the marker of an ended session, a record of a newer format, or bytes that are no
/// record. <c>default</c> is nothing.
/// </summary>
public readonly struct StoredRecord
{
    private StoredRecord(RecordHeader header, SessionRecord? record, EndedMarker? ended, FormatException? error)
    {
        Header = header;
        Record = record;
        Ended = ended;
        Error = error;
        Exists = true;
    }

    /// <summary>Whether there is something under the key.</summary>
    public bool Exists { get; }

    /// <summary>The record, live or expired; null if there is none that this version can read.</summary>
    public SessionRecord? Record { get; }

    /// <summary>The marker of a session that was ended; null if there is none.</summary>
    public EndedMarker? Ended { get; }

    /// <summary>The header of a record of any format; <c>default</c>, of format 0, if there is none.</summary>
    public RecordHeader Header { get; }

    /// <summary>Why the bytes are no record; null if they are one, or if there is nothing.</summary>
    public FormatException? Error { get; }

    /// <summary>Reads what a store keeps. It throws nothing, whatever the bytes are.</summary>
    /// <param name="key">The key under which the bytes were found.</param>
    /// <param name="packed">The bytes.</param>
    /// <returns>What they are.</returns>
    public static StoredRecord Unpack(SessionKey key, ReadOnlySpan<byte> packed)
    {
        SessionKey.ThrowIfDefault(key, nameof(key));
        if (!RecordHeader.TryRead(key, packed, out var header))
        {
            return new(default, null, null, new FormatException("The bytes are no session record, are damaged, or belong to another key."));
        }

        if (header.IsNewer)
        {
            return new(header, null, null, null);
        }

        try
        {
            var body = packed[header.End..^RecordHeader.ChecksumLength];
            return header.Kind switch
            {
                RecordKind.Session => new(header, PackedBody.Read(key, header, body), null, null),
                RecordKind.Ended => new(header, null, PackedMarker.Read(key, header, body), null),
                _ => throw new FormatException("The record is of an unknown kind."),
            };
        }
        catch (FormatException exception)
        {
            return new(header, null, null, exception);
        }
    }

    /// <summary>Tells whether there is a live session or note of any format.</summary>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>True if there is; false for what cannot be read.</returns>
    public bool IsLive(DateTimeOffset now) => Exists && Error is null && !IsEnded && Header.IsLive(now);

    /// <summary>Tells whether there is a live session of any format, and not a live note. A store counts by it.</summary>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>True if there is; false for what cannot be read.</returns>
    public bool IsLiveSession(DateTimeOffset now) => IsLive(now) && Record?.State != SessionState.Note;

    /// <summary>Whether there is a note without a user. <see cref="IGenericStore.ClearAsync"/> spares it.</summary>
    public bool IsNoteWithoutUser => Record is { State: SessionState.Note, UserId: null };

    /// <summary>Whether there is a marker of any format. No later end replaces it.</summary>
    public bool IsEnded => Exists && Header.Kind == RecordKind.Ended;

    /// <summary>
    /// Tells whether a new session must not take this place: there is a live session, there are bytes that cannot be read, or the new
    /// session has already ended and its creation is being retried.
    /// </summary>
    /// <param name="session">The new session.</param>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>True if the store must answer <see cref="RecordAddition.Occupied"/>.</returns>
    public bool IsOccupiedFor(SessionRecord session, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(session);
        bool hasEnded = IsEnded && Header.LineageHash == session.LineageHash && EndedMarker.IsVisible(Header.ExpiresAt, now);
        return Error is not null || IsLive(now) || hasEnded;
    }
}
