using System.Diagnostics.CodeAnalysis;

namespace Sact.Session;

/// <summary>The administration of one registration.</summary>
internal sealed class SessionAdministration(IGenericStore store, SessionServices services) : ISessionAdministration
{
    private const int EndsAtOnce = 16;
    private const int MaxActor = 256;

    public bool CanQuery => store is ISessionQueryStore;

    private StoreClient Calls => new(store, services, context: null);

    public async ValueTask<AdministeredSessionPage> FindAsync(SessionQuery query, CancellationToken cancellationToken = default)
    {
        var page = await QueryAsync(query, cancellationToken).ConfigureAwait(false);
        return new([.. page.Sessions.Select(static record => new AdministeredSession(record))], page.Next, page.Skipped);
    }

    public async ValueTask<AdministeredSessionDetails?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        ThrowIfOfAnother(key);
        var found = await Calls.FindAsync(key, endsWithRequest: false, cancellationToken).ConfigureAwait(false);
        var record = found.Record is { State: not SessionState.Note } session ? session : null;
        var seen = services.Telemetry.Timelines?.Of(key) ?? [];
        return record is null && found.Ended is null && seen.Count == 0 ? null : new(
            key,
            record is null ? null : new AdministeredSession(record),
            found.Ended?.Reason,
            found.Ended?.EndedAt,
            SessionTimelineEntry.Merge(record, found.Ended, seen));
    }

    public ValueTask<SessionCounts> CountAsync(CancellationToken cancellationToken = default) => store is ISessionQueryStore queries
        ? GuardAsync(StoreOperation.Count, queries.CountByStateAsync, cancellationToken)
        : throw CannotQuery();

    public async ValueTask<bool> EndAsync(SessionKey key, string actor, CancellationToken cancellationToken = default)
    {
        ThrowIfOfAnother(key);
        ThrowIfBadActor(actor);
        var found = await Calls.GetAsync(key, endsWithRequest: false, cancellationToken).ConfigureAwait(false);
        if (found is not { State: not SessionState.Note } session)
        {
            return false;
        }

        try
        {
            if (!await EndAsync(session, actor, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }
        catch (SessionStoreException fault) when (fault.OutcomeUnknown)
        {
            AdministrationLog.Failed(services.Telemetry.Log, actor, 0, fault);
            throw;
        }

        AdministrationLog.EndedOne(services.Telemetry.Log, actor, key);
        return true;
    }

    public async ValueTask<long> EndUserAsync(string userId, string actor, CancellationToken cancellationToken = default)
    {
        UserIdRule.ThrowIfBroken(userId, nameof(userId));
        UserIdRule.ThrowIfReserved(userId, nameof(userId));
        ThrowIfBadActor(actor);
        var calls = Calls;
        long ended = await AuditedAsync(
            actor,
            () => calls.EndActiveSessionsAsync(userId, null, SessionEndReason.Administrator, cancellationToken, actor))
            .ConfigureAwait(false);
        services.Telemetry.Metrics.Ended(EndedReason.Administrator, ended);
        AdministrationLog.EndedUser(services.Telemetry.Log, actor, ended);
        return ended;
    }

    public async ValueTask<long> EndMatchingAsync(SessionQuery query, string actor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ThrowIfBadActor(actor);
        if (query.IsEmpty)
        {
            throw new ArgumentException(
                "The SessionQuery has no condition, so it would end every session. Set a condition, or call EndAllAsync.", nameof(query));
        }

        // A session that began after the call is another sign-in, which nobody has looked at.
        var began = services.Now;
        var rest = query with { PageSize = SessionQuery.MaxPageSize, After = null };
        long ended = 0;
        long skipped = 0;
        try
        {
            do
            {
                var page = await QueryAsync(rest, cancellationToken).ConfigureAwait(false);
                foreach (var some in page.Sessions.Where(session => session.CreatedAt <= began).Chunk(EndsAtOnce))
                {
                    await Task.WhenAll(some.Select(EndOneAsync)).ConfigureAwait(false);
                }

                skipped += page.Skipped;
                rest = rest with { After = page.Next };
            }
            while (rest.After is not null);

            if (skipped > 0)
            {
                throw new SessionStoreException(
                    $"Sessions that were left out: {skipped}. A newer version of Sact.Session wrote them, or they cannot be read, so it is "
                    + $"unknown whether they meet the conditions. All others have ended: {ended}. "
                    + "Update this application, or end all sessions.");
            }
        }
        catch (Exception fault) when (fault is SessionStoreException or OperationCanceledException)
        {
            AdministrationLog.Failed(services.Telemetry.Log, actor, Interlocked.Read(ref ended), fault);
            throw;
        }

        AdministrationLog.EndedMatching(services.Telemetry.Log, actor, ended, ConditionsOf(query));
        return ended;

        async Task EndOneAsync(SessionRecord session)
        {
            if (await EndAsync(session, actor, cancellationToken).ConfigureAwait(false))
            {
                Interlocked.Increment(ref ended);
            }
        }
    }

    public async ValueTask<long> EndAllAsync(string actor, CancellationToken cancellationToken = default)
    {
        ThrowIfBadActor(actor);
        long ended = await AuditedAsync(actor, () => GuardAsync(StoreOperation.Clear, store.ClearAsync, cancellationToken))
            .ConfigureAwait(false);
        services.Telemetry.Metrics.Ended(EndedReason.Administrator, ended);
        await services.Observers.EndedAllAsync(ended, SessionEndReason.Administrator, actor).ConfigureAwait(false);
        AdministrationLog.EndedAll(services.Telemetry.Log, actor, ended);
        return ended;
    }

    /// <summary>Makes a call that ends sessions. After a failure some may have ended, and the log must name who did it.</summary>
    private async ValueTask<long> AuditedAsync(string actor, Func<ValueTask<long>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SessionStoreException or OperationCanceledException)
        {
            AdministrationLog.Failed(services.Telemetry.Log, actor, 0, fault);
            throw;
        }
    }

    private async Task<bool> EndAsync(SessionRecord session, string actor, CancellationToken cancellationToken)
    {
        bool ended = await Calls
            .EndAsync(session, SessionEndReason.Administrator, cancellationToken, actor).ConfigureAwait(false);
        if (ended)
        {
            services.Telemetry.Ended(session.Key, EndedReason.Administrator);
        }

        return ended;
    }

    private async ValueTask<SessionPage> QueryAsync(SessionQuery query, CancellationToken cancellationToken)
    {
        if (SessionQuery.Validate(query) is { } broken)
        {
            throw new ArgumentException(broken, nameof(query));
        }

        if (store is ISessionQueryStore)
        {
            // A refusal of the store is no fault of it: it is about the cursor, which the caller sends.
            var (page, refusal) = await Calls.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            return page ?? throw refusal!;
        }

        if (query.UserId is not { } userId)
        {
            throw CannotQuery();
        }

        var after = QueryPosition.Read(QueryCursor.Read(userId, query));
        var all = await Calls.ListAsync(userId, cancellationToken).ConfigureAwait(false);
        return RecordQuery.SortedPage(userId, query, all.Where(query.Matches), after, skipped: 0);
    }

    private void ThrowIfOfAnother(SessionKey key)
    {
        SessionKey.ThrowIfDefault(key, nameof(key));
        if (store is GenericStore { Prefix: var prefix } && key.Prefix != prefix)
        {
            throw new ArgumentException(
                $"The session key has the prefix '{key.Prefix}', and this registration has '{prefix}'. "
                + "Use the ISessionAdministration of the registration that the session belongs to.",
                nameof(key));
        }
    }

    private static void ThrowIfBadActor(string actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (actor.Length is 0 or > MaxActor || actor.Any(char.IsControl) || !UnicodeRule.IsWellFormed(actor))
        {
            throw new ArgumentException(
                $"The actor must have 1 to {MaxActor} characters of well-formed Unicode, without control characters. "
                + "Name who ends the session, such as a role and a ticket number.",
                nameof(actor));
        }
    }

    /// <summary>The names of the conditions. Their values may be personal data, which no log holds.</summary>
    private static string ConditionsOf(SessionQuery query) => string.Join(", ", new (string Name, bool IsSet)[]
    {
        ("user", query.UserId is not null),
        ("state", query.State is not null),
        ("address", query.Address is not null),
        ("user agent", query.UserAgent is not null),
        ("creation", query.CreatedFrom is not null || query.CreatedBefore is not null),
        ("last seen", query.LastSeenFrom is not null || query.LastSeenBefore is not null),
    }.Where(static condition => condition.IsSet).Select(static condition => condition.Name));

    private static NotSupportedException CannotQuery() => new(
        "This store finds sessions only by their user, because it is no ISessionQueryStore. "
        + "Set SessionQuery.UserId, or let the store implement ISessionQueryStore.");

    /// <summary>Makes a call that may take longer than <c>StoreTimeout</c>, because it reads everything.</summary>
    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "Whatever a store throws is a fault of the store.")]
    private async ValueTask<T> GuardAsync<T>(
        string operation, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await StoreCall.ObserveAsync(
                store,
                services.Telemetry.Metrics,
                services.Clock,
                operation,
                (call, cancellationToken),
                static about => about.call(about.cancellationToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            services.Telemetry.StoreFault(operation, fault);
            throw fault as SessionStoreException
                ?? new SessionStoreException($"The session store failed ({fault.GetType().Name}).", fault, outcomeUnknown: true);
        }
    }
}
