namespace Sact.Session;

/// <summary>
/// The rule for presented ids (OWASP Session Management Cheat Sheet: renewal; ASVS 5.0 V7.2.4). The lineage shows whether the holder ever
/// had a valid id of the session, and the rotor shows which one.
/// </summary>
internal static class SecretRule
{
    /// <summary>Compares a presented id, given as a string, with the record of its key.</summary>
    public static SecretVerdict Evaluate(
        string sessionId, SessionRecord record, DateTimeOffset now, TimeSpan grace, TimeSpan replayMargin)
    {
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        return SessionIdFormat.TryDecode(sessionId, id) ? Evaluate(id, record, now, grace, replayMargin) : SecretVerdict.Foreign;
    }

    /// <summary>Compares a presented id with the record of its key.</summary>
    /// <param name="id">The 42 bytes of the presented id.</param>
    /// <param name="record">The live record of the id's key.</param>
    /// <param name="now">The current time.</param>
    /// <param name="grace">How long the previous id stays valid after a promotion.</param>
    /// <param name="replayMargin">How long after the last promotion a stale id counts as late, and not as replayed.</param>
    public static SecretVerdict Evaluate(
        ReadOnlySpan<byte> id, SessionRecord record, DateTimeOffset now, TimeSpan grace, TimeSpan replayMargin)
    {
        var hash = SessionIdFormat.HashOfId(id);
        if (hash == record.CurrentHash)
        {
            return SecretVerdict.Current;
        }

        if (hash == record.PendingHash)
        {
            return SecretVerdict.Pending;
        }

        if (hash == record.PreviousHash && now - record.LastPromotedAt < grace)
        {
            return SecretVerdict.Grace;
        }

        if (SessionIdFormat.HashOfLineage(id) != record.LineageHash)
        {
            return SecretVerdict.Foreign;
        }

        return now - LastIssued(record) > replayMargin ? SecretVerdict.Replayed : SecretVerdict.Refused;
    }

    /// <summary>
    /// Tells whether a renewal is already under way: the last promotion is younger than the grace, or an unconfirmed pending id is younger
    /// than the replay margin. Another renewal then succeeds without a new cookie, so that of many parallel renewals one sends it.
    /// </summary>
    /// <remarks>
    /// A pending id is left alone for the margin and not only for the grace. Clocks differ and responses are slow, and a client whose
    /// pending id was replaced before it arrived would hold an invalid one. Waiting costs nothing, since the current id stays valid.
    /// </remarks>
    public static bool RenewedJustNow(SessionRecord record, DateTimeOffset now, TimeSpan grace, TimeSpan replayMargin) =>
        now - record.LastPromotedAt < grace || now - record.PendingSince < replayMargin;

    /// <summary>When an id of this session was last sent or became current. An honest client may lag behind that by the margin.</summary>
    private static DateTimeOffset LastIssued(SessionRecord record)
    {
        var last = record.LastPromotedAt ?? record.CreatedAt;
        return record.PendingSince is { } pending && pending > last ? pending : last;
    }
}
