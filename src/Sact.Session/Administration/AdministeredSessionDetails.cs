namespace Sact.Session;

/// <summary>What is known of one session: as it is now, or why it ended, and its time line.</summary>
/// <param name="Key">The session's key.</param>
/// <param name="Session">The session; null if it has ended.</param>
/// <param name="EndReason">Why it ended; null if it lives, or if nobody knows any more.</param>
/// <param name="EndedAt">When it ended; null if it lives, or if nobody knows any more.</param>
/// <param name="Timeline">
/// What happened to it, the oldest first. It has what the record shows, and what this node has seen since the time lines were switched on.
/// </param>
public sealed record AdministeredSessionDetails(
    SessionKey Key,
    AdministeredSession? Session,
    SessionEndReason? EndReason,
    DateTimeOffset? EndedAt,
    IReadOnlyList<SessionTimelineEntry> Timeline);
