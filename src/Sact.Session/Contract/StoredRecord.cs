namespace Sact.Session.Stores;

/// <summary>
/// What a store found under a key: nothing, a record, a record of a newer format, or bytes that are no record. <c>default</c> is nothing.
/// </summary>
public readonly struct StoredRecord
{
    private StoredRecord(RecordHeader header, SessionRecord? record, FormatException? error)
    {
        Header = header;
        Record = record;
        Error = error;
        Exists = true;
    }

    /// <summary>Whether there is something under the key.</summary>
    public bool Exists { get; }

    /// <summary>The record, live or expired; null if there is none that this version can read.</summary>
    public SessionRecord? Record { get; }

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
            return new(default, null, new FormatException("The bytes are no session record, are damaged, or belong to another key."));
        }

        if (header.IsNewer)
        {
            return new(header, null, null);
        }

        try
        {
            return header.Kind == RecordKind.Session
                ? new(header, PackedBody.Read(key, header, packed[header.End..^RecordHeader.ChecksumLength]), null)
                : throw new FormatException("The record is of an unknown kind.");
        }
        catch (FormatException exception)
        {
            return new(header, null, exception);
        }
    }

    /// <summary>Tells whether there is a live session of any format.</summary>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>True if there is; false for what cannot be read.</returns>
    public bool IsLive(DateTimeOffset now) => Exists && Error is null && Header.IsLive(now);
}
