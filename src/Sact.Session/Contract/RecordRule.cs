namespace Sact.Session.Stores;

/// <summary>The rules that keep a record from contradicting itself.</summary>
internal static class RecordRule
{
    /// <summary>Checks a record.</summary>
    /// <returns>The rule that the record breaks, as whole sentences; null if it breaks none.</returns>
    public static string? Validate(SessionRecord record) =>
        record.Key.IsDefault ? "The record has no key. A record must have the key of its session id."
        : !Enum.IsDefined(record.State) ? "The record's state is unknown. It must be a member of SessionState."
        : record.State != SessionState.Note && record.UserId is null != (record.State == SessionState.Anonymous)
            ? "The record's user id and state contradict each other. An anonymous record must have no user id, and any other must have one."
        : record.UserId is { } user && UserIdRule.Validate(user) is { } error ? error
        : record.LineageHash.IsDefault || record.CurrentHash.IsDefault ? "The record lacks a hash. It needs LineageHash and CurrentHash."
        : record.PendingHash is null != record.PendingSince is null || (record.PreviousHash is not null && record.LastPromotedAt is null)
            ? "The record has a rotor without its time. PendingHash needs PendingSince, and PreviousHash needs LastPromotedAt."
        : !HasKeys(record)
            ? "The record's wrapped keys and ids contradict each other. It must have a wrapped key for each of its ids, or none at all."
        : !IsReasonable(record.CreatedAt) || !IsReasonable(record.LastSeenAt) || !IsReasonable(record.AuthenticatedAt)
            || !IsReasonable(record.PendingSince) || !IsReasonable(record.LastPromotedAt)
            ? "The record has a time out of range. Every time must be between the years 1970 and 9000."
        : record.Lifetimes is null || record.Fields is null || record.Format < 1
            ? "The record lacks its lifetimes, its fields or its format. It must have all three, and a format of at least 1."
        : null;

    private static bool HasKeys(SessionRecord record) => record.CurrentKey is null
        ? record.PendingKey is null && record.PreviousKey is null
        : record.PendingKey is null == record.PendingHash is null && record.PreviousKey is null == record.PreviousHash is null;

    // A deadline is the sum of a time and up to 400 days, and must not exceed the end of DateTimeOffset.
    private static bool IsReasonable(DateTimeOffset? time) => time is null or { Year: >= 1970 and < 9000 };
}
