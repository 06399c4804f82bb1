namespace Sact.Session.SecondProcess;

/// <summary>A clock that shows what the first process says.</summary>
internal sealed class SetClock : TimeProvider
{
    private long _utcTicks;
    private long _timestamp;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _utcTicks), TimeSpan.Zero);

    public override long GetTimestamp() => Interlocked.Read(ref _timestamp);

    public void Set(DateTimeOffset now, long timestamp)
    {
        Interlocked.Exchange(ref _utcTicks, now.UtcTicks);
        Interlocked.Exchange(ref _timestamp, timestamp);
    }
}
