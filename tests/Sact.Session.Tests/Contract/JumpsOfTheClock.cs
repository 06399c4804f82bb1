using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>
/// The clock that decides about destruction lags behind a wall clock that has jumped forwards, until the process has run for a day more.
/// </summary>
public sealed class JumpsOfTheClock : IDisposable
{
    private static readonly TimeSpan s_day = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_instant = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _running = new(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly EventLog _log = new("clock");
    private readonly LoggerFactory _factory;
    private readonly JumpingClock _wall;
    private readonly DestructionClock _clock;

    public JumpsOfTheClock()
    {
        _factory = new LoggerFactory([_log]);
        _wall = new JumpingClock(_running);
        _clock = new DestructionClock(_wall, _factory.CreateLogger("clock"));
    }

    private TimeSpan Lag => _wall.GetUtcNow() - _clock.Now;

    public void Dispose()
    {
        _factory.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void AreBelievedAfterADay()
    {
        JumpAndLook(hours: 2);
        Assert.Equal(TimeSpan.FromHours(2), Lag);

        _running.Advance(s_day - s_instant);
        Assert.Equal(TimeSpan.FromHours(2), Lag);
        _running.Advance(s_instant);
        Assert.Equal(TimeSpan.Zero, Lag);
    }

    /// <summary>A machine that sleeps every night jumps every morning. The cleanup continues nevertheless.</summary>
    [Fact]
    public void AgeOneByOne()
    {
        JumpAndLook(hours: 1);
        _running.Advance(s_day / 2);
        JumpAndLook(hours: 2);
        Assert.Equal(TimeSpan.FromHours(3), Lag);

        _running.Advance(s_day / 2);
        Assert.Equal(TimeSpan.FromHours(2), Lag);
        _running.Advance(s_day / 2);
        AssertNothingIsLeft();
        Assert.Equal(3, _log.Events.Count(entry => entry.Id == 19));
    }

    [Fact]
    public void ThatAreCorrectedInPartAreBelievedForTheRest()
    {
        JumpAndLook(hours: 2);
        _running.Advance(TimeSpan.FromHours(1));

        JumpAndLook(hours: -1);
        Assert.Equal(TimeSpan.FromHours(1), Lag);

        // A day after the jump, and not after its correction.
        _running.Advance(s_day - TimeSpan.FromHours(1));
        AssertNothingIsLeft();
    }

    [Fact]
    public void ThatWereTheLastOnesAreCorrectedFirst()
    {
        JumpAndLook(hours: 1);
        _running.Advance(s_day / 2);
        JumpAndLook(hours: 2);

        JumpAndLook(hours: -2);
        Assert.Equal(TimeSpan.FromHours(1), Lag);

        _running.Advance(s_day / 2);
        AssertNothingIsLeft();
    }

    [Fact]
    public void ThatAreCorrectedAllAtOnceLeaveNothing()
    {
        JumpAndLook(hours: 1);
        JumpAndLook(hours: 2);

        JumpAndLook(hours: -3);
        Assert.Equal(TimeSpan.Zero, Lag);

        _running.Advance(s_day);
        AssertNothingIsLeft();
    }

    /// <summary>Each jump was believed by as much as it was: the clock is on time, and notices the next jump in full.</summary>
    private void AssertNothingIsLeft()
    {
        Assert.Equal(TimeSpan.Zero, Lag);
        JumpAndLook(hours: 0.5);
        Assert.Equal(TimeSpan.FromHours(0.5), Lag);
    }

    private void JumpAndLook(double hours)
    {
        _wall.Jump(TimeSpan.FromHours(hours));
        _ = _clock.Now;
    }
}
