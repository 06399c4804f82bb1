using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>The health check over a PostgreSQL that stops, hangs, follows another one, or has another clock or another table.</summary>
public sealed class PostgreSqlHealth
{
    [Fact]
    [Trait("abuse", "F1")]
    public async Task FollowsTheServer()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var health = new CheckedHealth(_ => Open(server.ConnectionString), timeout: TimeSpan.FromSeconds(2));
        var entry = await health.UntilAsync(HealthStatus.Healthy);
        Assert.Equal("postgresql", entry.Data["store"]);
        Assert.Equal(0L, entry.Data["standbys"]);
        Assert.InRange(Math.Abs((double)entry.Data["clock_difference_seconds"]), 0, 1);

        await server.SuspendAsync();
        entry = await health.CheckAsync();
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("did not answer the health check within 00:00:02", entry.Description, StringComparison.Ordinal);
        await server.ResumeAsync();
        await health.UntilAsync(HealthStatus.Healthy);

        await server.StopAsync();
        entry = await health.UntilAsync(HealthStatus.Unhealthy);
        Assert.Contains("PostgreSQL", entry.Description, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{server.Port}", entry.Description, StringComparison.Ordinal);
        await server.StartAgainAsync();
        await health.UntilAsync(HealthStatus.Healthy);
    }

    [Fact]
    public async Task IsUnhealthyOnAStandbyAndCountsItOnThePrimary()
    {
        await using var server = await PostgresServer.StartAsync("wal_level=replica", "max_wal_senders=4");
        string table = NewTable();
        await using var primary = new CheckedHealth(_ => Open(server.ConnectionString, options => options.Table = table));
        await primary.UntilAsync(HealthStatus.Healthy);
        await using var standby = await server.StartStandbyAsync();
        await using var health = new CheckedHealth(_ => Open(standby.ConnectionString, options => options.Table = table));

        var entry = await health.CheckAsync();

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("standby", entry.Description, StringComparison.Ordinal);
        Assert.Equal(1L, (await primary.CheckAsync()).Data["standbys"]);
    }

    [Fact]
    public async Task IsUnhealthyWithoutTheTableAndWhereTheServerIsReadOnly()
    {
        await using var server = await PostgresServer.StartAsync();
        string table = NewTable();
        await using var health = new CheckedHealth(_ => Open(server.ConnectionString, options => options.Table = table));
        await health.UntilAsync(HealthStatus.Healthy);

        await server.ScalarAsync("ALTER SYSTEM SET default_transaction_read_only = on");
        await server.ScalarAsync("SELECT pg_reload_conf()");
        var entry = await health.UntilAsync(HealthStatus.Unhealthy);
        Assert.Contains("takes no writes", entry.Description, StringComparison.Ordinal);

        await server.ScalarAsync("ALTER SYSTEM RESET default_transaction_read_only");
        await server.ScalarAsync("SELECT pg_reload_conf()");
        await health.UntilAsync(HealthStatus.Healthy);
        await server.ScalarAsync($"DROP TABLE {table}");
        entry = await health.CheckAsync();
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("the table does not exist", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsDegradedWhenTheClocksAreApart()
    {
        await using var server = await PostgresServer.StartAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(5));
        await using var health = new CheckedHealth(_ => Open(server.ConnectionString, options => options.TimeProvider = clock), clock);

        var entry = await health.UntilAsync(HealthStatus.Degraded);

        Assert.Contains("behind the clock of this machine", entry.Description, StringComparison.Ordinal);
    }
}
