using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>A machine's clock that somebody sets: the wall clock jumps, the running time does not. And a place to stand at whenever somebody looks at it.</summary>
public sealed class JumpyClock(FakeTimeProvider inner) : TimeProvider
{
    private long _offset;

    /// <summary>Runs once, after the next look has its answer and before whoever looked goes on.</summary>
    public Action? AfterNextLook { get; set; }

    public override long TimestampFrequency => inner.TimestampFrequency;

    public void Jump(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);

    public override DateTimeOffset GetUtcNow()
    {
        var now = inner.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));
        if (AfterNextLook is { } then)
        {
            AfterNextLook = null;
            then();
        }

        return now;
    }

    public override long GetTimestamp() => inner.GetTimestamp();
}
