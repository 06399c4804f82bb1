using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>Sessions that have expired in the memory store, and when it destroys them.</summary>
public sealed class ExpiredSessionsInMemory
{
    private static readonly TimeSpan s_idle = TimeSpan.FromHours(1);

    [Fact]
    public async Task AreDestroyedAFewAtATimeByCreations()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        for (int i = 0; i < 400; i++)
        {
            await host.SignInAsync($"old {i:000}");
        }

        long bytes = host.Memory.SizeInBytes;
        host.Clock.Advance(s_idle + SessionRecord.SkewMargin);

        // Each creation checks four sessions, so a full round takes at most a quarter as many creations as there are sessions.
        for (int i = 0; i < 150; i++)
        {
            await host.SignInAsync($"new {i:000}");
        }

        Assert.Equal(bytes / 400 * 150, host.Memory.SizeInBytes);
        Assert.Equal(150, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "G1")]
    public async Task AreDestroyedTheSkewMarginAfterTheirDeadlineAndNotBefore()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        for (int i = 0; i < 25; i++)
        {
            await host.SignInAsync($"user {i}");
        }

        host.Clock.Advance(s_idle + SessionRecord.SkewMargin - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await host.Memory.DeleteExpiredAsync(1_000));
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        long destroyed = 0;
        for (int i = 0; i < 4; i++)
        {
            long now = await host.Memory.DeleteExpiredAsync(10);
            Assert.InRange(now, 0, 10);
            destroyed += now;
        }

        Assert.Equal((25, 0), (destroyed, host.Memory.SizeInBytes));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("batch", () => host.Memory.DeleteExpiredAsync(0).AsTask());
    }

    [Fact]
    [Trait("abuse", "G4")]
    public async Task AreAbsentFromEveryMethodBeforeTheirCleanup()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        string id = await host.SignInAsync();
        var key = host.Memory.GetSessionKey(id);
        var record = (await host.Memory.GetAsync(key))!;
        host.Clock.Advance(s_idle);

        Assert.Null(await host.Memory.GetAsync(key));
        Assert.Equal(
            SessionUpdateStatus.Gone,
            (await host.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(host.Clock.GetUtcNow()) })).Status);
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
        Assert.Empty(await List(host.Memory, "alice"));
        Assert.True(host.Memory.SizeInBytes > 0);
        Assert.False(await host.Memory.DeleteAsync(record));

        // Ending it still removes it.
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    [Fact]
    public async Task AreReplacedByANewSessionUnderTheSameKey()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        string id = await host.SignInAsync("alice");
        host.Store.MakeId = _ => id;
        host.Clock.Advance(s_idle);

        var exchange = host.Request();
        await exchange.Session.SetAsync("bob");

        Assert.Equal("bob", await host.WhoAsync(exchange.SentId));
        Assert.Empty(await List(host.Memory, "alice"));
        await host.Request(exchange.SentId).Session.DeleteAsync();
        Assert.Equal(0, host.Memory.SizeInBytes);
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

/// <summary>
/// The wall clock jumps while the running time continues: by an operator's mistake, a restored virtual machine or a faulty time server.
/// </summary>
public sealed class WallClockJump : IDisposable
{
    private static readonly TimeSpan s_month = TimeSpan.FromDays(30);

    private readonly TwoClocks _clock = new();
    private readonly SessionHost _host;

    public WallClockJump() => _host = new SessionHost(options => options.TimeProvider = _clock, store => store.TimeProvider = _clock);

    public void Dispose() => ((IDisposable)_host).Dispose();

    private int JumpsLogged => _host.Events.Count(logged => logged.Id.Id == 19 && logged.Level == LogLevel.Warning);

    [Fact]
    [Trait("abuse", "G2")]
    public async Task RefusesSessionsButDestroysNoneUntilItIsCorrected()
    {
        string alice = await _host.SignInAsync();
        long bytes = _host.Memory.SizeInBytes;
        _clock.Jump(s_month);

        Assert.Null(await _host.WhoAsync(alice));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));
            await _host.Request(await _host.SignInAsync("bob")).Session.DeleteAsync();
        }

        Assert.Equal((bytes, 1), (_host.Memory.SizeInBytes, JumpsLogged));

        _clock.Jump(-s_month);
        Assert.Equal("alice", await _host.WhoAsync(alice));
        Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(1, JumpsLogged);

        // The next jump logs another event.
        _clock.Jump(s_month);
        Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(2, JumpsLogged);
    }

    [Fact]
    [Trait("abuse", "G2")]
    public async Task IsTrustedAfterADaySoThatCleanupResumes()
    {
        await _host.SignInAsync();
        _clock.Jump(s_month);
        Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));

        _clock.Pass(TimeSpan.FromHours(24) - TimeSpan.FromTicks(1));
        Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));
        _clock.Pass(TimeSpan.FromTicks(1));
        Assert.Equal(1, await _host.Memory.DeleteExpiredAsync(1_000));

        Assert.Equal((0, 1), (_host.Memory.SizeInBytes, JumpsLogged));
    }

    [Fact]
    [Trait("abuse", "G7")]
    public async Task BackwardsRevivesNothingThatWasEnded()
    {
        string id = await _host.SignInAsync();
        await _host.Request(id).Session.DeleteAsync();
        string expired = await _host.SignInAsync();
        var record = (await _host.Memory.GetAsync(_host.Memory.GetSessionKey(expired)))!;
        _clock.Pass(s_month);
        await _host.Memory.DeleteAsync(record);

        _clock.Jump(-s_month);

        Assert.Null(await _host.WhoAsync(id));
        Assert.Null(await _host.WhoAsync(expired));
        Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(1, JumpsLogged);
    }

    [Fact]
    public async Task WithinTheSkewMarginLogsNothing()
    {
        await _host.SignInAsync();
        _clock.Jump(SessionRecord.SkewMargin);
        _clock.Pass(s_month);

        Assert.Equal(1, await _host.Memory.DeleteExpiredAsync(1_000));
        Assert.Equal(0, JumpsLogged);
    }

    /// <summary>A wall clock that can differ from the running time.</summary>
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
