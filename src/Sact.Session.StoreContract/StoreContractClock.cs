namespace Sact.Session.StoreContract;

/// <summary>A clock that stands still until it is moved. Safe to read from many threads while it is moved.</summary>
/// <remarks>Its timers are the system's, so that a store's own time-outs work; no case waits for one.</remarks>
public sealed class StoreContractClock : TimeProvider
{
    private long _utcTicks;
    private long _timestamp;

    /// <summary>Sets the clock.</summary>
    /// <param name="start">What it shows first.</param>
    public StoreContractClock(DateTimeOffset start) => _utcTicks = start.UtcTicks;

    /// <summary>What a clock shows first unless told otherwise: an instant with an odd millisecond, so that a store which keeps seconds is found out.</summary>
    public static DateTimeOffset DefaultStart { get; } = new(2026, 2, 28, 23, 59, 17, 123, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _utcTicks), TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => Interlocked.Read(ref _timestamp);

    /// <summary>Lets time pass: the wall clock and the timestamp move together.</summary>
    /// <param name="time">How much; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative; use <see cref="Jump"/>.</exception>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Interlocked.Add(ref _timestamp, time.Ticks);
        Interlocked.Add(ref _utcTicks, time.Ticks);
    }

    /// <summary>Sets the wall clock forwards or back while no time passes: what a wrong or a corrected system clock does.</summary>
    /// <param name="time">How far; negative for back.</param>
    public void Jump(TimeSpan time) => Interlocked.Add(ref _utcTicks, time.Ticks);
}
