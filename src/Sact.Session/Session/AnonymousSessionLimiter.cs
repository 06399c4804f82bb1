namespace Sact.Session;

/// <summary>
/// Limits how many anonymous sessions one registration begins on this node. Any client can begin one without a password, and a store
/// outside of the process has no budget of its own that keeps room for users.
/// </summary>
/// <remarks>A token bucket by the running time, so that a clock that is set forwards fills nothing.</remarks>
internal sealed class AnonymousSessionLimiter(int? perMinute, TimeProvider clock, SessionTelemetry telemetry)
{
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private double _available = perMinute ?? 0;
    private long _filledAt = clock.GetTimestamp();
    private long? _reportedAt;

    /// <summary>Takes the place of one session.</summary>
    /// <exception cref="AnonymousSessionLimitException">No place is left.</exception>
    public void TakeOrThrow()
    {
        if (perMinute is not { } limit)
        {
            return;
        }

        bool reports;
        lock (_lock)
        {
            long now = clock.GetTimestamp();
            double filled = _available + (clock.GetElapsedTime(_filledAt, now).TotalMinutes * limit);
            (_available, _filledAt) = (Math.Min(limit, filled), now);
            if (_available >= 1)
            {
                _available--;
                return;
            }

            // A flood must not fill the log as well.
            reports = _reportedAt is not { } before || clock.GetElapsedTime(before, now) >= s_reportInterval;
            _reportedAt = reports ? now : _reportedAt;
        }

        telemetry.AnonymousRefused(limit, reports);
        throw new AnonymousSessionLimitException();
    }
}
