using System.Runtime.CompilerServices;

namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>The store as one actor uses it: its calls wait at the gate and are noted. Without an actor they are only noted.</summary>
internal sealed class ActorStore(IGenericStore inner, Scene scene, Actor? actor, KnownCookie? cookie) : IEndedSessionStore
{
    public string CreateSessionId(string? userId = null) => inner.CreateSessionId(userId);

    public SessionKey GetSessionKey(string sessionId) => inner.GetSessionKey(sessionId);

    public string GetReferenceKey(string userId) => inner.GetReferenceKey(userId);

    public async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        (await FindAsync(key, cancellationToken)).Record;

    /// <summary>As a store that leaves no markers would answer, if the wrapped one leaves none.</summary>
    public async ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        var call = await BeginAsync(new(CallKind.Read, actor, cookie) { Key = key });
        var found = inner is IEndedSessionStore ended
            ? await ended.FindAsync(key, cancellationToken)
            : new SessionLookup(await inner.GetAsync(key, cancellationToken));
        call.Record = found.Record;
        End(call);
        return found;
    }

    public async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        var call = await BeginAsync(new(CallKind.Create, actor, cookie) { Key = session.Key, UserId = session.UserId });
        var creation = await inner.CreateAsync(session, cap, cancellationToken);
        End(call);
        return creation;
    }

    public async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        var call = await BeginAsync(new(CallKind.Update, actor, cookie) { Key = session.Key, Change = change });
        var update = actor is null
            ? await inner.UpdateAsync(session, change, cancellationToken)
            : await UpdateAsync(actor, session, change, cancellationToken);
        call.IsApplied = update.Status == SessionUpdateStatus.Applied;
        call.Record = update.Record;
        End(call);
        return update;
    }

    public ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        EndAsync(session, SessionEndReason.SignedOut, cancellationToken);

    public async ValueTask<bool> EndAsync(
        SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        var call = await BeginAsync(new(CallKind.End, actor, cookie) { Key = session.Key, Reason = reason });
        bool answer = inner is IEndedSessionStore ended
            ? await ended.EndAsync(session, reason, cancellationToken)
            : await inner.DeleteAsync(session, cancellationToken);
        End(call);
        return answer;
    }

    public ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        EndActiveSessionsAsync(userId, except, SessionEndReason.SignedOutElsewhere, cancellationToken);

    public async ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        var call = await BeginAsync(new(CallKind.EndUser, actor, cookie) { UserId = userId, Except = except, Reason = reason });
        long count = inner is IEndedSessionStore ended
            ? await ended.EndActiveSessionsAsync(userId, except, reason, cancellationToken)
            : await inner.DeleteActiveSessionsAsync(userId, except, cancellationToken);
        End(call);
        return count;
    }

    public async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var call = await BeginAsync(new(CallKind.List, actor, cookie) { UserId = userId });
        await foreach (var record in inner.GetActiveSessionsAsync(userId, cancellationToken))
        {
            yield return record;
        }

        End(call);
    }

    public ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Destroys what has expired. Redis does this by itself, so there is nothing to call.</summary>
    public async Task CleanUpAsync()
    {
        var call = await BeginAsync(new(CallKind.CleanUp, actor, cookie));
        if (inner is IExpiredSessionStore cleaned)
        {
            await cleaned.DeleteExpiredAsync(100);
        }

        End(call);
    }

    private async ValueTask<StoreCall> BeginAsync(StoreCall call)
    {
        // Inside of the store there are gates already.
        if (actor is not null && !scene.Stage.SeesSteps)
        {
            await scene.Stage.ArriveAsync(actor);
        }

        scene.Note(call);
        return call;
    }

    private void End(StoreCall call) => call.Ended = scene.Stage.Step;

    private async ValueTask<SessionUpdate> UpdateAsync(
        Actor writer, SessionRecord session, SessionChange change, CancellationToken cancellationToken)
    {
        scene.Stage.BeginUpdate(writer, session.Key);
        var pending = inner.UpdateAsync(session, change, cancellationToken);
        if (!pending.IsCompleted)
        {
            scene.Stage.NoteJoined(writer);
        }

        try
        {
            return await pending;
        }
        finally
        {
            scene.Stage.EndUpdate(writer);
        }
    }
}
