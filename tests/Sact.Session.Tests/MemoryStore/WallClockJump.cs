using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>
/// The wall clock jumps while the running time continues: by an operator's mistake, a restored virtual machine or a faulty time server.
/// </summary>
public sealed class WallClockJump : IDisposable
{
    private static readonly TimeSpan s_month = TimeSpan.FromDays(30);

    private readonly TwoClocks _clock = new();
    private readonly SessionHost _host;

    // A session lives for two days, so what a test destroys within a day has expired by the jump alone.
    public WallClockJump() => _host = new SessionHost(
        options =>
        {
            options.TimeProvider = _clock;
            (options.IdleTimeout, options.FirstUseTimeout) = (TimeSpan.FromDays(2), TimeSpan.FromDays(2));
        },
        store => store.TimeProvider = _clock);

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
    [Trait("abuse", "K16")]
    public async Task EveryNightOfAMachineThatSleepsStillCleansUp()
    {
        long destroyed = 0;
        for (int day = 0; day < 10; day++)
        {
            // By day the machine runs for ten hours, with a sign-in and a cleanup each hour. At night it sleeps.
            for (int hour = 0; hour < 10; hour++)
            {
                await _host.SignInAsync();
                _clock.Pass(TimeSpan.FromHours(1));
                destroyed += await _host.Memory.DeleteExpiredAsync(1_000);
            }

            _clock.Jump(TimeSpan.FromHours(14));
        }

        // The cleanup lags behind by the nights of the last 24 hours of running time, which are at most three.
        Assert.InRange(destroyed, 30, 99);
    }

    [Fact]
    [Trait("abuse", "K16")]
    [Trait("abuse", "G2")]
    public async Task ToAWrongTimeAfterManyNightsDestroysNoLiveSession()
    {
        for (int day = 0; day < 5; day++)
        {
            _clock.Pass(TimeSpan.FromHours(10));
            await _host.Memory.DeleteExpiredAsync(1_000);
            _clock.Jump(TimeSpan.FromHours(14));
        }

        string id = await _host.SignInAsync();
        _clock.Jump(s_month);
        Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));
        _clock.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(0, await _host.Memory.DeleteExpiredAsync(1_000));

        _clock.Jump(-s_month);

        Assert.Equal("alice", await _host.WhoAsync(id));
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
