namespace Sact.Session.Stores.Tests;

internal static class RecordCopy
{
    /// <summary>The record with some properties other than they are: what a broken store makes of one.</summary>
    public static SessionRecord With(
        this SessionRecord record,
        SessionFields? fields = null,
        bool? presented = null,
        DateTimeOffset? lastSeenAt = null,
        DateTimeOffset? createdAt = null,
        SessionLifetimes? lifetimes = null,
        string? userId = null,
        SessionState? state = null,
        int? level = null,
        int? generation = null,
        SecretHash? current = null,
        int? format = null,
        bool withoutClients = false,
        bool withoutPrevious = false,
        bool keepsPending = true) => record with
        {
            UserId = userId ?? record.UserId,
            State = state ?? record.State,
            AssuranceLevel = level ?? record.AssuranceLevel,
            CurrentHash = current ?? record.CurrentHash,
            PendingHash = keepsPending ? record.PendingHash : null,
            PendingSince = keepsPending ? record.PendingSince : null,
            PreviousHash = withoutPrevious ? null : record.PreviousHash,
            Generation = generation ?? record.Generation,
            Presented = presented ?? record.Presented,
            Fields = fields ?? record.Fields,
            SignInClient = withoutClients ? null : record.SignInClient,
            LastSeenClient = withoutClients ? null : record.LastSeenClient,
            CreatedAt = createdAt ?? record.CreatedAt,
            LastSeenAt = lastSeenAt ?? record.LastSeenAt,
            Lifetimes = lifetimes ?? record.Lifetimes,
            Format = format ?? record.Format,
        };

    /// <summary>The change with some parts left out.</summary>
    public static SessionChange Without(
        this SessionChange change,
        bool condition = false,
        bool renewal = false,
        bool touch = false,
        bool limit = false,
        bool remove = false,
        bool raise = false,
        SessionTouch? newTouch = null) => new()
        {
            Set = change.Set,
            Remove = remove ? [] : change.Remove,
            Touch = touch ? newTouch : change.Touch,
            Renewal = renewal ? null : change.Renewal,
            Raise = raise ? null : change.Raise,
            Condition = condition ? null : change.Condition,
            MaxBytes = limit ? null : change.MaxBytes,
            Generation = change.Generation,
        };
}
