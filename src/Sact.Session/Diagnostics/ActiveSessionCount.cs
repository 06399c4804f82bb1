using System.Diagnostics.CodeAnalysis;

namespace Sact.Session;

/// <summary>
/// The number of sessions in a store, counted in the background when somebody wants to know it, and at most once per interval. A count
/// may read every key of a server, so nobody waits for one.
/// </summary>
internal sealed class ActiveSessionCount(IGenericStore store, TimeProvider clock, TimeSpan? interval, SessionTelemetry telemetry)
    : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private long? _begunAt;
    private long? _value;
    private bool _isDisposed;

    /// <summary>Completes when no count runs.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// The latest count; null before the first one, after one that failed, and while one hangs for an interval. It begins the next count
    /// if that is due. Whoever collects seldom receives an old count, because a count begins when somebody collects.
    /// </summary>
    public long? Value
    {
        get
        {
            if (interval is not { } every)
            {
                return null;
            }

            lock (_lock)
            {
                if (!_isDisposed && Running.IsCompleted && (_begunAt is not { } begun || clock.GetElapsedTime(begun) >= every))
                {
                    _begunAt = clock.GetTimestamp();

                    // Without the trace of whoever collects the meter.
                    using var _ = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
                    Running = Task.Run(() => CountAsync(every), CancellationToken.None);
                }

                return Running.IsCompleted || clock.GetElapsedTime(_begunAt!.Value) < every ? _value : null;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _stop.Cancel();
        _stop.Dispose();
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A store that is down now may be up at the next count, and the application continues.")]
    private async Task CountAsync(TimeSpan limit)
    {
        long? counted = null;
        try
        {
            using var timeout = new CancellationTokenSource(limit, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
            counted = await StoreCall.ObserveAsync(
                store,
                telemetry.Metrics,
                clock,
                StoreOperation.Count,
                (store, either.Token),
                static about => about.store.CountActiveSessionsAsync(about.Token)).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            if (!_isDisposed)
            {
                telemetry.StoreFault(StoreOperation.Count, fault);
            }
        }

        lock (_lock)
        {
            _value = counted;
        }
    }
}
