using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;

namespace Sact.Session.Stores.Tests;

/// <summary><c>UseRedis()</c>, <c>UsePostgreSql()</c> and <c>UseSqlite()</c> without a connection.</summary>
public sealed class ConnectionsOfTheApplication(SharedRedis redis, SharedPostgres postgres) : IDisposable
{
    // Nothing listens there, so a sign-in over it fails.
    private const string DeadRedis = "127.0.0.1:1,connectTimeout=100";
    private const string DeadPostgres = "Host=127.0.0.1;Port=1;Timeout=1";
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-connections-").FullName;

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task AreTheRegisteredOneBeforeAnyConnectionString(string store)
    {
        await using var application = await ConnectAsync(store);

        Assert.Equal("200 1", await SignedInAsync(
            store,
            name: null,
            services => application.Register(services, key: null),
            ("Sessions", Dead(store))));
        await application.AssertUsableAsync();
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task AreTheOneThatIsRegisteredUnderTheName(string store)
    {
        await using var application = await ConnectAsync(store);

        Assert.Equal("200 1", await SignedInAsync(
            store,
            "cache",
            services =>
            {
                RegisterWrong(services);
                application.Register(services, "cache");
            },
            ("cache", Dead(store))));
        await application.AssertUsableAsync();
    }

    [Theory]
    [InlineData("redis", null, "Sessions")]
    [InlineData("redis", null, "Redis")]
    [InlineData("redis", null, "redis")]
    [InlineData("redis", "cache", "cache")]
    [InlineData("postgres", null, "Sessions")]
    [InlineData("postgres", null, "Postgres")]
    [InlineData("postgres", "appdb", "appdb")]
    [InlineData("sqlite", null, "Sessions")]
    [InlineData("sqlite", null, "Sqlite")]
    [InlineData("sqlite", "file", "file")]
    public async Task AreElseThatOfTheConnectionString(string store, string? name, string setting) =>
        Assert.Equal("200 1", await SignedInAsync(store, name, static _ => { }, (setting, await LiveAsync(store))));

    /// <summary>A connection that the application registered for something else, such as a cache that evicts, is not taken.</summary>
    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task OfANameAreNotTheUnnamedOne(string store) => Assert.Equal(
        "200 1",
        await SignedInAsync(store, "cache", RegisterWrong, ("cache", await LiveAsync(store)), ("Sessions", Dead(store))));

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    [InlineData("sqlite")]
    public async Task ComeFirstFromTheConnectionStringSessions(string store)
    {
        string other = store switch { "redis" => "Redis", "postgres" => "Postgres", _ => "Sqlite" };
        string wrong = store == "sqlite" ? "Data Source=/nowhere/at/all.db" : Dead(store);

        Assert.Equal("200 1", await SignedInAsync(store, null, static _ => { }, ("Sessions", await LiveAsync(store)), (other, wrong)));
    }

    [Theory]
    [InlineData("redis", null, "UseRedis(\"localhost:6379\")")]
    [InlineData("redis", "cache", "under the key 'cache', and ConnectionStrings has no 'cache'")]
    [InlineData("postgres", null, "UsePostgreSql(\"Host=db;Database=app;Username=app\")")]
    [InlineData("postgres", "appdb", "under the key 'appdb', and ConnectionStrings has no 'appdb'")]
    [InlineData("sqlite", null, "UseSqlite(\"Data Source=app.db\")")]
    [InlineData("sqlite", "file", "ConnectionStrings has no 'file'")]
    public async Task ThatAreMissingStopTheStart(string store, string? name, string fix)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => SignedInAsync(store, name, static _ => { }, ("Another", "secretword")));

        Assert.Contains(fix, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secretword", fault.ToString(), StringComparison.Ordinal);
    }

    /// <summary>An empty setting of this environment must not lead to another server.</summary>
    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    [InlineData("sqlite")]
    public async Task DoNotTakeThePlaceOfAnEmptyString(string store)
    {
        string live = await LiveAsync(store);
        foreach (string empty in new[] { "", " " })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => SignedInAsync(
                store, null, static _ => { }, ("Sessions", empty), ("Redis", live), ("Postgres", live), ("Sqlite", live)));
            await Assert.ThrowsAsync<ArgumentException>(() => StartedAsync(
                sessions => _ = store switch
                {
                    "redis" => sessions.UseRedis(o => o.Configuration = empty),
                    "postgres" => sessions.UsePostgreSql(o => o.ConnectionString = empty),
                    _ => sessions.UseSqlite(o => o.ConnectionString = empty),
                },
                static _ => { },
                ("Sessions", live)));
        }
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    [InlineData("sqlite")]
    public async Task AreNamedByAnOptionToo(string store)
    {
        var section = new ConfigurationManager { ["ConnectionName"] = "there" };
        Assert.Equal("200 1", await SignedInAsync(
            store,
            null,
            services =>
            {
                services.Configure<RedisStoreOptions>(section);
                services.Configure<PostgreSqlStoreOptions>(section);
                services.Configure<SqliteStoreOptions>(section);
            },
            ("there", await LiveAsync(store)),
            ("Sessions", Dead(store))));
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task ThatTheOptionsHaveComeBeforeTheRegisteredOne(string store)
    {
        string live = await LiveAsync(store);

        Assert.Equal("200 1", await StartedAsync(
            sessions => _ = store == "redis" ? sessions.UseRedis(live) : sessions.UsePostgreSql(live), RegisterWrong));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Dead(string store) => store switch
    {
        "redis" => DeadRedis,
        "postgres" => DeadPostgres,
        _ => "Data Source=/nowhere/at/all.db",
    };

    private static void RegisterWrong(IServiceCollection services)
    {
        services.AddSingleton<IConnectionMultiplexer>(_ => throw new InvalidOperationException("This is not the connection."));
        services.AddSingleton<NpgsqlDataSource>(_ => throw new InvalidOperationException("This is not the data source."));
    }

    private static Task<string> SignedInAsync(
        string store, string? name, Action<IServiceCollection> register, params (string Name, string? Value)[] connectionStrings) =>
        StartedAsync(
            sessions => _ = store switch
            {
                "redis" => name is null ? sessions.UseRedis() : sessions.UseRedis(connectionName: name),
                "postgres" => name is null ? sessions.UsePostgreSql() : sessions.UsePostgreSql(connectionName: name),
                _ => name is null ? sessions.UseSqlite() : sessions.UseSqlite(connectionName: name),
            },
            register,
            connectionStrings);

    /// <summary>The status of a sign-in to an application, and how many sessions its store then has.</summary>
    private static async Task<string> StartedAsync(
        Action<SactSessionBuilder> use, Action<IServiceCollection> register, params (string Name, string? Value)[] connectionStrings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = "sact-" + Guid.CreateVersion7().ToString("N"),
        });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(
            connectionStrings.Select(pair => KeyValuePair.Create($"ConnectionStrings:{pair.Name}", pair.Value)));
        register(builder.Services);
        use(builder.Services.AddSactSession());
        await using var app = builder.Build();
        app.UseSactSession();
        app.MapPost("/", async (ISactSession session) =>
        {
            await session.SetAsync("alice");
            return "";
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var response = await client.PostAsync("/", null, TestContext.Current.CancellationToken);
        var store = app.Services.GetRequiredService<IGenericStore>();
        return $"{(int)response.StatusCode} {await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken)}";
    }

    private async Task<string> LiveAsync(string store) => store switch
    {
        "redis" => (await redis.GetAsync()).Configuration,
        "postgres" => (await postgres.GetAsync()).ConnectionString,
        _ => $"Data Source={_folder}/{Guid.CreateVersion7():N}.db;Pooling=False",
    };

    private async Task<ApplicationConnection> ConnectAsync(string store)
    {
        string live = await LiveAsync(store);
        return store == "redis"
            ? new ApplicationConnection(await ConnectionMultiplexer.ConnectAsync(live), null)
            : new ApplicationConnection(null, NpgsqlDataSource.Create(live));
    }

    /// <summary>A connection that the application creates, and that must outlive the store.</summary>
    private sealed class ApplicationConnection(IConnectionMultiplexer? multiplexer, NpgsqlDataSource? source) : IAsyncDisposable
    {
        public void Register(IServiceCollection services, string? key)
        {
            if (multiplexer is not null)
            {
                _ = key is null ? services.AddSingleton(multiplexer) : services.AddKeyedSingleton(key, multiplexer);
            }

            if (source is not null)
            {
                _ = key is null ? services.AddSingleton(source) : services.AddKeyedSingleton(key, source);
            }
        }

        public async Task AssertUsableAsync()
        {
            if (multiplexer is not null)
            {
                Assert.True(await multiplexer.GetDatabase().PingAsync() > TimeSpan.Zero);
            }

            if (source is not null)
            {
                await using var command = source.CreateCommand("SELECT 1");
                Assert.Equal(1, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
            }
        }

        public async ValueTask DisposeAsync()
        {
            await (multiplexer?.DisposeAsync() ?? default);
            await (source?.DisposeAsync() ?? default);
        }
    }
}
