using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using StackExchange.Redis;

namespace Sact.Session.Aspire.Tests;

/// <summary>Each of these signs in and out over a real server, unless there is none to find.</summary>
public sealed class ConnectionOfAResource(StartedServers servers)
{
    private const string Works = "alice nobody";

    public static TheoryData<string> Packages => [Package.Redis, Package.Postgres];

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task IsItsConnectionString(string package)
    {
        var builder = Application.Builder(
            ("ConnectionStrings:cache", await servers.ConnectionStringAsync(package)),
            ("ConnectionStrings:Sessions", Package.Dead(package)),
            ($"{Package.Section(package)}:ConnectionString", Package.Dead(package)));

        Package.Add(builder, package, "cache");

        Assert.Equal(Works, await Application.TryAsync(builder));
    }

    [Theory]
    [InlineData(Package.Redis, ":cache")]
    [InlineData(Package.Redis, "")]
    [InlineData(Package.Postgres, ":cache")]
    [InlineData(Package.Postgres, "")]
    public async Task IsElseThatOfASection(string package, string name)
    {
        var builder = Application.Builder(
            ($"{Package.Section(package)}{name}:ConnectionString", await servers.ConnectionStringAsync(package)));

        Package.Add(builder, package, "cache");

        Assert.Equal(Works, await Application.TryAsync(builder));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task IsThatOfTheCodeBeforeAll(string package)
    {
        string live = await servers.ConnectionStringAsync(package);
        var builder = Application.Builder(("ConnectionStrings:cache", Package.Dead(package)));
        RegisterWrong(builder, "cache");

        Package.Add(builder, package, "cache", settings => settings.ConnectionString = live);

        Assert.Equal(Works, await Application.TryAsync(builder));
    }

    /// <summary>A host of tests changes the configuration when the application is built.</summary>
    [Theory]
    [MemberData(nameof(Packages))]
    public async Task MayBeConfiguredAfterTheCall(string package)
    {
        var builder = Application.Builder(("ConnectionStrings:cache", Package.Dead(package)));
        Package.Add(builder, package, "cache");

        builder.Configuration["ConnectionStrings:cache"] = await servers.ConnectionStringAsync(package);

        Assert.Equal(Works, await Application.TryAsync(builder));
    }

    /// <summary>What Aspire's own packages register under the key of the resource.</summary>
    [Theory]
    [MemberData(nameof(Packages))]
    public async Task IsTheKeyedClientOfAspireIfThereIsOne(string package)
    {
        string live = await servers.ConnectionStringAsync(package);
        var builder = Application.Builder(("ConnectionStrings:cache", Package.Dead(package)));
        if (package == Package.Redis)
        {
            builder.AddKeyedRedisClient("cache", settings => settings.ConnectionString = live);
        }
        else
        {
            builder.AddKeyedNpgsqlDataSource("cache", settings => settings.ConnectionString = live);
        }

        Package.Add(builder, package, "cache");

        Assert.Equal(Works, await Application.TryAsync(builder));
    }

    /// <summary>It may be a cache that evicts.</summary>
    [Theory]
    [MemberData(nameof(Packages))]
    public async Task IsNeverAClientWithoutAKey(string package)
    {
        var builder = Application.Builder(("ConnectionStrings:cache", await servers.ConnectionStringAsync(package)));
        RegisterWrong(builder, key: null);

        Package.Add(builder, package, "cache");

        Assert.Equal(Works, await Application.TryAsync(builder));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task MayBeSetByTheOptionsOfTheStore(string package)
    {
        string live = await servers.ConnectionStringAsync(package);
        var builder = Application.Builder();
        if (package == Package.Redis)
        {
            builder.AddSactSessionRedis("cache", configureOptions: options => options.Configuration = live);
        }
        else
        {
            builder.AddSactSessionPostgreSql("cache", configureOptions: options => options.ConnectionString = live);
        }

        Assert.Equal(Works, await Application.TryAsync(builder));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task ThatIsMissingStopsTheStartAndNamesEveryKey(string package)
    {
        string section = Package.Section(package);
        var builder = Application.Builder(("ConnectionStrings:other", "secretword"), ($"{section}:other:ConnectionString", "secretword"));
        Package.Add(builder, package, "cache");

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => Application.StartAsync(builder));

        (string server, string connection) =
            package == Package.Redis ? ("Redis", "IConnectionMultiplexer") : ("PostgreSQL", "NpgsqlDataSource");
        Assert.Equal(
            $"The connection string of sessions in {server} is missing or empty. It was searched under 'ConnectionStrings:cache', then as "
            + $"'ConnectionString' in the sections '{section}:cache' and '{section}', and no {connection} is registered under the key "
            + "'cache'. In the app host call WithReference for the resource 'cache', or set the environment variable "
            + "ConnectionStrings__cache.",
            fault.Message);
        Assert.DoesNotContain("secretword", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task ThatIsEmptyIsNotReplacedByAnother(string package)
    {
        string live = await servers.ConnectionStringAsync(package);
        var builder = Application.Builder(("ConnectionStrings:cache", ""), ($"{Package.Section(package)}:ConnectionString", live));
        Package.Add(builder, package, "cache");

        await Assert.ThrowsAsync<InvalidOperationException>(() => Application.StartAsync(builder));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task ThatTheCodeRemovesStopsTheStart(string package)
    {
        var builder = Application.Builder(("ConnectionStrings:cache", await servers.ConnectionStringAsync(package)));
        Package.Add(builder, package, "cache", settings => settings.ConnectionString = null);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Application.StartAsync(builder));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task ThatIsMalformedIsShownInNoMessage(string package)
    {
        string malformed = package == Package.Redis ? "localhost,secretword=secretword" : "Host=localhost;secretword=secretword";
        var builder = Application.Builder(("ConnectionStrings:cache", malformed));
        Package.Add(builder, package, "cache");

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => Application.StartAsync(builder));

        Assert.DoesNotContain("secretword", fault.ToString(), StringComparison.Ordinal);
    }

    private static void RegisterWrong(WebApplicationBuilder builder, string? key)
    {
        builder.Services.AddKeyedSingleton<IConnectionMultiplexer>(
            key, (_, _) => throw new InvalidOperationException("This is not the connection."));
        builder.Services.AddKeyedSingleton<NpgsqlDataSource>(
            key, (_, _) => throw new InvalidOperationException("This is not the data source."));
    }
}
