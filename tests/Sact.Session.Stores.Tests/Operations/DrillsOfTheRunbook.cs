using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// Users are being signed out. Each drill injects one cause, and reads the table of the runbook as an operator does, with counters, log and
/// health check only. The first line that fits must be the cause.
/// </summary>
public sealed partial class DrillsOfTheRunbook
{
    [Fact]
    public async Task LeadToAStoreThatIsDown()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = new DrilledApplication(_ => RedisStores.OpenRedis(server.Configuration));
        string id = await app.SignInAsync("alice");
        Assert.False(await app.IsOutAsync(id));
        app.Forget();

        await server.StopAsync();

        Assert.True(await app.IsOutAsync(id));
        Assert.Equal("The store is down.", await CauseAsync(app));
    }

    [Fact]
    public async Task LeadToARedisThatEvicts()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = new DrilledApplication(_ => RedisStores.OpenRedis(server.Configuration));
        string id = await app.SignInAsync("alice");
        Assert.False(await app.IsOutAsync(id));
        app.Forget();

        // Somebody makes the server a cache, and another application fills it.
        await server.Behind.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
        await server.Behind.ExecuteAsync("CONFIG", "SET", "maxmemory", "3mb");
        for (int i = 0; i < 2000 && !await app.IsOutAsync(id); i++)
        {
            await server.Behind.ExecuteAsync("SET", $"page:{i}", new string('x', 50_000));
        }

        Assert.True(await app.IsOutAsync(id));
        Assert.Equal("Redis evicts sessions.", await CauseAsync(app));
    }

    [Fact]
    public async Task LeadToAClockThatIsWrong()
    {
        await using var server = await PostgresServer.StartAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var app = new DrilledApplication(
            services => PostgreSqlStores.Open(server.ConnectionString, options => options.TimeProvider = clock), clock);
        string id = await app.SignInAsync("alice");
        Assert.False(await app.IsOutAsync(id));
        app.Forget();

        clock.Advance(TimeSpan.FromDays(8));

        Assert.True(await app.IsOutAsync(id));
        Assert.Equal("A clock is wrong.", await CauseAsync(app));
    }

    [Fact]
    public async Task LeadToReplayedIds()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var app = new DrilledApplication(_ => new MemoryStore(new MemoryStoreOptions { TimeProvider = clock }), clock);
        string stolen = await app.SignInAsync("alice");
        var owner = app.Request(stolen);
        Assert.True(await owner.RenewAsync(immediately: true));
        string id = owner.GetSessionId();
        Assert.False(await app.IsOutAsync(id));
        app.Forget();

        clock.Advance(TimeSpan.FromMinutes(11));
        await app.IsOutAsync(stolen);

        Assert.True(await app.IsOutAsync(id));
        Assert.Equal("Ids are replayed.", await CauseAsync(app));
    }

    [Fact]
    public async Task LeadToTheLimitOfSessions()
    {
        await using var app = new DrilledApplication(_ => new MemoryStore(), configure: options => options.MaxSessionsPerUser = 1);
        string id = await app.SignInAsync("alice");
        Assert.False(await app.IsOutAsync(id));
        app.Forget();

        await app.SignInAsync("alice");

        Assert.True(await app.IsOutAsync(id));
        Assert.Equal("The limit of sessions per user is reached.", await CauseAsync(app));
    }

    /// <summary>While all is well, the table leads nowhere.</summary>
    [Fact]
    public async Task LeadNowhereWithoutACause()
    {
        await using var app = new DrilledApplication(_ => new MemoryStore());
        string id = await app.SignInAsync("alice");
        Assert.False(await app.IsOutAsync(id));
        await app.Request(id).DeleteAsync();

        Assert.Null(await CauseAsync(app));
    }

    private static async Task<string?> CauseAsync(DrilledApplication app)
    {
        string path = typeof(DrillsOfTheRunbook).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(data => data.Key == "Runbook").Value!;
        string page = await File.ReadAllTextAsync(path);
        int start = page.IndexOf("## Find the cause of sign-outs", StringComparison.Ordinal);
        string section = page[start..page.IndexOf("\n## ", start + 3, StringComparison.Ordinal)];
        string[][] lines = [.. section.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))];
        Assert.Equal(5, lines.Length);
        foreach (string[] line in lines)
        {
            string[] signals = [.. Code().Matches(line[1]).Select(match => match.Groups[1].Value)];
            Assert.NotEmpty(signals);
            bool fits = true;
            foreach (string signal in signals)
            {
                fits = fits && await app.SeesAsync(signal);
            }

            if (fits)
            {
                return Bold().Match(line[2]).Groups[1].Value;
            }
        }

        return null;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\*\*([^*]+)\*\*")]
    private static partial Regex Bold();
}
