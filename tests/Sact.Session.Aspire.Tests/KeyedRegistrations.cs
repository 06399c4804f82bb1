using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sact.Session.Aspire.Tests;

/// <summary>A second kind of session beside the unnamed one.</summary>
public sealed class KeyedRegistrations(StartedServers servers)
{
    public static TheoryData<string, string> Pairs => new()
    {
        { Package.Redis, Package.Redis },
        { Package.Redis, Package.Postgres },
        { Package.Postgres, Package.Redis },
        { Package.Postgres, Package.Postgres },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task AreIndependentOfTheUnnamedOne(string unnamed, string keyed)
    {
        await using var application = await StartAsync(unnamed, keyed);

        await application.SendAsync(HttpMethod.Post, "");
        Assert.Equal(("alice", "nobody"), await UsersAsync(application));
        await application.SendAsync(HttpMethod.Post, "admin");
        Assert.Equal(("alice", "aliceadmin"), await UsersAsync(application));
        await application.SendAsync(HttpMethod.Delete, "");
        Assert.Equal(("nobody", "aliceadmin"), await UsersAsync(application));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task HaveTheirStoreAndTheirPrefix(string unnamed, string keyed)
    {
        await using var application = await StartAsync(unnamed, keyed);

        var first = application.Services.GetRequiredService<IGenericStore>();
        var second = application.Services.GetRequiredKeyedService<IGenericStore>("admin");

        Assert.Equal(unnamed == Package.Redis ? typeof(RedisStore) : typeof(PostgreSqlStore), first.GetType());
        Assert.Equal(keyed == Package.Redis ? typeof(RedisStore) : typeof(PostgreSqlStore), second.GetType());
        Assert.NotEqual(((GenericStore)first).Prefix, ((GenericStore)second).Prefix);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task HaveTheirHealthCheck(string unnamed, string keyed)
    {
        await using var application = await StartAsync(unnamed, keyed);

        var report = await application.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["sact-session", "sact-session-admin"], report.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(HealthStatus.Unhealthy, report.Entries.Values.Select(entry => entry.Status));
    }

    [Theory]
    [InlineData(Package.Redis)]
    [InlineData(Package.Postgres)]
    public async Task TakeTheirNameForThatOfTheConnection(string package)
    {
        var builder = Application.Builder(("ConnectionStrings:admin", await servers.ConnectionStringAsync(package)));
        Package.AddKeyed(builder, package, "admin");

        await using var application = await Application.StartAsync(builder);

        await application.SendAsync(HttpMethod.Post, "admin");
        Assert.Equal("aliceadmin", await application.SendAsync(HttpMethod.Get, "admin"));
    }

    [Theory]
    [InlineData(Package.Redis)]
    [InlineData(Package.Postgres)]
    public async Task ThatLackAConnectionNameTheSectionOfTheirKey(string package)
    {
        var builder = Application.Builder();
        Package.AddKeyed(builder, package, "admin", "cache");

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => Application.StartAsync(builder));

        Assert.Contains("'ConnectionStrings:cache'", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"'{Package.Section(package)}:admin'", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The options of the sessions are set by another call, wherever it is.</summary>
    [Theory]
    [InlineData(Package.Redis)]
    [InlineData(Package.Postgres)]
    public async Task KeepTheStoreIfTheirOptionsAreSetBeforeOrAfter(string package)
    {
        var builder = Application.Builder(("ConnectionStrings:cache", await servers.ConnectionStringAsync(package)));
        builder.Services.AddSactSession(options => options.MaxSessionsPerUser = 7);
        Package.Add(builder, package, "cache");
        Package.AddKeyed(builder, package, "admin", "cache");
        builder.Services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin");

        await using var application = await Application.StartAsync(builder);

        using var scope = application.Services.CreateScope();
        Assert.IsNotType<MemoryStore>(scope.ServiceProvider.GetRequiredService<IGenericStore>());
        Assert.IsNotType<MemoryStore>(scope.ServiceProvider.GetRequiredKeyedService<IGenericStore>("admin"));
        var options = scope.ServiceProvider.GetRequiredService<Microsoft.Extensions.Options.IOptions<SactSessionOptions>>();
        Assert.Equal(7, options.Value.MaxSessionsPerUser);
    }

    private async Task<Application> StartAsync(string unnamed, string keyed)
    {
        var builder = Application.Builder(
            ("ConnectionStrings:first", await servers.ConnectionStringAsync(unnamed)),
            ("ConnectionStrings:second", await servers.ConnectionStringAsync(keyed)));
        Package.Add(builder, unnamed, "first");
        Package.AddKeyed(builder, keyed, "admin", "second");
        builder.Services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin");
        return await Application.StartAsync(builder);
    }

    private static async Task<(string Unnamed, string Keyed)> UsersAsync(Application application) =>
        (await application.SendAsync(HttpMethod.Get, ""), await application.SendAsync(HttpMethod.Get, "admin"));
}
