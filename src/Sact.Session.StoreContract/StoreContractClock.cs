namespace Sact.Session.StoreContract;

/// <summary>A clock that only a case moves. Many threads can read it while it is moved.</summary>
/// <remarks>Its timers are the system's, so that a store's own time-outs work. No case waits for one.</remarks>
public sealed class StoreContractClock : TimeProvider
{
    private long _utcTicks;
    private long _timestamp;

    /// <summary>Sets the clock.</summary>
    /// <param name="start">The first time that it shows.</param>
    public StoreContractClock(DateTimeOffset start) => _utcTicks = start.UtcTicks;

    /// <summary>
    /// The default first time of a clock. Its milliseconds are no multiple of ten, which reveals a store that keeps only seconds.
    /// </summary>
    public static DateTimeOffset DefaultStart { get; } = new(2026, 2, 28, 23, 59, 17, 123, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _utcTicks), TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => Interlocked.Read(ref _timestamp);

    /// <summary>Lets time pass: the wall clock and the timestamp move together.</summary>
    /// <param name="time">How much time passes; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative. Use <see cref="Jump"/> for that.</exception>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Interlocked.Add(ref _timestamp, time.Ticks);
        Interlocked.Add(ref _utcTicks, time.Ticks);
    }

    /// <summary>Moves the wall clock alone, as a wrong or a corrected system clock does.</summary>
    /// <param name="time">How far; negative for back.</param>
    public void Jump(TimeSpan time) => Interlocked.Add(ref _utcTicks, time.Ticks);
}
