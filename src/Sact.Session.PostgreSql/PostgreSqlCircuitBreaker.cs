using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Fails calls at once while the server is down. One probe at a time looks whether it is back. A call waits for the probe, but only for a
/// moment if the server hangs. Whatever the server answers, to a probe or to a call, ends the outage.
/// </summary>
internal sealed class PostgreSqlCircuitBreaker(
    Func<bool, CancellationToken, Task> probe, PostgreSqlFaults faults, ILogger logger, TimeProvider clock)
{
    // A call that is given up sooner proves nothing: its client may have gone away.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);

    // Enough to open a connection in most networks, and short enough that 200 calls at once fail within 100 milliseconds.
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    // A server that is back is seen within this time and the longest pause.
    private static readonly TimeSpan s_probeTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _answers;
    private volatile Outage? _outage;

    /// <summary>When a call began, and how many answers the server had given by then.</summary>
    public readonly record struct Call(long Began, long Answers);

    public Call Begin() => new(clock.GetTimestamp(), Interlocked.Read(ref _answers));

    /// <summary>Lets a call pass, unless the server is down.</summary>
    /// <exception cref="SessionStoreException">The server is down.</exception>
    public ValueTask EnterAsync(CancellationToken cancellationToken) =>
        _outage is { } outage ? new ValueTask(WaitAsync(outage, cancellationToken)) : default;

    /// <summary>The server has answered, be it with an error.</summary>
    public void Answered()
    {
        Interlocked.Increment(ref _answers);
        if (_outage is not null)
        {
            End();
        }
    }

    /// <summary>A call got no connection. If nobody has been answered since it began, the server is down.</summary>
    public void NotConnected(Call call, SessionStoreException cause)
    {
        if (Begin(call, cause, hangs: PostgreSqlFaults.IsTimeout(cause)) is { } outage)
        {
            Announce(outage);
        }
    }

    /// <summary>
    /// A call was given up without an answer. If it was a long wait and nobody has been answered since it began, the server is taken to
    /// be down.
    /// </summary>
    public void Unanswered(Call call)
    {
        var waited = clock.GetElapsedTime(call.Began);
        if (waited >= s_silence)
        {
            // It is announced when a probe has failed too, because the call may only have waited for a lock.
            Begin(call, faults.Silent(waited), hangs: true);
        }
    }

    private Outage? Begin(Call call, SessionStoreException cause, bool hangs)
    {
        lock (_lock)
        {
            if (_outage is null && Interlocked.Read(ref _answers) == call.Answers)
            {
                _outage = new Outage { Cause = cause, Began = call.Began, Hangs = hangs };
            }

            return _outage;
        }
    }

    private void End()
    {
        Outage? ended;
        lock (_lock)
        {
            (ended, _outage) = (_outage, null);
        }

        if (ended?.Announced == true)
        {
            PostgreSqlLog.Up(logger, faults.Address, clock.GetElapsedTime(ended.Began));
        }
    }

    private void Announce(Outage outage)
    {
        if (!Interlocked.Exchange(ref outage.Announced, true))
        {
            PostgreSqlLog.Down(logger, outage.Cause.Message);
        }
    }

    private async Task WaitAsync(Outage outage, CancellationToken cancellationToken)
    {
        await Probe(outage).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_outage is not null)
        {
            throw PostgreSqlFaults.Down(outage.Cause);
        }
    }

    /// <summary>Begins a probe if one is due.</summary>
    /// <returns>What a call waits for: the end of the probe, or a moment if the server hangs.</returns>
    private Task Probe(Outage outage)
    {
        lock (_lock)
        {
            if (outage.Probe.IsCompleted && clock.GetElapsedTime(outage.Probed) >= outage.Pause)
            {
                outage.Probe = Task.Run(() => ProbeAsync(outage));
                outage.Result = outage.Hangs ? Task.WhenAny(outage.Probe, Task.Delay(s_moment, clock)) : outage.Probe;
            }

            return outage.Result;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a probe throws, the server is not back.")]
    [SuppressMessage("Reliability", "CA2000", Justification = "It has no timer, and a probe that was given up may still look at it.")]
    private async Task ProbeAsync(Outage outage)
    {
        var limit = new CancellationTokenSource();
        var running = probe(outage.Hangs, limit.Token);
        try
        {
            await running.WaitAsync(s_probeTimeout, clock).ConfigureAwait(false);
            Answered();
        }
        catch (Exception fault)
        {
            // Not awaited: to cancel a statement of a server that hangs takes longer than the next probe may wait.
            _ = limit.CancelAsync();
            _ = running.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
            lock (_lock)
            {
                outage.Cause = fault as SessionStoreException ?? outage.Cause;
                outage.Hangs = PostgreSqlFaults.IsTimeout(fault);
                outage.Probed = clock.GetTimestamp();
                outage.Pause = NextPause(outage.Pause);
            }

            Announce(outage);
        }
    }

    private static TimeSpan NextPause(TimeSpan pause) =>
        pause < s_shortestPause ? s_shortestPause : pause * 2 < s_longestPause ? pause * 2 : s_longestPause;

    private sealed class Outage
    {
        public bool Announced;

        public required SessionStoreException Cause { get; set; }

        public required long Began { get; init; }

        public Task Probe { get; set; } = Task.CompletedTask;

        public Task Result { get; set; } = Task.CompletedTask;

        /// <summary>Whether the last attempt got no answer in time. Otherwise the server refuses, which takes no time.</summary>
        public required bool Hangs { get; set; }

        /// <summary>When the last probe ended.</summary>
        public long Probed { get; set; }

        /// <summary>How long to wait after the last probe before the next one. None before the first.</summary>
        public TimeSpan Pause { get; set; }
    }
}
