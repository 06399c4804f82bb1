using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>What a request writes as "last seen" of its session.</summary>
internal readonly struct SessionLastSeen(RequestSession session)
{
    /// <summary>
    /// "Last seen" of this request; null for one that polls or defers it, which extends no session. A first presentation is noted there
    /// too, because the cookie has arrived; the idle timeout then counts from the sign-in.
    /// </summary>
    public SessionTouch? Touch(SessionRecord record, bool promote, DateTimeOffset now)
    {
        // A request that ended meanwhile counts as a poll: its endpoint is unknown.
        if (session.State.Seen != SeenNote.Usual
            || !session.Request.Read(static context =>
                context.GetEndpoint()?.Metadata.GetMetadata<DisableSlidingExpirationAttribute>() is null))
        {
            return record.Presented ? null : new SessionTouch(record.LastSeenAt);
        }

        // The promotion is a write anyway, so the touch is exact and never redundant.
        return new SessionTouch(
            now,
            record.State == SessionState.Anonymous ? null : session.Client(),
            promote ? TimeSpan.Zero : session.Settings.TouchIntervalOf(record));
    }
}
