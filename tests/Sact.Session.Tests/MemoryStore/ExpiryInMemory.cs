using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>Sessions that have expired in the memory store: who destroys them, and when.</summary>
public sealed class ExpiryInMemory
{
    private static readonly TimeSpan s_idle = TimeSpan.FromHours(1);

    [Fact]
    public async Task CreatingOthersDestroysThemAFewAtATime()
    {
        var bed = new Bed(options => options.FirstUseTimeout = s_idle);
        for (int i = 0; i < 400; i++)
        {
            await bed.SignInAsync($"old {i:000}");
        }

        long bytes = bed.Memory.SizeInBytes;
        bed.Clock.Advance(s_idle + SessionRecord.SkewMargin);

        // Four with each: a full round takes at most a quarter of all there are, the new ones among them.
        for (int i = 0; i < 150; i++)
        {
            await bed.SignInAsync($"new {i:000}");
        }

        Assert.Equal(bytes / 400 * 150, bed.Memory.SizeInBytes);
        Assert.Equal(150, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "G1")]
    public async Task TheyAreDestroyedTheSkewMarginAfterTheirDeadlineAndNotBefore()
    {
        var bed = new Bed(options => options.FirstUseTimeout = s_idle);
        for (int i = 0; i < 25; i++)
        {
            await bed.SignInAsync($"user {i}");
        }

        bed.Clock.Advance(s_idle + SessionRecord.SkewMargin - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await bed.Memory.DeleteExpiredAsync(1_000));
        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        long destroyed = 0;
        for (int i = 0; i < 4; i++)
        {
            long now = await bed.Memory.DeleteExpiredAsync(10);
            Assert.InRange(now, 0, 10);
            destroyed += now;
        }

        Assert.Equal((25, 0), (destroyed, bed.Memory.SizeInBytes));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("batch", () => bed.Memory.DeleteExpiredAsync(0).AsTask());
    }

    [Fact]
    [Trait("abuse", "G4")]
    public async Task ExpiredAndNotSweptTheyAreAbsentToEveryVerb()
    {
        var bed = new Bed(options => options.FirstUseTimeout = s_idle);
        string id = await bed.SignInAsync();
        var key = bed.Memory.GetSessionKey(id);
        var record = (await bed.Memory.GetAsync(key))!;
        bed.Clock.Advance(s_idle);

        Assert.Null(await bed.Memory.GetAsync(key));
        Assert.Equal(SessionUpdateStatus.Gone, (await bed.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(bed.Clock.GetUtcNow()) })).Status);
        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync());
        Assert.Empty(await List(bed.Memory, "alice"));
        Assert.True(bed.Memory.SizeInBytes > 0);
        Assert.False(await bed.Memory.DeleteAsync(record));

        // Ending removes it all the same.
        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    [Fact]
    public async Task AnExpiredOneGivesWayToANewOneUnderItsKey()
    {
        var bed = new Bed(options => options.FirstUseTimeout = s_idle);
        string id = await bed.SignInAsync("alice");
        bed.Store.MakeId = _ => id;
        bed.Clock.Advance(s_idle);

        var exchange = bed.Request();
        await exchange.Session.SetAsync("bob");

        Assert.Equal("bob", await bed.WhoAsync(exchange.SentId));
        Assert.Empty(await List(bed.Memory, "alice"));
        await bed.Request(exchange.SentId).Session.DeleteAsync();
        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    internal static async Task<List<SessionRecord>> List(MemoryStore store, string userId)
    {
        var records = new List<SessionRecord>();
        await foreach (var record in store.GetActiveSessionsAsync(userId))
        {
            records.Add(record);
        }

        return records;
    }
}

/// <summary>The wall clock jumps while the running time goes on: an operator's mistake, a restored virtual machine, a time server gone wrong.</summary>
public sealed class AWallClockThatJumps : IDisposable
{
    private static readonly TimeSpan s_month = TimeSpan.FromDays(30);

    private readonly TwoClocks _clock = new();
    private readonly Bed _bed;

    public AWallClockThatJumps() => _bed = new Bed(options => options.TimeProvider = _clock, store => store.TimeProvider = _clock);

    public void Dispose() => ((IDisposable)_bed).Dispose();

    private int Told => _bed.Events.Count(told => told.Id.Id == 19 && told.Level == LogLevel.Warning);

    [Fact]
    [Trait("abuse", "G2")]
    public async Task RefusesSessionsDestroysNoneAndTheyLiveAgainWhenItIsSetRight()
    {
        string alice = await _bed.SignInAsync();
        long bytes = _bed.Memory.SizeInBytes;
        _clock.Jump(s_month);

        Assert.Null(await _bed.WhoAsync(alice));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(0, await _bed.Memory.DeleteExpiredAsync(1_000));
            await _bed.Request(await _bed.SignInAsync("bob")).Session.DeleteAsync();
        }

        Assert.Equal((bytes, 1), (_bed.Memory.SizeInBytes, Told));

        _clock.Jump(-s_month);
        Assert.Equal("alice", await _bed.WhoAsync(alice));
        Assert.Equal(0, await _bed.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(1, Told);

        // The next jump is another event.
        _clock.Jump(s_month);
        Assert.Equal(0, await _bed.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(2, Told);
    }

    [Fact]
    [Trait("abuse", "G2")]
    public async Task IsBelievedAfterADayBecauseOtherwiseNothingWouldEverBeDestroyedAgain()
    {
        await _bed.SignInAsync();
        _clock.Jump(s_month);
        Assert.Equal(0, await _bed.Memory.DeleteExpiredAsync(1_000));

        _clock.Pass(TimeSpan.FromHours(24) - TimeSpan.FromTicks(1));
        Assert.Equal(0, await _bed.Memory.DeleteExpiredAsync(1_000));
        _clock.Pass(TimeSpan.FromTicks(1));
        Assert.Equal(1, await _bed.Memory.DeleteExpiredAsync(1_000));

        Assert.Equal((0, 1), (_bed.Memory.SizeInBytes, Told));
    }

    [Fact]
    [Trait("abuse", "G7")]
    public async Task BackwardsRevivesNothingThatWasEnded()
    {
        string id = await _bed.SignInAsync();
        await _bed.Request(id).Session.DeleteAsync();
        string expired = await _bed.SignInAsync();
        var record = (await _bed.Memory.GetAsync(_bed.Memory.GetSessionKey(expired)))!;
        _clock.Pass(s_month);
        await _bed.Memory.DeleteAsync(record);

        _clock.Jump(-s_month);

        Assert.Null(await _bed.WhoAsync(id));
        Assert.Null(await _bed.WhoAsync(expired));
        Assert.Equal(0, await _bed.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(1, Told);
    }

    [Fact]
    public async Task ByLessThanTheMarginIsNoEvent()
    {
        await _bed.SignInAsync();
        _clock.Jump(SessionRecord.SkewMargin);
        _clock.Pass(s_month);

        Assert.Equal(1, await _bed.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(0, Told);
    }

    /// <summary>A wall clock and a running time that can part.</summary>
    private sealed class TwoClocks : TimeProvider
    {
        private DateTimeOffset _wall = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        private long _running;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _wall;

        public override long GetTimestamp() => _running;

        public void Jump(TimeSpan by) => _wall += by;

        public void Pass(TimeSpan time)
        {
            _wall += time;
            _running += time.Ticks;
        }
    }
}
