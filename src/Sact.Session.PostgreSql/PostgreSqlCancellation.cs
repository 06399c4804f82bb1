namespace Sact.Session;

/// <summary>
/// Carries the cancellation of a call to the server, so that a call that was given up holds no connection. Npgsql opens a second
/// connection for that, and blocks until the server has read the request. If the server hangs, this takes seconds. So it happens on a
/// thread of its own, and few of them run at once.
/// </summary>
internal sealed class PostgreSqlCancellation : IDisposable
{
    // A cancellation costs the server a connection. A younger statement is left to finish: most often its client has only gone away.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource? _statement;
    private readonly CancellationTokenRegistration _registration;
    private readonly PostgreSqlCircuitBreaker _breaker;
    private readonly PostgreSqlCircuitBreaker.Call _call;
    private readonly SemaphoreSlim _turns;
    private readonly TimeProvider _clock;
    private volatile bool _ended;

    /// <summary>Follows the token of a caller. The turns limit how many cancellations run at once.</summary>
    public PostgreSqlCancellation(
        PostgreSqlCircuitBreaker breaker,
        PostgreSqlCircuitBreaker.Call call,
        SemaphoreSlim turns,
        TimeProvider clock,
        CancellationToken caller)
    {
        (_breaker, _call, _turns, _clock) = (breaker, call, turns, clock);
        if (caller.CanBeCanceled)
        {
            _statement = new CancellationTokenSource();
            _registration = caller.UnsafeRegister(static state => _ = ((PostgreSqlCancellation)state!).GiveUpAsync(), this);
        }
    }

    /// <summary>The token for Npgsql.</summary>
    public CancellationToken Token => _statement?.Token ?? CancellationToken.None;

    /// <summary>The call has ended. A cancellation that is still to come is left out.</summary>
    public void Dispose()
    {
        // The source is not disposed: it has no timer, and a cancellation that runs already still looks at it.
        _ended = true;
        _registration.Dispose();
    }

    private async Task GiveUpAsync()
    {
        _breaker.Unanswered(_call);
        var rest = s_patience - _clock.GetElapsedTime(_call.Began);
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, _clock).ConfigureAwait(false);
        }

        await _turns.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_ended)
            {
                await Task.Factory.StartNew(
                    static state => ((CancellationTokenSource)state!).Cancel(),
                    _statement,
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                    TaskScheduler.Default).ConfigureAwait(false);
            }
        }
        finally
        {
            _turns.Release();
        }
    }
}
