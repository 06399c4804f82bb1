namespace Sact.Session;

/// <summary>
/// A session as a row of the application's database. The store alone writes such rows; change none by hand. The columns beside
/// <see cref="Record"/> are copies of what statements look for.
/// </summary>
/// <remarks>
/// To find the sessions of a user in a query, compare <see cref="UserId"/> with the id. The key columns are binary in every database, so
/// that no collation makes two keys or two users equal. The properties are strings all the same.
/// </remarks>
public sealed class SessionRow
{
    /// <summary>The prefix of the store, 1 to 64 ASCII characters.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The key part of the session, 24 ASCII characters. It proves nothing.</summary>
    public string KeyPart { get; set; } = "";

    /// <summary>Whose session it is, 1 to 256 UTF-8 bytes; null for an anonymous one and for one that has ended.</summary>
    public string? UserId { get; set; }

    /// <summary>The hash of the session's lineage, 16 bytes.</summary>
    public byte[] LineageHash { get; set; } = [];

    /// <summary>0 for anonymous, 1 for pending, 2 for signed in, 3 for the marker of a session that has ended.</summary>
    public int State { get; set; }

    /// <summary>When the session began, in milliseconds since 1970 (UTC).</summary>
    public long CreatedAt { get; set; }

    /// <summary>When the session was last seen, in milliseconds since 1970 (UTC).</summary>
    public long LastSeenAt { get; set; }

    /// <summary>The deadline or the end, in milliseconds since 1970 (UTC). From then on nobody accepts the session.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>The version of the record, which each change raises. It is the concurrency token.</summary>
    public long Version { get; set; }

    /// <summary>The packed record (<see cref="SessionRecord.Pack"/>): hashes in place of secrets, the metadata, and a checksum.</summary>
    public byte[] Record { get; set; } = [];
}
