namespace Sact.Session.Stores.Tests;

/// <summary>The wait of calls for the end of an outage, by a time whose timers fire early, as those of a real system may.</summary>
public sealed class RedisOutageThatIsWaitedFor
{
    [Fact]
    [Trait("abuse", "K24")]
    public async Task IsWaitedForByNoCallAfterOneHasGivenUpEarly()
    {
        var time = new EarlyTimers();
        var outage = new RedisOutage(time, TimeSpan.FromSeconds(5), RedisConnector.Forgotten);
        outage.Meet(TimeSpan.FromSeconds(1));
        var first = outage.WaitAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(first.IsCompleted);
        time.Elapsed = TimeSpan.FromMilliseconds(996);
        time.Fire();

        Assert.False(await first);

        outage.Meet(TimeSpan.FromSeconds(1));
        var later = outage.WaitAsync(TestContext.Current.CancellationToken);
        Assert.True(later.IsCompleted, "A later call waited for the rest of the second.");
        Assert.False(await later);
    }

    [Fact]
    [Trait("abuse", "K24")]
    public async Task IsWaitedForAnewAfterAConnectionThatLasted()
    {
        var time = new EarlyTimers();
        var outage = new RedisOutage(time, TimeSpan.FromSeconds(5), RedisConnector.Forgotten);
        outage.Meet(TimeSpan.FromSeconds(1));
        var first = outage.WaitAsync(TestContext.Current.CancellationToken).AsTask();
        time.Elapsed = TimeSpan.FromMilliseconds(996);
        time.Fire();
        Assert.False(await first);
        outage.End();
        time.Elapsed = TimeSpan.FromSeconds(10);

        outage.Meet(TimeSpan.FromSeconds(1));
        var next = outage.WaitAsync(TestContext.Current.CancellationToken).AsTask();

        Assert.False(next.IsCompleted);
        outage.End();
        Assert.True(await next);
    }

    /// <summary>A time that the test sets, whose timers fire when the test says so.</summary>
    private sealed class EarlyTimers : TimeProvider
    {
        private Action? _fire;

        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;

        public void Fire() => _fire!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new NoTimer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
