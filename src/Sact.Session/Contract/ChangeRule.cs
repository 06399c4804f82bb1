using System.Buffers.Binary;

namespace Sact.Session.Stores;

/// <summary>The rules by which a change becomes a new record: the merge that every store must come to.</summary>
internal static class ChangeRule
{
    public static SessionUpdate Apply(SessionRecord record, SessionChange change, DateTimeOffset now)
    {
        SessionChange.ThrowIfBroken(change, nameof(change));
        if (!record.IsLive(now))
        {
            return SessionUpdate.Gone;
        }

        if ((change.Generation is { } generation && generation != record.Generation)
            || change.Condition?.Holds(record.Fields) == false
            || change.Renewal?.Holds(record) == false
            || change.Raise?.Level < record.AssuranceLevel)
        {
            return SessionUpdate.Conflict(record);
        }

        var fields = change.ChangesFields ? record.Fields.Merge(change.Set, change.Remove) : record.Fields;
        if (change.MaxBytes is { } max && fields.SizeInBytes > max && fields.SizeInBytes > record.Fields.SizeInBytes)
        {
            return SessionUpdate.TooLarge;
        }

        long version = Next(record.Version);
        var changed = ReferenceEquals(fields, record.Fields) ? record : record with { Fields = fields, Version = version };
        changed = change.Touch is { } touch && !IsRedundant(record, touch) ? Touch(changed, touch, version) : changed;
        changed = change.Renewal is { } renewal ? Renew(changed, renewal, version) : changed;
        changed = change.Raise is { } raise ? Raise(changed, raise, version) : changed;
        return SessionUpdate.Applied(changed);
    }

    // A restored backup repeats old versions. Two histories meet at one number with a chance of 1 in 65,536.
    private static long Next(long version)
    {
        Span<byte> step = stackalloc byte[sizeof(ushort)];
        RandomBuffer.Fill(step);
        return version + 1 + BinaryPrimitives.ReadUInt16BigEndian(step);
    }

    /// <summary>
    /// Whether another request has noted the session as seen already. Twenty parallel requests of one session then make one write.
    /// </summary>
    private static bool IsRedundant(SessionRecord record, SessionTouch touch) =>
        record.Presented
        && (touch.SeenAt <= record.LastSeenAt || touch.SeenAt - record.LastSeenAt < touch.Interval)
        && (touch.Client is null || touch.Client == record.LastSeenClient || touch.Interval > TimeSpan.Zero);

    private static SessionRecord Touch(SessionRecord record, SessionTouch touch, long version) => record with
    {
        Version = version,
        Presented = true,
        LastSeenAt = Earlier(Later(touch.SeenAt, record.LastSeenAt), record.AbsoluteDeadline),
        LastSeenClient = touch.Client ?? record.LastSeenClient,
    };

    private static SessionRecord Renew(SessionRecord record, SessionRenewal renewal, long version)
    {
        if (renewal.Kind == SessionRenewalKind.Propose)
        {
            return record with
            {
                PendingHash = renewal.Hash,
                PendingSince = renewal.At,
                PendingKey = KeyFor(record, renewal),
                Version = version,
            };
        }

        bool replaces = renewal.Kind == SessionRenewalKind.Replace;
        return record with
        {
            Version = version,
            PreviousHash = replaces ? null : record.CurrentHash,
            PreviousKey = replaces ? null : record.CurrentKey,
            CurrentHash = renewal.Hash,
            CurrentKey = replaces ? KeyFor(record, renewal) : record.PendingKey,
            PendingHash = null,
            PendingKey = null,
            PendingSince = null,
            Generation = record.Generation + (replaces ? 1 : 0),

            // A node whose clock is behind must not shorten the grace that another node's promotion began.
            LastPromotedAt = record.LastPromotedAt is { } last ? Later(last, renewal.At) : renewal.At,
        };
    }

    // A promotion has no new id, so it moves the key that came with the proposal.
    private static WrappedKey? KeyFor(SessionRecord record, SessionRenewal renewal) => record.CurrentKey is null ? null
        : renewal.Key ?? throw new ArgumentException(
            "The session has sealed fields, and the renewal lacks the data key for the new id. Pass the wrapped key to SessionRenewal.",
            nameof(renewal));

    private static SessionRecord Raise(SessionRecord record, SessionRaise raise, long version) => record with
    {
        Version = version,
        AssuranceLevel = raise.Level,
        AuthenticatedAt = record.AuthenticatedAt is { } last ? Later(last, raise.AuthenticatedAt) : raise.AuthenticatedAt,
        State = raise.SignsIn && record.State == SessionState.Pending ? SessionState.SignedIn : record.State,
        Lifetimes = raise.Lifetimes ?? record.Lifetimes,
        IsPersistent = raise.IsPersistent ?? record.IsPersistent,
    };

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
