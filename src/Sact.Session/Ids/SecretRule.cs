namespace Sact.Session;

/// <summary>What a presented id is worth against a record.</summary>
internal enum SecretVerdict
{
    /// <summary>The lineage does not match: nothing at all happens. The key part is public, so anybody can present one.</summary>
    Foreign,

    /// <summary>The current id.</summary>
    Current,

    /// <summary>The pending id has arrived: it is good, and is to be promoted.</summary>
    Pending,

    /// <summary>The previous id, within its grace: good, but it never receives a new secret and raises no level.</summary>
    Grace,

    /// <summary>The lineage matches, the rotor is not good: signed out, nothing ends.</summary>
    Refused,

    /// <summary>The same, long after the last promotion: a replayed secret. The session ends.</summary>
    Replayed,
}

/// <summary>Judges a presented id, by "Secrets: the rule" of the design.</summary>
internal static class SecretRule
{
    /// <summary>The same for an id as a string.</summary>
    public static SecretVerdict Evaluate(string sessionId, SessionRecord record, DateTimeOffset now, TimeSpan grace, TimeSpan replayMargin)
    {
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        return SessionIdFormat.TryDecode(sessionId, id) ? Evaluate(id, record, now, grace, replayMargin) : SecretVerdict.Foreign;
    }

    /// <param name="id">The 42 bytes of the presented id.</param>
    /// <param name="record">The live record found under its key.</param>
    /// <param name="now">Now.</param>
    /// <param name="grace">How long the previous id stays good.</param>
    /// <param name="replayMargin">From when on a stale id counts as replayed.</param>
    public static SecretVerdict Evaluate(ReadOnlySpan<byte> id, SessionRecord record, DateTimeOffset now, TimeSpan grace, TimeSpan replayMargin)
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
    /// Whether a renewal is already under way: the last promotion is younger than the grace, or an unconfirmed pending id younger than the replay margin. Then renewing succeeds without a new
    /// cookie, so that of many parallel renewals one sends it and nobody is signed out.
    /// </summary>
    /// <remarks>
    /// A pending id is left alone for the margin, not the grace: nodes differ by minutes and answers are slow, and a client whose cookie was replaced before it arrived would hold an id that
    /// is good for nothing. Waiting costs nothing, since the current id stays good.
    /// </remarks>
    public static bool RenewedJustNow(SessionRecord record, DateTimeOffset now, TimeSpan grace, TimeSpan replayMargin) =>
        now - record.LastPromotedAt < grace || now - record.PendingSince < replayMargin;

    /// <summary>When an id of this session was last sent to its client, or became current: a client may honestly lag behind that by the margin.</summary>
    private static DateTimeOffset LastIssued(SessionRecord record)
    {
        var last = record.LastPromotedAt ?? record.CreatedAt;
        return record.PendingSince is { } pending && pending > last ? pending : last;
    }
}
