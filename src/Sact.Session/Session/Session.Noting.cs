using Microsoft.AspNetCore.Http;

namespace Sact.Session;

public partial class Session<TStore>
{
    /// <summary>
    /// Promotes the pending id that has arrived and notes that the session was seen, in one write and only if due. Never a condition for the request: if the write fails, the next
    /// presentation tries again.
    /// </summary>
    private async ValueTask<SessionRecord?> NoteSeenAsync(SessionRecord record, bool promote, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Looked at only here, where there is something to write: a request that does not ask, or whose session was seen a moment ago, pays nothing for it.
        var touch = Touch(record, now);
        if (touch is null && !promote)
        {
            return record;
        }

        var change = new SessionChange
        {
            Touch = touch,
            Generation = _generation,
            Renewal = promote ? SessionRenewal.Promote(SessionIdFormat.HashOfId(_presented), now) : null,
        };
        SessionUpdate outcome;
        try
        {
            outcome = await Calls.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault)
        {
            Settings.Telemetry.TouchFailed(record.Key, fault);
            return record;
        }

        if (outcome.Status == SessionUpdateStatus.Applied && promote)
        {
            Settings.Telemetry.Renewed(record.Key, SessionRenewalKind.Promote);
        }

        // A conflict means that another request promoted it or renewed again; the id was verified, and stays so unless it was replaced at once.
        return outcome.Record is { } after && IsStillMine(after) ? after : null;
    }

    /// <summary>
    /// The note that the session was seen; null from an endpoint that polls, which moves no clock. A first presentation is noted there too, because it is about the cookie having arrived, not about a user being there: the idle timeout goes on
    /// counting from the sign-in.
    /// </summary>
    private SessionTouch? Touch(SessionRecord record, DateTimeOffset now)
    {
        // A request that has ended meanwhile, and was not awaited, cannot be told from a poll any more.
        if (!_response.Look(static context => context.GetEndpoint()?.Metadata.GetMetadata<DisableSlidingExpirationAttribute>() is null))
        {
            return record.Presented ? null : new SessionTouch(record.LastSeenAt);
        }

        return new SessionTouch(now, record.State == SessionState.Anonymous ? null : Client());
    }

    private SessionClient? Client() => Settings.CaptureClient ? _response.Look(static context => ClientOfRequest.Read(context.Request)) : null;
}
