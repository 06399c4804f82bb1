namespace Sact.Session.StoreContract;

/// <summary>
/// Compares records property by property. It is written out, because a generated comparison could miss the same property as a store.
/// </summary>
internal static class RecordComparison
{
    /// <summary>Gets the name of the first property that differs; null if none does.</summary>
    public static string? Difference(SessionRecord expected, SessionRecord actual) =>
        expected.Key != actual.Key ? nameof(SessionRecord.Key)
        : !string.Equals(expected.UserId, actual.UserId, StringComparison.Ordinal) ? nameof(SessionRecord.UserId)
        : expected.State != actual.State ? nameof(SessionRecord.State)
        : expected.AssuranceLevel != actual.AssuranceLevel ? nameof(SessionRecord.AssuranceLevel)
        : expected.LineageHash != actual.LineageHash ? nameof(SessionRecord.LineageHash)
        : expected.CurrentHash != actual.CurrentHash ? nameof(SessionRecord.CurrentHash)
        : !Equals(expected.CurrentKey, actual.CurrentKey) ? nameof(SessionRecord.CurrentKey)
        : !Equals(expected.PendingKey, actual.PendingKey) ? nameof(SessionRecord.PendingKey)
        : !Equals(expected.PreviousKey, actual.PreviousKey) ? nameof(SessionRecord.PreviousKey)
        : expected.PendingHash != actual.PendingHash ? nameof(SessionRecord.PendingHash)
        : expected.PendingSince != actual.PendingSince ? nameof(SessionRecord.PendingSince)
        : expected.PreviousHash != actual.PreviousHash ? nameof(SessionRecord.PreviousHash)
        : expected.LastPromotedAt != actual.LastPromotedAt ? nameof(SessionRecord.LastPromotedAt)
        : expected.Generation != actual.Generation ? nameof(SessionRecord.Generation)
        : expected.Presented != actual.Presented ? nameof(SessionRecord.Presented)
        : expected.IsPersistent != actual.IsPersistent ? nameof(SessionRecord.IsPersistent)
        : expected.SignInClient != actual.SignInClient ? nameof(SessionRecord.SignInClient)
        : expected.LastSeenClient != actual.LastSeenClient ? nameof(SessionRecord.LastSeenClient)
        : expected.CreatedAt != actual.CreatedAt ? nameof(SessionRecord.CreatedAt)
        : expected.AuthenticatedAt != actual.AuthenticatedAt ? nameof(SessionRecord.AuthenticatedAt)
        : expected.LastSeenAt != actual.LastSeenAt ? nameof(SessionRecord.LastSeenAt)
        : expected.Lifetimes.IdleTimeout != actual.Lifetimes.IdleTimeout ? nameof(SessionLifetimes.IdleTimeout)
        : expected.Lifetimes.FirstUseTimeout != actual.Lifetimes.FirstUseTimeout ? nameof(SessionLifetimes.FirstUseTimeout)
        : expected.Lifetimes.AbsoluteTimeout != actual.Lifetimes.AbsoluteTimeout ? nameof(SessionLifetimes.AbsoluteTimeout)
        : expected.Version != actual.Version ? nameof(SessionRecord.Version)
        : expected.Format != actual.Format ? nameof(SessionRecord.Format)
        : !expected.Fields.SameAs(actual.Fields) ? nameof(SessionRecord.Fields)
        : null;
}
