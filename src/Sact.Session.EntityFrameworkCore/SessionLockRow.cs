namespace Sact.Session;

/// <summary>
/// The row that sign-ins of one user update first, where there is a limit of sessions per user. So they take turns, and each counts the
/// one before. The cleanup deletes rows that were not used for an hour; that is safe at any time.
/// </summary>
public sealed class SessionLockRow
{
    /// <summary>SHA-256 of the store's prefix and the user id, 32 bytes. No user id can be read from it.</summary>
    public byte[] Id { get; set; } = [];

    /// <summary>The last sign-in under a limit, in milliseconds since 1970 (UTC).</summary>
    public long UsedAt { get; set; }
}
