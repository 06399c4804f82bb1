using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests.Hosting;

public sealed class Sweeper
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task SweepsEveryStoreThatNeedsIt()
    {
        var first = new SweptStore();
        var second = new SweptStore();
        await using var running = await Running.StartAsync(services =>
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
    public async Task GoesOnWhileABatchFindsSomething()
    {
        var store = new SweptStore { Answer = call => call <= 3 ? 500 : 0 };
        await using var running = await Running.StartAsync(services => services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => store));

        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);
        for (int batch = 0; batch < 4; batch++)
        {
            await store.NextAsync();
        }

        // The fourth found nothing, so that the fifth belongs to the next round.
        await running.Clock.NextWaitAsync();
        Assert.Equal(4, store.Sweeps);
        running.Clock.Advance(s_interval * 1.25);
        await store.NextAsync();
    }

    [Fact]
    public async Task GoesOnAfterAFault()
    {
        var store = new SweptStore { Answer = call => call == 1 ? throw new SessionStoreException("The store is down.") : 0 };
        await using var running = await Running.StartAsync(services => services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => store));

        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);
        await store.NextAsync();
        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);

        await store.NextAsync();
        Assert.Equal(2, store.Sweeps);
    }

    [Fact]
    public async Task IsOffWithoutAnInterval()
    {
        var store = new SweptStore();
        await using var running = await Running.StartAsync(services => services.AddSactSession(o => o.CleanupInterval = null).UseStore(_ => store));

        await running.Sweeping.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, store.Sweeps);
    }

    [Fact]
    public async Task WaitsForTheIntervalGiveOrTakeAQuarter()
    {
        var waits = new List<TimeSpan>();
        for (int i = 0; i < 60; i++)
        {
            await using var running = await Running.StartAsync(services => services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => new SweptStore()));
            waits.Add(await running.Clock.NextWaitAsync());
        }

        Assert.All(waits, wait => Assert.InRange(wait, s_interval * 0.75, s_interval * 1.25));
        Assert.True(waits.Distinct().Count() > 20, "Sixty nodes that start together sweep together.");
    }

    [Fact]
    public async Task StopsWithTheHost()
    {
        var store = new SweptStore { Hold = true };
        var running = await Running.StartAsync(services => services.AddSactSession(o => o.CleanupInterval = s_interval).UseStore(_ => store));
        await running.Clock.NextWaitAsync();
        running.Clock.Advance(s_interval * 1.25);
        await store.NextAsync();

        // In the middle of a sweep that would never end.
        await running.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        running.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, store.Sweeps);
    }

    /// <summary>The hosted services of an application, started and stopped as a host does.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly App _app;
        private readonly IHostedService[] _services;

        private Running(App app, WatchedClock clock)
        {
            _app = app;
            Clock = clock;
            _services = [.. app.Services.GetServices<IHostedService>()];
        }

        public WatchedClock Clock { get; }

        /// <summary>Ends with the sweeping.</summary>
        public Task Sweeping => Assert.Single(_services.OfType<BackgroundService>()).ExecuteTask!;

        public static async Task<Running> StartAsync(Action<IServiceCollection> register)
        {
            var clock = new WatchedClock();
            var running = new Running(
                new App(services =>
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

    /// <summary>Tells for how long somebody waits by it.</summary>
    private sealed class WatchedClock : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _waits.Writer.TryWrite(dueTime);
            return timer;
        }

        /// <summary>The next wait that nobody has asked for yet.</summary>
        public async Task<TimeSpan> NextWaitAsync() => await _waits.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>A store that counts how often it is swept.</summary>
    private sealed class SweptStore() : ShelfStore(new GenericStoreOptions { Prefix = "swept-" + Guid.NewGuid().ToString("N") }), IExpiredSessionStore
    {
        private readonly Channel<int> _swept = Channel.CreateUnbounded<int>();
        private int _sweeps;

        public int Sweeps => Volatile.Read(ref _sweeps);

        public Func<int, long> Answer { get; init; } = static _ => 0;

        public bool Hold { get; init; }

        public async ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
        {
            int call = Interlocked.Increment(ref _sweeps);
            _swept.Writer.TryWrite(batch);
            if (Hold)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Answer(call);
        }

        /// <summary>Waits for a sweep that nobody has waited for yet, and tells its batch.</summary>
        public async Task<int> NextAsync() => await _swept.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }
}
