using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Every call a session makes to its store: bounded by <c>StoreTimeout</c>, faults turned into <see cref="SessionStoreException"/>, counted and logged. Reads end with the request; writes, once
/// begun, do not.
/// </summary>
internal readonly struct StoreCalls(IGenericStore store, SessionSettings settings, HttpContext context)
{
    public ValueTask<SessionRecord?> GetAsync(SessionKey key, bool endsWithRequest, CancellationToken cancellationToken) =>
        Call(static (store, key, token) => store.GetAsync(key, token), key, "read", endsWithRequest ? Kind.Read : Kind.PatientRead, cancellationToken);

    public ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap, CancellationToken cancellationToken) =>
        Call(static (store, about, token) => store.CreateAsync(about.session, about.cap, token), (session, cap), "create", Kind.Write, cancellationToken);

    public ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken) =>
        Call(static (store, about, token) => store.UpdateAsync(about.session, about.change, token), (session, change), "update", Kind.Write, cancellationToken);

    public ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken) =>
        Call(static (store, session, token) => store.DeleteAsync(session, token), session, "delete", Kind.Write, cancellationToken);

    public ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except, CancellationToken cancellationToken) =>
        Call(static (store, about, token) => store.DeleteActiveSessionsAsync(about.userId, about.except, token), (userId, except), "delete_user", Kind.Write, cancellationToken);

    public ValueTask<List<SessionRecord>> ListAsync(string userId, CancellationToken cancellationToken) =>
        Call(
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
            "list",
            Kind.Read,
            cancellationToken);

    private enum Kind
    {
        Read,
        PatientRead,
        Write,
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "It has no timer; a store that ignores it may look at it after the call was given up.")]
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever a store throws is a fault of the store.")]
    private ValueTask<T> Call<TAbout, T>(Func<IGenericStore, TAbout, CancellationToken, ValueTask<T>> call, TAbout about, string operation, Kind kind, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // A store that never waits has nothing to give up.
        var limit = store is MemoryStore ? null : new CancellationTokenSource();
        ValueTask<T> pending;
        try
        {
            pending = call(store, about, limit?.Token ?? CancellationToken.None);
        }
        catch (Exception fault)
        {
            throw Fault(fault, operation, kind);
        }

        // A store that answers at once costs no timer and no state machine.
        return pending.IsCompletedSuccessfully ? pending : Wait(pending.AsTask(), limit ?? new(), operation, kind, cancellationToken);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever a store throws is a fault of the store.")]
    private async ValueTask<T> Wait<T>(Task<T> pending, CancellationTokenSource limit, string operation, Kind kind, CancellationToken cancellationToken)
    {
        var aborted = kind == Kind.Read ? Aborted() : CancellationToken.None;
        var wanted = kind == Kind.Write ? CancellationToken.None : cancellationToken;
        using var onAborted = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        using var onCancelled = wanted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        try
        {
            return await pending.WaitAsync(settings.StoreTimeout, settings.Clock, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested || wanted.IsCancellationRequested)
        {
            Abandon(pending);
            throw new OperationCanceledException(wanted.IsCancellationRequested ? wanted : aborted);
        }
        catch (TimeoutException timeOut) when (!pending.IsCompleted)
        {
            Abandon(pending);

            // Not awaited: a store's own callback must not hold the answer up, nor throw in its place.
            Abandon(limit.CancelAsync());
            var fault = new SessionStoreException(
                $"The session store did not answer within StoreTimeout ({settings.StoreTimeout}). Look at the store, or raise SactSessionOptions.StoreTimeout.", timeOut, outcomeUnknown: kind == Kind.Write);
            settings.Telemetry.StoreFault(operation, fault);
            throw fault;
        }
        catch (Exception fault)
        {
            throw Fault(fault, operation, kind);
        }
    }

    private CancellationToken Aborted()
    {
        // Another session of this request may be looking features up, and a context is not made for two at once.
        lock (context)
        {
            return context.RequestAborted;
        }
    }

    // Nobody waits for it any more; its fault has been told of as a time-out.
    private static void Abandon(Task pending) =>
        pending.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private SessionStoreException Fault(Exception fault, string operation, Kind kind)
    {
        settings.Telemetry.StoreFault(operation, fault);
        return fault as SessionStoreException
            ?? new SessionStoreException($"The session store failed to {operation.Replace('_', ' ')} ({fault.GetType().Name}).", fault, outcomeUnknown: kind == Kind.Write);
    }
}
