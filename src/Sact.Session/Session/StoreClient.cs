using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Makes every store call of a session. <c>StoreTimeout</c> bounds each call, and a fault becomes a <see cref="SessionStoreException"/>
/// that is counted and logged. The end of the request cancels a read; it never cancels a write that has begun.
/// </summary>
internal readonly struct StoreClient(IGenericStore store, SessionServices services, HttpContext? context)
{
    private enum CallKind
    {
        /// <summary>A read that the client's disconnect cancels.</summary>
        Read,

        /// <summary>A read that must finish although the client has gone: a session is about to end.</summary>
        UncancelledRead,

        Write,
    }

    public ValueTask<SessionRecord?> GetAsync(SessionKey key, bool endsWithRequest, CancellationToken cancellationToken) =>
        CallAsync(
            static (store, key, token) => store.GetAsync(key, token),
            key,
            StoreOperation.Read,
            endsWithRequest ? CallKind.Read : CallKind.UncancelledRead,
            cancellationToken);

    /// <summary>Reads a session, or why it has ended, if the store knows.</summary>
    public ValueTask<SessionLookup> FindAsync(SessionKey key, bool endsWithRequest, CancellationToken cancellationToken)
    {
        return CallAsync(
            static (store, key, token) => store is IEndedSessionStore ended ? ended.FindAsync(key, token) : ReadAsync(store, key, token),
            key,
            StoreOperation.Read,
            endsWithRequest ? CallKind.Read : CallKind.UncancelledRead,
            cancellationToken);

        static async ValueTask<SessionLookup> ReadAsync(IGenericStore store, SessionKey key, CancellationToken token) =>
            new(await store.GetAsync(key, token).ConfigureAwait(false));
    }

    /// <summary>Reads many sessions in one round trip.</summary>
    public ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(SessionKey[] keys) => CallAsync(
        static (store, keys, token) => ((ISessionBatchStore)store).FindManyAsync(keys, token),
        keys,
        StoreOperation.Watch,
        CallKind.UncancelledRead,
        CancellationToken.None);

    public ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap, CancellationToken cancellationToken)
    {
        var created = CallAsync(
            static (store, about, token) => store.CreateAsync(about.session, about.cap, token),
            (session, cap),
            StoreOperation.Create,
            CallKind.Write,
            cancellationToken);
        return services.Observers.IsEmpty ? created : NotifyAsync(services.Observers, created, session);

        static async ValueTask<SessionCreation> NotifyAsync(
            SessionObservers observers, ValueTask<SessionCreation> created, SessionRecord session)
        {
            var answer = await created.ConfigureAwait(false);
            if (answer.Status == SessionCreationStatus.Created)
            {
                await observers.CreatedAsync(session, answer).ConfigureAwait(false);
            }

            return answer;
        }
    }

    public ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken)
    {
        var updated = CallAsync(
            static (store, about, token) => store.UpdateAsync(about.session, about.change, token),
            (session, change),
            StoreOperation.Update,
            CallKind.Write,
            cancellationToken);
        bool isNotified = (change.Renewal is not null || change.Raise is not null) && !services.Observers.IsEmpty;
        return isNotified ? NotifyAsync(services.Observers, updated, change) : updated;

        static async ValueTask<SessionUpdate> NotifyAsync(
            SessionObservers observers, ValueTask<SessionUpdate> updated, SessionChange change)
        {
            var answer = await updated.ConfigureAwait(false);
            if (answer is { Status: SessionUpdateStatus.Applied, Record: { } after })
            {
                await observers.ChangedAsync(after, change).ConfigureAwait(false);
            }

            return answer;
        }
    }

    /// <param name="session">The session.</param>
    /// <param name="reason">Why it ends.</param>
    /// <param name="cancellationToken">Checked before it ends.</param>
    /// <param name="actor">The administrator who ends it; null for nobody.</param>
    public ValueTask<bool> EndAsync(
        SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken, string? actor = null)
    {
        var ended = CallAsync(
            static (store, about, token) => store is IEndedSessionStore ended
                ? ended.EndAsync(about.session, about.reason, token)
                : store.DeleteAsync(about.session, token),
            (session, reason),
            StoreOperation.Delete,
            CallKind.Write,
            cancellationToken);
        return services.Observers.IsEmpty ? ended : NotifyAsync(services.Observers, ended, session, reason, actor);

        static async ValueTask<bool> NotifyAsync(
            SessionObservers observers, ValueTask<bool> ended, SessionRecord session, SessionEndReason reason, string? actor)
        {
            bool answer = await ended.ConfigureAwait(false);
            if (answer)
            {
                await observers.EndedAsync(session, reason, actor).ConfigureAwait(false);
            }

            return answer;
        }
    }

    public ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken, string? actor = null)
    {
        var ended = CallAsync(
            static (store, about, token) => store is IEndedSessionStore ended
                ? ended.EndActiveSessionsAsync(about.userId, about.except, about.reason, token)
                : store.DeleteActiveSessionsAsync(about.userId, about.except, token),
            (userId, except, reason),
            StoreOperation.DeleteUser,
            CallKind.Write,
            cancellationToken);
        return services.Observers.IsEmpty ? ended : NotifyAsync(services.Observers, ended, userId, reason, actor);

        static async ValueTask<long> NotifyAsync(
            SessionObservers observers, ValueTask<long> ended, string userId, SessionEndReason reason, string? actor)
        {
            long count = await ended.ConfigureAwait(false);
            await observers.EndedAsync(userId, count, reason, actor).ConfigureAwait(false);
            return count;
        }
    }

    /// <summary>
    /// Finds one page of sessions, for an administrator; or why the store refuses the query, which is no fault of the store. The store must
    /// be an <see cref="ISessionQueryStore"/>.
    /// </summary>
    public ValueTask<(SessionPage? Page, ArgumentException? Refusal)> QueryAsync(SessionQuery query, CancellationToken cancellationToken)
    {
        return CallAsync(
            static (store, query, token) => FindAsync((ISessionQueryStore)store, query, token),
            query,
            StoreOperation.Query,
            CallKind.UncancelledRead,
            cancellationToken);

        static async ValueTask<(SessionPage?, ArgumentException?)> FindAsync(
            ISessionQueryStore store, SessionQuery query, CancellationToken token)
        {
            try
            {
                return (await store.QueryAsync(query, token).ConfigureAwait(false), null);
            }
            catch (ArgumentException refusal)
            {
                return (null, refusal);
            }
        }
    }

    public ValueTask<List<SessionRecord>> ListAsync(string userId, CancellationToken cancellationToken) =>
        CallAsync(
            static async (store, userId, token) =>
            {
                var records = new List<SessionRecord>();
                await foreach (var record in store.GetActiveSessionsAsync(userId, token).ConfigureAwait(false))
                {
                    records.Add(record);
                }

                return records;
            },
            userId,
            StoreOperation.List,
            CallKind.Read,
            cancellationToken);

    // A call that nobody observes must compile to what it would be without the question: the guard of allocations measures it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ValueTask<T> CallAsync<TArgument, T>(
        Func<IGenericStore, TArgument, CancellationToken, ValueTask<T>> call,
        TArgument argument,
        string operation,
        CallKind kind,
        CancellationToken cancellationToken) => StoreCall.IsObserved(services.Telemetry.Metrics)
            ? ObserveAsync(call, argument, operation, kind, cancellationToken)
            : SendAsync(call, argument, operation, kind, cancellationToken);

    [SuppressMessage(
        "Reliability",
        "CA2000:Dispose objects before losing scope",
        Justification = "It has no timer, and a store that ignores it may read it later.")]
    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "Whatever a store throws is a fault of the store.")]
    private ValueTask<T> SendAsync<TArgument, T>(
        Func<IGenericStore, TArgument, CancellationToken, ValueTask<T>> call,
        TArgument argument,
        string operation,
        CallKind kind,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // The memory store answers at once, so there is nothing to cancel.
        var limit = store is MemoryStore ? null : new CancellationTokenSource();
        ValueTask<T> pending;
        try
        {
            pending = call(store, argument, limit?.Token ?? CancellationToken.None);
        }
        catch (Exception fault)
        {
            throw Fault(fault, operation, kind);
        }

        // A store that answers at once costs neither a timer nor a state machine.
        return pending.IsCompletedSuccessfully ? pending : WaitAsync(pending.AsTask(), limit ?? new(), operation, kind, cancellationToken);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<T> ObserveAsync<TArgument, T>(
        Func<IGenericStore, TArgument, CancellationToken, ValueTask<T>> call,
        TArgument argument,
        string operation,
        CallKind kind,
        CancellationToken cancellationToken) => StoreCall.ObserveAsync(
            store,
            services.Telemetry.Metrics,
            services.Clock,
            operation,
            (Client: this, call, argument, operation, kind, cancellationToken),
            static about => about.Client.SendAsync(about.call, about.argument, about.operation, about.kind, about.cancellationToken));

    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "Whatever a store throws is a fault of the store.")]
    private async ValueTask<T> WaitAsync<T>(
        Task<T> pending, CancellationTokenSource limit, string operation, CallKind kind, CancellationToken cancellationToken)
    {
        var aborted = kind == CallKind.Read ? Aborted() : CancellationToken.None;
        var cancelled = kind == CallKind.Write ? CancellationToken.None : cancellationToken;
        using var onAborted = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        using var onCancelled = cancelled.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        try
        {
            return await pending.WaitAsync(services.Settings.StoreTimeout, services.Clock, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested || cancelled.IsCancellationRequested)
        {
            Abandon(pending);
            throw new OperationCanceledException(cancelled.IsCancellationRequested ? cancelled : aborted);
        }
        catch (TimeoutException) when (pending.IsCompletedSuccessfully)
        {
            // The store has answered, and only this application had no thread to take the answer in time.
            return await pending.ConfigureAwait(false);
        }
        catch (TimeoutException timeout) when (!pending.IsCompleted)
        {
            Abandon(pending);

            // Not awaited: a callback of the store must not delay the answer, nor throw in its place.
            Abandon(limit.CancelAsync());
            var fault = new SessionStoreException(
                $"The session store did not answer within StoreTimeout ({services.Settings.StoreTimeout}). "
                + "Check the store, or raise SactSessionOptions.StoreTimeout.",
                timeout,
                outcomeUnknown: kind == CallKind.Write);
            services.Telemetry.StoreFault(operation, fault);
            throw fault;
        }
        catch (Exception fault)
        {
            throw Fault(fault, operation, kind);
        }
    }

    private CancellationToken Aborted()
    {
        if (context is null)
        {
            return CancellationToken.None;
        }

        lock (RequestLock.Of(context))
        {
            return context.RequestAborted;
        }
    }

    // Nobody waits for the task any more. Its fault was reported as a time-out already.
    private static void Abandon(Task pending) => pending.ContinueWith(
        static task => _ = task.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private SessionStoreException Fault(Exception fault, string operation, CallKind kind)
    {
        services.Telemetry.StoreFault(operation, fault);
        return fault as SessionStoreException ?? new SessionStoreException(
            $"The session store failed to {operation.Replace('_', ' ')} ({fault.GetType().Name}).",
            fault,
            outcomeUnknown: kind == CallKind.Write);
    }
}
