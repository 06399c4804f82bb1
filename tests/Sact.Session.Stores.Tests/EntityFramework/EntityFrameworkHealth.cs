using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Sact.Session.SecondProcess;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>The health check over the database of an application's context.</summary>
public sealed class EntityFrameworkHealth
{
    [Fact]
    public async Task FollowsTheServer()
    {
        await using var server = await PostgresServer.StartAsync();
        using var database = new DatabaseOfSessions("ef-postgresql", server.ConnectionString);
        var store = await EntityFrameworkOutages.OpenAsync(database);
        await using var health = new CheckedHealth(_ => store, timeout: TimeSpan.FromSeconds(20));
        var entry = await health.UntilAsync(HealthStatus.Healthy);
        Assert.Equal("postgresql", entry.Data["store"]);
        Assert.Equal("SactSessions", store.Description.Collection);
        Assert.DoesNotContain("clock_difference_seconds", entry.Data.Keys);

        await store.CreateAsync(NewSession(store), cancellationToken: TestContext.Current.CancellationToken);
        entry = await health.CheckAsync();
        Assert.InRange(Math.Abs((double)entry.Data["clock_difference_seconds"]), 0, 1);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(-5));
        await using var late = new CheckedHealth(_ => store, clock);
        Assert.Equal(HealthStatus.Degraded, (await late.CheckAsync()).Status);

        await server.StopAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckAsync()).Status);
    }
}
