namespace Sact.Session;

/// <summary>
/// How long a call may wait for a connection that is not there. A connection that breaks is often back within milliseconds, so that
/// calls wait for it, but only until the outage is a moment old. After that every call fails at once.
/// </summary>
/// <param name="time">The system's time, or a test's. Not the clock of the sessions, which may stand still.</param>
/// <param name="settled">
/// How long a connection must have lasted for its loss to be worth a wait. One that breaks again and again is not.
/// </param>
/// <param name="forgotten">After how long an outage that no call has met counts as over, because not every end has an event.</param>
internal sealed class RedisOutage(TimeProvider time, TimeSpan settled, TimeSpan forgotten)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _restored = New();
    private long? _restoredAt;
    private long _began;
    private long _met;
    private TimeSpan _patience;
    private bool _lasts;

    /// <summary>
    /// Notes that the connection is missing. Only the first call that meets an outage sets how long calls wait for its end.
    /// </summary>
    public void Meet(TimeSpan patience)
    {
        lock (_lock)
        {
            bool lasts = _lasts && time.GetElapsedTime(_met) < forgotten;
            _met = time.GetTimestamp();
            if (!lasts)
            {
                _lasts = true;
                _began = _met;
                _patience = _restoredAt is { } restored && time.GetElapsedTime(restored, _began) < settled ? TimeSpan.Zero : patience;
            }
        }
    }

    /// <summary>Notes that a connection is there again, and wakes the calls that wait for it.</summary>
    public void End()
    {
        lock (_lock)
        {
            _lasts = false;
            _restoredAt = time.GetTimestamp();
        }

        Wake();
    }

    /// <summary>Wakes the calls that wait, so that they look again. The outage may last.</summary>
    public void Wake()
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            waiting = _restored;
            _restored = New();
        }

        waiting.TrySetResult();
    }

    /// <summary>Whether a call may still wait.</summary>
    public bool IsYoung
    {
        get
        {
            lock (_lock)
            {
                return !_lasts || time.GetElapsedTime(_began) < _patience;
            }
        }
    }

    /// <summary>
    /// Waits until a connection is there again. The answer is false, at once, if the outage is too old to wait for its end.
    /// </summary>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        Task restored;
        TimeSpan left;
        long began;
        lock (_lock)
        {
            if (!_lasts)
            {
                return true;
            }

            restored = _restored.Task;
            began = _began;
            left = _patience - time.GetElapsedTime(_began);
        }

        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        try
        {
            await restored.WaitAsync(left, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // A timer may fire some milliseconds early, because it reads a coarser clock. No other call may wait for the rest.
            StopWaitingFor(began);
            return false;
        }
    }

    private void StopWaitingFor(long outage)
    {
        lock (_lock)
        {
            if (_began == outage)
            {
                _patience = TimeSpan.Zero;
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
