using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>
/// Says when expired records may be destroyed by holding the wall clock against the running time: a clock that jumps forwards makes sessions look expired, and they
/// must live again when it is set right.
/// </summary>
internal sealed class DestructionClock(TimeProvider clock, ILogger logger)
{
    /// <summary>How long an operator has to set a clock right before its new time is believed; without an end, nothing would ever be destroyed again.</summary>
    public static readonly TimeSpan BelievedAfter = TimeSpan.FromHours(24);

    private readonly Lock _lock = new();
    private DateTimeOffset _base = clock.GetUtcNow();
    private long _baseTimestamp = clock.GetTimestamp();
    private long? _jumpedAt;
    private TimeSpan _jump;

    /// <summary>The time to judge destruction by; null while the clock is not to be trusted.</summary>
    public DateTimeOffset? Now
    {
        get
        {
            var wall = clock.GetUtcNow();
            lock (_lock)
            {
                var expected = _base + clock.GetElapsedTime(_baseTimestamp);
                var jump = wall - expected;
                if (jump.Duration() <= SessionRecord.SkewMargin)
                {
                    _jumpedAt = null;
                    return wall;
                }

                // Another jump begins the day anew.
                if (_jumpedAt is not { } since || (jump - _jump).Duration() > SessionRecord.SkewMargin)
                {
                    _jumpedAt = clock.GetTimestamp();
                    _jump = jump;
                    StoreLog.ClockJumped(logger);
                    return null;
                }

                if (clock.GetElapsedTime(since) < BelievedAfter)
                {
                    return null;
                }

                _base = wall;
                _baseTimestamp = clock.GetTimestamp();
                _jumpedAt = null;
                return wall;
            }
        }
    }
}
