namespace Sact.Session;

/// <summary>
/// Ends sessions in two stores. The old store is first: what has ended there is moved by nobody who looks from now on. Then the new store
/// has a marker, so that whoever has read the session before does not bring it back.
/// </summary>
internal sealed class MigratingEnds(RecordStore from, RecordStore to)
{
    // Each attempt fails only if somebody else has just put a record of this session into the place.
    private const int MostAttempts = 16;

    private const int AtOnce = 16;

    /// <inheritdoc cref="IEndedSessionStore.EndAsync"/>
    public async ValueTask<bool> EndAsync(SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken)
    {
        if (await from.EndAsync(session, reason, cancellationToken).ConfigureAwait(false))
        {
            await EndInNewAsync(session, reason).ConfigureAwait(false);
            return true;
        }

        // Somebody else may be between the two stores, or may have failed there. The first reason stays.
        var old = await from.ReadAsync(session.Key, CancellationToken.None).ConfigureAwait(false);
        return old.Ended is { } marker && marker.LineageHash == session.LineageHash && !SessionMove.IsMoved(marker)
            ? await EndInNewAsync(session, marker.Reason).ConfigureAwait(false)
            : await to.EndAsync(session, reason, CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc cref="IEndedSessionStore.EndActiveSessionsAsync"/>
    public async ValueTask<long> EndUserAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken)
    {
        long ended = 0;
        await foreach (var (key, stored) in from.ReadUserAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            // One by one, because each may be on its way to the new store.
            if (key != except && stored.IsLive(to.Now) && string.Equals(stored.Header.UserId, userId, StringComparison.Ordinal))
            {
                var session = stored.Record ?? RecordOfKey.Named(key, stored.Header.LineageHash, to.Now);
                ended += await EndAsync(session, reason, CancellationToken.None).ConfigureAwait(false) ? 1 : 0;
            }
        }

        // What cannot be read, and what has expired: a clock that is set back must revive nothing.
        ended += await from.EndActiveSessionsAsync(userId, except, reason, CancellationToken.None).ConfigureAwait(false);
        return ended + await to.EndActiveSessionsAsync(userId, except, reason, CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc cref="IGenericStore.ClearAsync"/>
    public async ValueTask<long> ClearAsync(CancellationToken cancellationToken)
    {
        var live = await LiveInOldAsync(cancellationToken).ConfigureAwait(false);
        long ended = await from.ClearAsync(cancellationToken).ConfigureAwait(false);
        ended += await to.ClearAsync(CancellationToken.None).ConfigureAwait(false);

        // A cleared store has no markers. Without one, a move that has read a session before would bring it back. The caller cannot stop
        // this: what has ended must not come back.
        await Parallel.ForEachAsync(
            live,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (one, _) => await EndInNewAsync(RecordOfKey.Named(one.Key, one.Lineage, to.Now), SessionEndReason.Administrator)
                .ConfigureAwait(false)).ConfigureAwait(false);
        return ended;
    }

    private async Task<List<(SessionKey Key, SecretHash Lineage)>> LiveInOldAsync(CancellationToken cancellationToken)
    {
        var live = new List<(SessionKey, SecretHash)>();
        if (from is ISessionQueryStore queries)
        {
            var query = new SessionQuery { PageSize = SessionQuery.MaxPageSize };
            do
            {
                var page = await queries.QueryAsync(query, cancellationToken).ConfigureAwait(false);
                live.AddRange(page.Sessions.Select(static session => (session.Key, session.LineageHash)));
                query = query with { After = page.Next };
            }
            while (query.After is not null);
        }

        return live;
    }

    /// <summary>
    /// Ends a session in the new store, and leaves a marker where there is none: whoever has read the session in the old store a moment
    /// ago must not bring it back.
    /// </summary>
    private async ValueTask<bool> EndInNewAsync(SessionRecord session, SessionEndReason reason)
    {
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (await to.EndAsync(session, reason, CancellationToken.None).ConfigureAwait(false))
            {
                return true;
            }

            var there = await to.ReadAsync(session.Key, CancellationToken.None).ConfigureAwait(false);
            if (there.IsEnded || there.Error is not null || (there.Exists && there.Header.LineageHash != session.LineageHash))
            {
                return false;
            }

            if (!there.Exists)
            {
                await to.CreateAsync(RecordOfKey.Placeholder(session, to.Now), cap: null, CancellationToken.None).ConfigureAwait(false);
            }
        }

        throw new SessionStoreException(
            "Two processes kept replacing a session that must end in the new store. Try again.", null, outcomeUnknown: true);
    }
}
