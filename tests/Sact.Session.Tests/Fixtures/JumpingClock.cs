using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>
/// A clock that can be set: the wall clock jumps, the running time does not. A test can also act between a read of the clock and what
/// follows it.
/// </summary>
public sealed class JumpingClock(FakeTimeProvider inner) : TimeProvider
{
    private long _offset;

    /// <summary>Runs once, after the next read of the clock and before its caller continues.</summary>
    public Action? AfterNextRead { get; set; }

    public override long TimestampFrequency => inner.TimestampFrequency;

    public void Jump(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);

    public override DateTimeOffset GetUtcNow()
    {
        var now = inner.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));
        if (AfterNextRead is { } then)
        {
            AfterNextRead = null;
            then();
        }

        return now;
    }

    public override long GetTimestamp() => inner.GetTimestamp();
}
