using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

public sealed class CleanupOfExpiredSessions
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task RunsOnEveryStoreThatNeedsIt()
    {
        var first = new CleanedStore();
        var second = new CleanedStore();
        await using var running = await RunningServices.StartAsync(services =>
        {
            services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => first);
            services.AddSactSession("admin", o =>
            {
                o.Cookie.Name = "__Host-admin";
                o.CleanupInterval = s_interval;
            }).UseStore(_ => second);
            services.AddSactSession("memory", o => o.Cookie.Name = "__Host-memory");
        });

        await running.Clock.NextWaitAsync();
        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);

        Assert.Equal(500, await first.NextAsync());
        Assert.Equal(500, await second.NextAsync());
    }

    [Fact]
    public async Task ContinuesWhileABatchFindsExpiredSessions()
    {
        var store = new CleanedStore { Answer = call => call <= 3 ? 500 : 0 };
        await using var running = await RunningServices.StartAsync(services =>
            services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => store));

        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);
        for (int batch = 0; batch < 4; batch++)
        {
            await store.NextAsync();
        }

        // The fourth batch found nothing, so the fifth belongs to the next round.
        await running.Clock.NextWaitAsync();
        Assert.Equal(4, store.Cleanups);
        running.Clock.Advance(s_interval * 1.25);
        await store.NextAsync();
    }

    /// <summary>A store may fill faster than one cleanup may empty it, so what is left must not wait for a whole interval.</summary>
    [Theory]
    [InlineData(480, 60)]
    [InlineData(20, 20)]
    public async Task ContinuesWithinAMinuteWhereItLeftSomething(int intervalSeconds, int soonSeconds)
    {
        var (interval, soon) = (TimeSpan.FromSeconds(intervalSeconds), TimeSpan.FromSeconds(soonSeconds));
        var store = new CleanedStore { Answer = call => call <= 210 ? 500 : 0 };
        await using var running = await RunningServices.StartAsync(services =>
            services.AddSactSession(o => o.CleanupInterval = interval).UseStore(_ => store));

        await running.Clock.NextWaitAsync();
        running.Clock.Advance(interval * 1.25);
        var next = await running.Clock.NextWaitAsync();
        Assert.Equal(200, store.Cleanups);
        Assert.InRange(next, soon * 0.75, soon * 1.25);

        running.Clock.Advance(next);
        Assert.InRange(await running.Clock.NextWaitAsync(), interval * 0.75, interval * 1.25);
        Assert.Equal(211, store.Cleanups);
    }

    [Fact]
    public async Task ContinuesAfterAStoreFailure()
    {
        var store = new CleanedStore { Answer = call => call == 1 ? throw new SessionStoreException("The store is down.") : 0 };
        await using var running = await RunningServices.StartAsync(services =>
            services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => store));

        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);
        await store.NextAsync();
        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);

        await store.NextAsync();
        Assert.Equal(2, store.Cleanups);
    }

    [Fact]
    public async Task IsOffWithoutAnInterval()
    {
        var store = new CleanedStore();
        await using var running = await RunningServices.StartAsync(services =>
            services.AddSactSession(o => o.CleanupInterval = null).UseStore(_ => store));

        await running.Cleanup.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, store.Cleanups);
    }

    [Fact]
    public async Task WaitsForTheIntervalPlusOrMinusAQuarter()
    {
        var waits = new List<TimeSpan>();
        for (int i = 0; i < 60; i++)
        {
            await using var running = await RunningServices.StartAsync(services =>
                services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => new CleanedStore()));
            waits.Add(await running.Clock.NextWaitAsync());
        }

        Assert.All(waits, wait => Assert.InRange(wait, s_interval * 0.75, s_interval * 1.25));
        Assert.True(waits.Distinct().Count() > 20, "Sixty nodes that start together also clean up together.");
    }

    [Fact]
    public async Task StopsWithTheHost()
    {
        var store = new CleanedStore { Hold = true };
        var running = await RunningServices.StartAsync(services =>
            services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => store));
        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);
        await store.NextAsync();

        // The host stops during a cleanup that would never end.
        await running.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        running.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, store.Cleanups);
    }

    /// <summary>The hosted services of an application, started and stopped as a host does.</summary>
    private sealed class RunningServices : IAsyncDisposable
    {
        private readonly TestApp _app;
        private readonly IHostedService[] _services;

        private RunningServices(TestApp app, WaitRecordingClock clock)
        {
            _app = app;
            Clock = clock;
            _services = [.. app.Services.GetServices<IHostedService>()];
        }

        public WaitRecordingClock Clock { get; }

        /// <summary>Completes when the cleanup service ends.</summary>
        public Task Cleanup => Assert.Single(_services.OfType<BackgroundService>()).ExecuteTask!;

        public static async Task<RunningServices> StartAsync(Action<IServiceCollection> register)
        {
            var clock = new WaitRecordingClock();
            var running = new RunningServices(
                new TestApp(services =>
                {
                    services.AddSingleton<TimeProvider>(clock);
                    services.AddLogging();
                    register(services);
                }),
                clock);
            foreach (var service in running._services)
            {
                await service.StartAsync(TestContext.Current.CancellationToken);
            }

            return running;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var service in _services)
            {
                await service.StopAsync(CancellationToken.None);
            }

            await _app.DisposeAsync();
        }
    }

    /// <summary>Records how long the library waits.</summary>
    private sealed class WaitRecordingClock : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _waits.Writer.TryWrite(dueTime);
            return timer;
        }

        /// <summary>The next wait that no test has read yet.</summary>
        public async Task<TimeSpan> NextWaitAsync() => await _waits.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>A store that counts its cleanups.</summary>
    private sealed class CleanedStore() : ApplicationStore(
        new GenericStoreOptions { Prefix = "cleaned-" + Guid.NewGuid().ToString("N") }), IExpiredSessionStore
    {
        private readonly Channel<int> _batches = Channel.CreateUnbounded<int>();
        private int _cleanups;

        public int Cleanups => Volatile.Read(ref _cleanups);

        public Func<int, long> Answer { get; init; } = static _ => 0;

        public bool Hold { get; init; }

        public async ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
        {
            int call = Interlocked.Increment(ref _cleanups);
            _batches.Writer.TryWrite(batch);
            if (Hold)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Answer(call);
        }

        /// <summary>Waits for the next cleanup and returns its batch size.</summary>
        public async Task<int> NextAsync() => await _batches.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }
}
