using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>An open connection whose sessions are watched: one in nearly every application.</summary>
internal sealed class WatchedConnection : IDisposable
{
    private readonly (SignedInSession Session, WatchedSession Watched)[] _watched;
    private readonly CancellationTokenSource _ended;
    private long _nextUse;

    private WatchedConnection((SignedInSession Session, WatchedSession Watched)[] watched)
    {
        _watched = watched;
        _ended = CancellationTokenSource.CreateLinkedTokenSource([.. watched.Select(static one => one.Watched.Ended)]);
    }

    /// <summary>Is cancelled when one of the sessions has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Watches the sessions of a request; null if there is none.</summary>
    public static WatchedConnection? Begin(SignedInSessions sessions)
    {
        var watched = sessions.All
            .Select(static session => (Session: session, Watched: session.Watch()))
            .Where(static one => one.Watched is not null)
            .Select(static one => (one.Session, one.Watched!))
            .ToArray();
        return watched.Length == 0 ? null : new WatchedConnection(watched);
    }

    /// <summary>Completes when one of the sessions has ended.</summary>
    /// <exception cref="OperationCanceledException">It was stopped first.</exception>
    public async Task EndedAsync(CancellationToken stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onEnded = Ended.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended);
        await ended.Task.WaitAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Extends the sessions as a request does: at most once per <c>TouchInterval</c>.</summary>
    public async ValueTask UseAsync()
    {
        foreach (var (session, _) in _watched)
        {
            var now = session.Source.Services.Now.UtcTicks;
            long due = Volatile.Read(ref _nextUse);
            if (session.Request is not { } request
                || now < due
                || Interlocked.CompareExchange(ref _nextUse, now + request.Settings.TouchIntervalOf(session.Data.Record).Ticks, due) != due)
            {
                continue;
            }

            try
            {
                await request.ReadAsync(reload: true, CancellationToken.None).ConfigureAwait(false);
            }
            catch (SessionStoreException)
            {
                // It is logged, and the next call tries again later.
            }
        }
    }

    public void Dispose()
    {
        foreach (var (_, watched) in _watched)
        {
            watched.Dispose();
        }

        _ended.Dispose();
    }
}
