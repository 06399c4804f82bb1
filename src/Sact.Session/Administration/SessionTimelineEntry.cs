namespace Sact.Session;

/// <summary>Something that happened to a session. It has no id, no address and no user.</summary>
/// <param name="Time">When, by the application's clock. Of several equal events it is the last one's.</param>
/// <param name="What">What happened.</param>
/// <param name="Detail">The kind or the reason, such as <c>stale</c> or <c>SignedOut</c>; null if there is none.</param>
/// <param name="Count">How often in a row, at least 1.</param>
public sealed record SessionTimelineEntry(DateTimeOffset Time, SessionTimelineEvent What, string? Detail = null, int Count = 1)
{
    /// <summary>
    /// The time line of what the record shows and of what this node has seen. What both have is taken from the node, which knows more.
    /// </summary>
    internal static IReadOnlyList<SessionTimelineEntry> Merge(
        SessionRecord? record, EndedMarker? ended, IReadOnlyList<SeenEvent> seen)
    {
        var entries = seen.Select(static happened => new SessionTimelineEntry(
            happened.Time, happened.What, happened.Detail, happened.Count)).ToList();
        if (record is not null)
        {
            AddIfUnseen(new(record.CreatedAt, SessionTimelineEvent.Began));
            if (record.AuthenticatedAt > record.CreatedAt)
            {
                AddIfUnseen(new(record.AuthenticatedAt.Value, SessionTimelineEvent.Raised));
            }

            if (record.LastPromotedAt is { } promoted)
            {
                AddIfUnseen(new(promoted, SessionTimelineEvent.Renewed));
            }

            if (record.PendingSince is { } sent)
            {
                AddIfUnseen(new(sent, SessionTimelineEvent.Renewed));
            }

            if (record.LastSeenAt > record.CreatedAt)
            {
                entries.Add(new(record.LastSeenAt, SessionTimelineEvent.LastSeen));
            }
        }

        if (ended is not null)
        {
            entries.RemoveAll(static entry => entry.What == SessionTimelineEvent.Ended);
            entries.Add(new(ended.EndedAt, SessionTimelineEvent.Ended, ended.Reason.ToString()));
        }

        return [.. entries.OrderBy(static entry => entry.Time).ThenBy(static entry => entry.What)];

        void AddIfUnseen(SessionTimelineEntry entry)
        {
            if (!entries.Exists(other => other.What == entry.What && (other.Time - entry.Time).Duration() < TimeSpan.FromSeconds(1)))
            {
                entries.Add(entry);
            }
        }
    }
}
