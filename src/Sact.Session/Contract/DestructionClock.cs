using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>
/// The clock that decides whether expired records may be destroyed. It compares the wall clock with the running time of the process:
/// a wall clock that jumps forwards makes live sessions look expired, and they must be live again once it is corrected.
/// </summary>
/// <remarks>
/// A jump forwards does not count until the process has run for a day after it. A machine that sleeps every night jumps every morning,
/// so the jumps age one by one: this clock lags behind by those of the last day, and the cleanup continues.
/// </remarks>
internal sealed class DestructionClock(TimeProvider clock, ILogger logger)
{
    /// <summary>How long the process must have run after a jump of the wall clock before the jump is believed.</summary>
    public static readonly TimeSpan BelievedAfter = TimeSpan.FromHours(24);

    private readonly Lock _lock = new();
    private readonly long _baseTimestamp = clock.GetTimestamp();

    // The jumps of the last day, the oldest first.
    private readonly List<(long At, TimeSpan By)> _jumps = [];
    private DateTimeOffset _base = clock.GetUtcNow();
    private bool _isBehind;

    /// <summary>The time that decides about destruction. It is never ahead of the wall clock.</summary>
    public DateTimeOffset Now
    {
        get
        {
            var wall = clock.GetUtcNow();
            long timestamp = clock.GetTimestamp();
            lock (_lock)
            {
                BelieveOldJumps(timestamp);
                var running = _base + clock.GetElapsedTime(_baseTimestamp, timestamp);
                Note(wall - running, timestamp);
                return _jumps.Count == 0 || wall < running ? wall : running;
            }
        }
    }

    private void BelieveOldJumps(long timestamp)
    {
        while (_jumps.Count > 0 && clock.GetElapsedTime(_jumps[0].At, timestamp) >= BelievedAfter)
        {
            _base += _jumps[0].By;
            _jumps.RemoveAt(0);
        }
    }

    /// <summary>Notes how far the wall clock is ahead of the running time, and logs a new jump once.</summary>
    private void Note(TimeSpan ahead, long timestamp)
    {
        var known = _jumps.Aggregate(TimeSpan.Zero, static (sum, jump) => sum + jump.By);
        bool isNewJump = ahead > known + SessionRecord.SkewMargin;
        if (isNewJump)
        {
            _jumps.Add((timestamp, ahead - known));
        }

        // The clock was set back, at least in part. What jumped last is corrected first.
        while (_jumps.Count > 0 && known > ahead + SessionRecord.SkewMargin)
        {
            var (at, by) = _jumps[^1];
            _jumps.RemoveAt(_jumps.Count - 1);
            known -= by;
            if (known < ahead - SessionRecord.SkewMargin)
            {
                _jumps.Add((at, ahead - known));
                break;
            }
        }

        bool isBehind = ahead < -SessionRecord.SkewMargin;
        if (isNewJump || (isBehind && !_isBehind))
        {
            StoreLog.ClockJumped(logger);
        }

        _isBehind = isBehind;
    }
}
