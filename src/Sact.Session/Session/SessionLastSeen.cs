namespace Sact.Session;

/// <summary>Writes "last seen" of the session of a request.</summary>
internal readonly struct SessionLastSeen(RequestSession session)
{
    /// <summary>
    /// Promotes the pending id that has arrived and writes "last seen", in one write and only if due. The request does not depend on it: if
    /// the write fails, the next request tries again.
    /// </summary>
    public async ValueTask<SessionRecord?> NoteAsync(
        SessionRecord record, bool promote, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var touch = Touch(record, promote, now);
        if (touch is null && !promote)
        {
            return record;
        }

        var change = new SessionChange
        {
            Touch = touch,
            Generation = session.State.Generation,
            Renewal = promote ? SessionRenewal.Promote(SessionIdFormat.HashOfId(session.State.Presented), now) : null,
        };
        SessionUpdate outcome;
        try
        {
            outcome = await session.Calls.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault)
        {
            session.Telemetry.TouchFailed(record.Key, fault);
            return record;
        }

        if (outcome.Status == SessionUpdateStatus.Applied && promote)
        {
            session.Telemetry.Renewed(record.Key, SessionRenewalKind.Promote);
        }

        // A conflict means that another request promoted the id or renewed again. The id was verified and stays so unless it was replaced
        // at once.
        return outcome.Record is { } after ? session.IfRecognised(after) : null;
    }

    /// <summary>
    /// "Last seen" of this request; null for one that polls or defers it, which extends no session. A first presentation is noted there
    /// too, because the cookie has arrived; the idle timeout then counts from the sign-in.
    /// </summary>
    private SessionTouch? Touch(SessionRecord record, bool promote, DateTimeOffset now)
    {
        // A request that ended meanwhile counts as a poll: its endpoint is unknown.
        if (session.State.Seen != SeenNote.Usual
            || !session.Request.Read(static context => !PollingEndpoint.IsReached(context)))
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
