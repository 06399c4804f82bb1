using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session.Stores.Tests;

/// <summary><c>Configure&lt;…StoreOptions>()</c> and its relatives, for each store.</summary>
public sealed class ConfiguredStores : IDisposable
{
    private static readonly IConfiguration s_section = new ConfigurationManager { ["Prefix"] = "bound" };
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-configured-").FullName;

    public static TheoryData<string> Stores => ["memory", "custom", "sqlite", "postgres", "redis", "ef"];

    [Theory]
    [MemberData(nameof(Stores))]
    public void TakeWhatConfigureSets(string store) =>
        Assert.Equal("configured", PrefixOf(store, (services, _) => Configure(store, services, "", "configured")));

    [Theory]
    [MemberData(nameof(Stores))]
    public void OfANamedRegistrationTakeWhatIsConfiguredUnderItsName(string store)
    {
        void Register(IServiceCollection services, SactSessionBuilder builder)
        {
            Configure(store, services, "", "unnamed");
            Configure(store, services, "admin", "named");
        }

        Assert.Equal("named", PrefixOf(store, Register, "admin"));
        Assert.Equal("unnamed", PrefixOf(store, Register));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void TakeASection(string store) => Assert.Equal("bound", PrefixOf(store, (services, sessions) => _ = store switch
    {
        "memory" => services.Configure<MemoryStoreOptions>(s_section),
        "custom" => services.Configure<GenericStoreOptions>(s_section),
        "sqlite" => services.Configure<SqliteStoreOptions>(s_section),
        "postgres" => services.Configure<PostgreSqlStoreOptions>(s_section),
        "redis" => services.Configure<RedisStoreOptions>(s_section),
        _ => services.Configure<EntityFrameworkStoreOptions>(s_section),
    }));

    [Theory]
    [InlineData("memory")]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("redis")]
    [InlineData("ef")]
    public void CanResolveServices(string store) => Assert.Equal("of-a-service", PrefixOf(
        store,
        (services, sessions) =>
        {
            services.AddSingleton(new Names("of-a-service"));
            _ = store switch
            {
                "memory" => sessions.UseMemory(FromService),
                "sqlite" => sessions.UseSqlite((provider, options) =>
                {
                    FromService(provider, options);
                    options.ConnectionString = $"Data Source={_folder}/app.db;Pooling=False";
                }),
                "postgres" => sessions.UsePostgreSql((provider, options) =>
                {
                    FromService(provider, options);
                    options.ConnectionString = "Host=127.0.0.1;Port=1";
                }),
                "redis" => sessions.UseRedis((provider, options) =>
                {
                    FromService(provider, options);
                    options.Configuration = "127.0.0.1:1";
                }),
                _ => sessions.UseEntityFrameworkStore<SomeContext>(FromService),
            };
        },
        last: true));

    [Fact]
    public void LetTheUseMethodHaveTheLastWordBeforePostConfigure()
    {
        Assert.Equal("used", PrefixOf("memory", (services, sessions) =>
        {
            sessions.UseMemory(o => o.Prefix = o.Prefix == "configured" ? "used" : "too early");
            services.Configure<MemoryStoreOptions>(o => o.Prefix = "configured");
        }, last: true));
        Assert.Equal("post", PrefixOf("memory", (services, sessions) =>
        {
            services.PostConfigure<MemoryStoreOptions>(o => o.Prefix = "post");
            sessions.UseMemory(o => o.Prefix = "used");
        }, last: true));
    }

    [Fact]
    public void ThatBreakARuleOfTheApplicationAreRefused() => Assert.Contains(
        "at most a kilobyte",
        Assert.Throws<OptionsValidationException>(() => PrefixOf("memory", (services, _) => services
            .AddOptions<MemoryStoreOptions>().Validate(o => o.MaxBytes <= 1024, "at most a kilobyte"))).Message,
        StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void FromService(IServiceProvider services, GenericStoreOptions options) =>
        options.Prefix = services.GetRequiredService<Names>().Prefix;

    private static void Configure(string store, IServiceCollection services, string name, string prefix) => _ = store switch
    {
        "memory" => services.Configure<MemoryStoreOptions>(name, o => o.Prefix = prefix),
        "custom" => services.Configure<GenericStoreOptions>(name, o => o.Prefix = prefix),
        "sqlite" => services.Configure<SqliteStoreOptions>(name, o => o.Prefix = prefix),
        "postgres" => services.Configure<PostgreSqlStoreOptions>(name, o => o.Prefix = prefix),
        "redis" => services.Configure<RedisStoreOptions>(name, o => o.Prefix = prefix),
        _ => services.Configure<EntityFrameworkStoreOptions>(name, o => o.Prefix = prefix),
    };

    /// <summary>The prefix of the store that an application creates.</summary>
    private string PrefixOf(
        string store, Action<IServiceCollection, SactSessionBuilder> register, string registration = "", bool last = false)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<DictionaryData>();
        services.AddDbContext<SomeContext>(o => o.UseSqlite($"Data Source={_folder}/ef.db;Pooling=False"));
        var sessions = registration.Length == 0 ? services.AddSactSession() : services.AddSactSession(registration);
        if (!last)
        {
            _ = store switch
            {
                "memory" => sessions.UseMemory(),
                "custom" => sessions.UseStore<DictionaryStore>(),
                "sqlite" => sessions.UseSqlite($"Data Source={_folder}/app.db;Pooling=False"),
                "postgres" => sessions.UsePostgreSql("Host=127.0.0.1;Port=1"),
                "redis" => sessions.UseRedis("127.0.0.1:1"),
                _ => sessions.UseEntityFrameworkStore<SomeContext>(),
            };
        }

        register(services, sessions);
        using var provider = services.BuildServiceProvider();
        var found = registration.Length == 0
            ? provider.GetRequiredService<IGenericStore>()
            : provider.GetRequiredKeyedService<IGenericStore>(registration);
        return Assert.IsType<GenericStore>(found, exactMatch: false).Prefix;
    }

    internal sealed class SomeContext(DbContextOptions<SomeContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddSactSessions();
    }

    private sealed record Names(string Prefix);
}
