using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>An open connection whose sessions are watched: one in nearly every application.</summary>
internal sealed class WatchedConnection : IDisposable
{
    private readonly WatchedSession[] _watched;
    private readonly CancellationTokenSource _ended;

    private WatchedConnection(WatchedSession[] watched, ILogger log)
    {
        _watched = watched;
        _ended = CancellationTokenSource.CreateLinkedTokenSource([.. watched.Select(static one => one.Ended)]);
        Log = log;
    }

    /// <summary>Is cancelled when one of the sessions has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why one of the sessions has ended; null if nobody knows.</summary>
    public SessionEndReason? Reason => Array.Find(_watched, static one => one.Reason is not null)?.Reason;

    /// <summary>Whether the request that watches has ended its session itself.</summary>
    public bool IsEndedHere => Array.Exists(_watched, static one => one.IsEndedHere);

    /// <summary>Whether another connection has the same sessions.</summary>
    public bool IsOf(WatchedConnection other) =>
        _watched.Length == other._watched.Length
        && Array.TrueForAll(_watched, one => Array.Exists(other._watched, its => its.Key == one.Key));

    /// <summary>The log of the registration.</summary>
    public ILogger Log { get; }

    /// <summary>Watches the sessions of a request; null if there is none.</summary>
    public static WatchedConnection? Begin(SignedInSessions sessions) =>
        Begin(sessions, [.. sessions.All.Select(static session => session.Watch()).OfType<WatchedSession>()]);

    /// <summary>Watches the sessions of a request for a hub or a Blazor circuit, which outlives it; null if there is none.</summary>
    public static WatchedConnection? BeginApart(SignedInSessions sessions) =>
        Begin(sessions, [.. sessions.All.Select(static session => session.WatchApart())]);

    /// <summary>Completes when one of the sessions has ended.</summary>
    /// <exception cref="OperationCanceledException">It was stopped first.</exception>
    public async Task EndedAsync(CancellationToken stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onEnded = Ended.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended);
        await ended.Task.WaitAsync(stop).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Array.ForEach(_watched, static watched => watched.Dispose());
        _ended.Dispose();
    }

    private static WatchedConnection? Begin(SignedInSessions sessions, WatchedSession[] watched) =>
        watched.Length == 0 ? null : new WatchedConnection(watched, sessions.Log);
}
