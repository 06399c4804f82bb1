using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Sact.Session.Tests;

/// <summary>The health check over stores that a test controls. The store packages test it over real servers.</summary>
public sealed class HealthOfSessions
{
    private const string Secret = "canary-password";

    [Fact]
    public async Task IsHealthyOverTheMemoryStore()
    {
        await using var app = App(static checks => checks.AddSactSession(tags: ["ready"]), static _ => { });

        var (name, entry) = Assert.Single((await ReportAsync(app)).Entries);

        Assert.Equal("sact-session", name);
        Assert.Equal(["ready"], entry.Tags);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal("The session store answers.", entry.Description);
        Assert.Equal("memory", entry.Data["store"]);
        Assert.Equal(0d, entry.Data["fill"]);
    }

    [Fact]
    public async Task IsDegradedWhenTheMemoryIsAlmostFull()
    {
        await using var app = App(
            static checks => checks.AddSactSession(configure: static limits => limits.MaxFill = 0.001),
            static builder => builder.UseMemory(options => options.MaxBytes = 64 * 1024));
        await app.Request().GetSactSession().SetAsync("alice");

        var entry = await OnlyAsync(app);

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("MaxFill", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsThatOfOneReadOverACustomStore()
    {
        var store = new ProbeStore(new MemoryStore());
        await using var app = App(static checks => checks.AddSactSession(), builder => builder.UseStore(_ => store));

        Assert.Equal(HealthStatus.Healthy, (await OnlyAsync(app)).Status);
        Assert.Equal(["get"], store.Calls);
    }

    [Fact]
    public async Task IsUnhealthyWhenACustomStoreFailsAndRepeatsNoMessageOfIt()
    {
        var store = new ProbeStore(new MemoryStore()) { Before = (_, _) => throw new InvalidOperationException(Secret) };
        await using var app = App(static checks => checks.AddSactSession(), builder => builder.UseStore(_ => store));

        var entry = await OnlyAsync(app);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Equal(
            "The session store failed (InvalidOperationException). The log has the details of failed requests.", entry.Description);
        Assert.Null(entry.Exception);
        Assert.DoesNotContain(entry.Data, pair => $"{pair.Value}".Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SaysTheCauseOfAStoreFault()
    {
        var store = new ProbeStore(new MemoryStore())
        {
            Before = static (_, _) => throw new SessionStoreException("The disk is full. Make room."),
        };
        await using var app = App(
            static checks => checks.AddSactSession("sessions", failureStatus: HealthStatus.Degraded),
            builder => builder.UseStore(_ => store));

        var (name, entry) = Assert.Single((await ReportAsync(app)).Entries);

        Assert.Equal("sessions", name);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal("The disk is full. Make room.", entry.Description);
        Assert.IsType<SessionStoreException>(entry.Exception);
    }

    /// <summary>The store ignores its token, and its callback throws.</summary>
    [Fact]
    [Trait("abuse", "E3")]
    public async Task IsUnhealthyAtTheTimeOutWhateverTheStoreDoes()
    {
        var gate = new Gate();
        var store = new ProbeStore(new MemoryStore())
        {
            Before = async (_, token) =>
            {
                token.Register(() => throw new InvalidOperationException("a callback that throws"));
                await gate.PassAsync();
            },
        };
        await using var app = App(
            static checks => checks.AddSactSession(timeout: TimeSpan.FromSeconds(2)), builder => builder.UseStore(_ => store));
        var checking = OnlyAsync(app);
        await gate.Reached;

        // The store runs on another thread, and may be reached before the time-out has begun.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!checking.IsCompleted && !limit.IsCancellationRequested)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(2));
            await Task.Yield();
        }

        var entry = await checking;

        gate.Open();
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Equal(
            "The session store did not answer the health check within 00:00:02. Check the store and the network.", entry.Description);
    }

    [Fact]
    public async Task IsDegradedWhenTheStoreIsSlow()
    {
        var store = new ProbeStore(new MemoryStore());
        await using var app = App(static checks => checks.AddSactSession(), builder => builder.UseStore(_ => store));
        store.Before = (_, _) =>
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1.5));
            return default;
        };

        var entry = await OnlyAsync(app);

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.StartsWith("The session store is slow: it answered after 1.5 seconds,", entry.Description, StringComparison.Ordinal);
        Assert.Equal(1500d, entry.Data["duration_ms"]);
    }

    [Theory]
    [InlineData(-61, HealthStatus.Degraded)]
    [InlineData(-60, HealthStatus.Healthy)]
    [InlineData(60, HealthStatus.Healthy)]
    [InlineData(61, HealthStatus.Degraded)]
    public async Task IsDegradedWhenTheClocksAreApart(int seconds, HealthStatus expected)
    {
        var store = new Inspected();
        await using var app = App(static checks => checks.AddSactSession(), builder => builder.UseStore(_ => store));
        store.Health = new StoreHealth { StoreTime = app.Clock.GetUtcNow().AddSeconds(seconds) };

        var entry = await OnlyAsync(app);

        Assert.Equal(expected, entry.Status);
        Assert.Equal((double)seconds, entry.Data["clock_difference_seconds"]);
    }

    [Fact]
    public async Task ReportsEveryCauseWithTheFailuresFirst()
    {
        var store = new Inspected
        {
            Health = new StoreHealth
            {
                Failures = ["It takes no writes."],
                Warnings = ["It may evict keys."],
                ReplicaLag = TimeSpan.FromSeconds(30),
                Figures = new Dictionary<string, object> { ["replicas"] = 1 },
            },
        };
        await using var app = App(static checks => checks.AddSactSession(), builder => builder.UseStore(_ => store));

        var entry = await OnlyAsync(app);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.StartsWith(
            "It takes no writes. It may evict keys. A replica is 30 seconds behind, and the limit MaxReplicaLag is 10 seconds.",
            entry.Description,
            StringComparison.Ordinal);
        Assert.Equal(1, entry.Data["replicas"]);
        Assert.Equal(30d, entry.Data["replica_lag_seconds"]);
    }

    [Fact]
    public async Task IsDegradedFromACleanupThatFailsToTheNextThatDoesNot()
    {
        var store = new Swept { Fault = new SessionStoreException("The disk is full. Make room.") };
        await using var app = App(static checks => checks.AddSactSession(), builder => builder.UseStore(_ => store));
        foreach (var service in app.Services.GetServices<IHostedService>())
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
        }

        await SweepAsync(app, HealthStatus.Degraded);
        var entry = await OnlyAsync(app);
        Assert.StartsWith("The cleanup of expired sessions fails since ", entry.Description, StringComparison.Ordinal);
        Assert.EndsWith("The cause: The disk is full. Make room.", entry.Description, StringComparison.Ordinal);

        store.Fault = null;
        await SweepAsync(app, HealthStatus.Healthy);
    }

    [Fact]
    public async Task IsOneOfEachRegistration()
    {
        await using var app = new TestApp(services =>
        {
            services.AddLogging();
            services.AddSactSession();
            services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin").UseStore(
                static _ => new ProbeStore(new MemoryStore()) { Before = static (_, _) => throw new SessionStoreException("down") });
            services.AddHealthChecks().AddSactSession().AddSactSession(registration: "admin");
        });

        var report = await ReportAsync(app);

        Assert.Equal(HealthStatus.Healthy, report.Entries["sact-session"].Status);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["sact-session-admin"].Status);
    }

    [Fact]
    public async Task OfARegistrationThatIsMissingSaysSo()
    {
        await using var app = App(static checks => checks.AddSactSession(registration: "admin"), static _ => { });

        var entry = await OnlyAsync(app);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("No session named 'admin' is registered", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesLimitsOutOfTheirRange()
    {
        var checks = new ServiceCollection().AddHealthChecks();

        foreach (var configure in new Action<SactSessionHealthCheckOptions>[]
        {
            static limits => limits.SlowAfter = TimeSpan.Zero,
            static limits => limits.MaxClockDifference = TimeSpan.FromDays(2),
            static limits => limits.MaxReplicaLag = TimeSpan.Zero,
            static limits => limits.MaxFill = double.NaN,
        })
        {
            var fault = Assert.Throws<ArgumentException>(() => checks.AddSactSession(configure: configure));
            Assert.Contains("Change SactSessionHealthCheckOptions.", fault.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => checks.AddSactSession(timeout: TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => checks.AddSactSession(registration: ""));
    }

    private static TestApp App(Action<IHealthChecksBuilder> check, Action<SactSessionBuilder> choose) => new(services =>
    {
        services.AddLogging();
        choose(services.AddSactSession(options => options.CleanupInterval = TimeSpan.FromMinutes(8)));
        check(services.AddHealthChecks());
    });

    private static Task<HealthReport> ReportAsync(TestApp app) =>
        app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

    private static async Task<HealthReportEntry> OnlyAsync(TestApp app) => Assert.Single((await ReportAsync(app)).Entries).Value;

    private static async Task SweepAsync(TestApp app, HealthStatus until)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await OnlyAsync(app)).Status != until)
        {
            limit.Token.ThrowIfCancellationRequested();
            app.Clock.Advance(TimeSpan.FromMinutes(10));
            await Task.Yield();
        }
    }

    private class Inspected() : ApplicationStore(new GenericStoreOptions()), IStoreHealthSource
    {
        public StoreHealth Health { get; set; } = new();

        public ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default) => new(Health);
    }

    private sealed class Swept : Inspected, IExpiredSessionStore
    {
        public volatile Exception? Fault;

        public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default) =>
            Fault is { } fault ? throw fault : new(0);
    }
}
