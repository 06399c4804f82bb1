using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>The health check over a Redis that stops, hangs, evicts, follows another one, or has another clock.</summary>
public sealed class RedisHealth
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task IsHealthyWithItsFigures()
    {
        await using var server = await RedisServer.StartAsync();
        await using var health = new CheckedHealth(_ => OpenRedis(server.Configuration));

        var entry = await health.UntilAsync(HealthStatus.Healthy);

        Assert.Equal("redis", entry.Data["store"]);
        Assert.Equal("noeviction", entry.Data["maxmemory_policy"]);
        Assert.Equal(0L, entry.Data["replicas"]);
        Assert.True((long)entry.Data["used_memory_bytes"] > 0);
        Assert.InRange(Math.Abs((double)entry.Data["clock_difference_seconds"]), 0, 1);
    }

    [Fact]
    [Trait("abuse", "E1")]
    public async Task IsUnhealthyWhileTheServerIsDownAndHealthyAgain()
    {
        await using var server = await RedisServer.StartAsync();
        await using var health = new CheckedHealth(_ => OpenRedis(server.Configuration));
        await health.UntilAsync(HealthStatus.Healthy);

        await server.StopAsync();
        var entry = await health.UntilAsync(HealthStatus.Unhealthy);
        Assert.Contains("Redis", entry.Description, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{server.Port}", entry.Description, StringComparison.Ordinal);

        await server.StartAgainAsync();
        await health.UntilAsync(HealthStatus.Healthy);
    }

    [Fact]
    [Trait("abuse", "E4")]
    public async Task IsUnhealthyInTimeWhileTheServerHangs()
    {
        await using var server = await RedisServer.StartAsync();
        await using var health = new CheckedHealth(_ => OpenRedis(server.Configuration), timeout: s_timeout);
        await health.UntilAsync(HealthStatus.Healthy);

        await server.SuspendAsync();
        try
        {
            long began = TimeProvider.System.GetTimestamp();
            var entry = await health.CheckAsync();

            Assert.Equal(HealthStatus.Unhealthy, entry.Status);
            Assert.Contains("did not answer the health check within 00:00:00.5", entry.Description, StringComparison.Ordinal);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10));
        }
        finally
        {
            await server.ResumeAsync();
        }

        await health.UntilAsync(HealthStatus.Healthy);
    }

    [Fact]
    public async Task IsDegradedWhenThePolicyBeginsToEvictAndUnhealthyWhenTheStoreRefusesIt()
    {
        await using var server = await RedisServer.StartAsync();
        await using var health = new CheckedHealth(_ => OpenRedis(server.Configuration));
        await health.UntilAsync(HealthStatus.Healthy);

        await server.Behind.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");

        var entry = await health.CheckAsync();
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("may evict keys (maxmemory-policy allkeys-lru)", entry.Description, StringComparison.Ordinal);

        // A store that connects now refuses the server, so that nobody can sign in.
        await using var later = new CheckedHealth(_ => OpenRedis(server.Configuration));
        Assert.Contains(
            "Set maxmemory-policy to noeviction", (await later.UntilAsync(HealthStatus.Unhealthy)).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsDegradedWhenTheMemoryIsAlmostFull()
    {
        await using var server = await RedisServer.StartAsync();
        await using var health = new CheckedHealth(_ => OpenRedis(server.Configuration));
        var before = await health.UntilAsync(HealthStatus.Healthy);
        Assert.DoesNotContain("fill", before.Data.Keys);

        long used = (long)before.Data["used_memory_bytes"];
        await server.Behind.ExecuteAsync("CONFIG", "SET", "maxmemory", used * 105 / 100);

        var entry = await health.CheckAsync();
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("of its memory", entry.Description, StringComparison.Ordinal);
        Assert.InRange((double)entry.Data["fill"], 0.9, 1.1);
    }

    [Fact]
    [Trait("abuse", "E5")]
    public async Task IsUnhealthyWhenTheServerBecomesAReplica()
    {
        await using var master = await RedisServer.StartAsync();
        await using var server = await RedisServer.StartAsync();
        await using var health = new CheckedHealth(_ => OpenRedis(server.Configuration));
        await health.UntilAsync(HealthStatus.Healthy);

        await server.Behind.ExecuteAsync("REPLICAOF", "127.0.0.1", master.Port);

        await health.UntilAsync(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task CountsReplicasAndIsUnhealthyWithoutThoseThatAreRequired()
    {
        await using var server = await RedisServer.StartAsync();
        await using (var replica = await server.StartReplicaAsync())
        {
            await using var health = new CheckedHealth(_ => OpenRedis(server.Configuration, options => options.RequireReplicas = 1));
            var entry = await health.UntilAsync(HealthStatus.Healthy);
            Assert.Equal(1L, entry.Data["replicas"]);
            Assert.InRange((double)entry.Data["replica_lag_seconds"], 0, 10);
        }

        await server.WaitForAsync("replication", "connected_slaves", "0");
        await using var without = new CheckedHealth(_ => OpenRedis(server.Configuration, options => options.RequireReplicas = 1));
        Assert.Contains(
            "RedisStoreOptions.RequireReplicas is 1",
            (await without.UntilAsync(HealthStatus.Unhealthy)).Description,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsDegradedWhenTheClocksAreApart()
    {
        await using var server = await RedisServer.StartAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(-5));
        await using var health = new CheckedHealth(
            _ => OpenRedis(server.Configuration, options => options.TimeProvider = clock), clock);

        var entry = await health.UntilAsync(HealthStatus.Degraded);

        Assert.Contains("ahead of the clock of this machine", entry.Description, StringComparison.Ordinal);
        Assert.InRange((double)entry.Data["clock_difference_seconds"], 295, 360);
    }
}
