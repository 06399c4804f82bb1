using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores;

/// <summary>
/// The clock that decides whether expired records may be destroyed. It compares the wall clock with the running time of the process:
/// a wall clock that jumps forwards makes live sessions look expired, and they must be live again once it is corrected.
/// </summary>
internal sealed class DestructionClock(TimeProvider clock, ILogger logger)
{
    /// <summary>
    /// How long a new wall-clock time must last before it is believed. Without this limit nothing would ever be destroyed again after a
    /// jump that nobody corrects.
    /// </summary>
    public static readonly TimeSpan BelievedAfter = TimeSpan.FromHours(24);

    private readonly Lock _lock = new();
    private DateTimeOffset _base = clock.GetUtcNow();
    private long _baseTimestamp = clock.GetTimestamp();
    private long? _jumpedAt;
    private TimeSpan _jump;

    /// <summary>The time that decides about destruction; null while the wall clock is not believed.</summary>
    public DateTimeOffset? Now
    {
        get
        {
            var wall = clock.GetUtcNow();
            lock (_lock)
            {
                var jump = wall - (_base + clock.GetElapsedTime(_baseTimestamp));
                if (jump.Duration() <= SessionRecord.SkewMargin)
                {
                    _jumpedAt = null;
                    return wall;
                }

                // Another jump starts the 24 hours again.
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
