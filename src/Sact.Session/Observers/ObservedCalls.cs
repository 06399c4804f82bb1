using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The calls of one observer: each waits for one second at most, and many that hang do not pile up.</summary>
internal sealed class ObservedCalls(ISessionObserver observer, TimeProvider clock, ILogger log)
{
    private const int MostAtOnce = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private int _running;
    private int _overdue;
    private int _isDropping;

    public async Task NotifyAsync(SessionEvent happened, Func<ISessionObserver, SessionEvent, ValueTask> notify)
    {
        if (Interlocked.Increment(ref _running) > MostAtOnce)
        {
            Interlocked.Decrement(ref _running);
            if (Interlocked.Exchange(ref _isDropping, 1) == 0)
            {
                SessionLog.ObserverDropped(log, observer.GetType().Name, MostAtOnce);
            }

            return;
        }

        // On another thread, because an observer may also hang without awaiting anything.
        var call = Task.Run(() => RunAsync(happened, notify));
        if (Volatile.Read(ref _overdue) > 0)
        {
            return;
        }

        try
        {
            await call.WaitAsync(s_patience, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Interlocked.Increment(ref _overdue);
            _ = call.ContinueWith(
                _ => Interlocked.Decrement(ref _overdue),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            SessionLog.ObserverSlow(log, observer.GetType().Name, s_patience);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An observer must not stop anything.")]
    private async Task RunAsync(SessionEvent happened, Func<ISessionObserver, SessionEvent, ValueTask> notify)
    {
        try
        {
            await notify(observer, happened).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            SessionLog.ObserverFailed(log, observer.GetType().Name, fault);
        }
        finally
        {
            if (Interlocked.Decrement(ref _running) == 0)
            {
                Volatile.Write(ref _isDropping, 0);
            }
        }
    }
}
