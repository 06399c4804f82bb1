using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sact.Session.SecondProcess;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>What makes an application stop at its start, and what it says.</summary>
public sealed class EntityFrameworkAtTheStart(SharedPostgres shared) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-ef-").FullName;
    private readonly CapturedLog _log = new();

    private string ConnectionString => $"Data Source={_folder}/app.db;Pooling=False";

    [Fact]
    public async Task AnApplicationWithItsTablesStarts()
    {
        using (var database = new DatabaseOfSessions("ef-sqlite", ConnectionString))
        {
            await using var context = database.CreateContext();
            await context.Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
        }

        Assert.Null(await StartAsync<ShopContext>(services => services.AddDbContext<ShopContext>(o => o.UseSqlite(ConnectionString))));
        Assert.DoesNotContain(_log.Entries, entry => entry.Id == 303);
        using var after = new DatabaseOfSessions("ef-sqlite", ConnectionString);
        await using var look = after.CreateContext();
        Assert.Equal((0, 0), (await look.Set<SessionRow>().CountAsync(TestContext.Current.CancellationToken),
            await look.Set<SessionLockRow>().CountAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task AContextThatIsNotRegisteredIsAnError() =>
        await FailsAsync<ShopContext>(_ => { }, "ShopContext is not registered", "AddDbContext<ShopContext>");

    [Fact]
    public async Task AModelWithoutSessionsIsAnError() => await FailsAsync<EmptyContext>(
        services => services.AddDbContext<EmptyContext>(o => o.UseSqlite(ConnectionString)),
        "EmptyContext has no sessions",
        "modelBuilder.AddSactSessions()",
        "dotnet ef migrations add");

    [Fact]
    public async Task ATableThatNoMigrationMakesIsAnError() => await FailsAsync<ShopContext>(
        services => services.AddDbContext<ShopContext>(o => o.UseSqlite(ConnectionString)),
        "no such table: SactSessions",
        "dotnet ef migrations add AddSactSessions");

    [Fact]
    public async Task AMigrationThatIsNotAppliedIsAnErrorThatNamesIt() => await FailsAsync<MigratedContext>(
        services => services.AddDbContext<MigratedContext>(o => o.UseSqlite(ConnectionString)),
        "Migrations are pending: 20260101000000_AddSactSessions",
        "dotnet ef database update");

    [Fact]
    public async Task AMissingColumnIsAnError()
    {
        await using (var connection = new SqliteConnection(ConnectionString))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE SactSessions (Prefix BLOB, KeyPart BLOB); CREATE TABLE SactSessionsLocks (Id BLOB, UsedAt)";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await FailsAsync<ShopContext>(
            services => services.AddDbContext<ShopContext>(o => o.UseSqlite(ConnectionString)), "has no column named", "migration");
    }

    [Fact]
    public async Task AProviderWithoutExecuteUpdateIsAnError() => await FailsAsync<ShopContext>(
        services => services.AddDbContext<ShopContext>(o => o.UseInMemoryDatabase("app")),
        "Microsoft.EntityFrameworkCore.InMemory",
        "ExecuteUpdate");

    [Fact]
    public async Task ASingletonIsAnError() => await FailsAsync<ShopContext>(
        services => services.AddDbContext<ShopContext>(
            o => o.UseSqlite(ConnectionString), ServiceLifetime.Singleton, ServiceLifetime.Singleton),
        "registered as a singleton",
        "without a lifetime");

    [Fact]
    public async Task AConnectionThatAllContextsShareIsAnError()
    {
        await using var connection = new SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync(TestContext.Current.CancellationToken);

        await FailsAsync<ShopContext>(
            services => services.AddDbContext<ShopContext>(o => o.UseSqlite(connection)),
            "share one connection",
            "Mode=Memory;Cache=Shared");
    }

    [Theory]
    [InlineData("user")]
    [InlineData("key")]
    [InlineData("prefix")]
    public async Task ACollationThatIgnoresCaseIsAnError(string column)
    {
        CollatedContext.Column = column;
        var options = new DbContextOptionsBuilder<CollatedContext>()
            .UseSqlite(ConnectionString)
            .ReplaceService<IModelCacheKeyFactory, CollatedContext.PerColumn>()
            .Options;
        await using (var context = new CollatedContext(options))
        {
            await context.Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
        }

        await FailsAsync<CollatedContext>(
            services => services.AddScoped(_ => new CollatedContext(options)), "without regard to case", "binary");
    }

    [Fact]
    public async Task ADatabaseThatDoesNotExistIsAnError()
    {
        string missing = (await shared.GetAsync()).ConnectionString.Replace("=postgres;", "=ef_missing;", StringComparison.Ordinal);

        await FailsAsync<ShopContext>(
            services => services.AddDbContext<ShopContext>(o => o.UseNpgsql(missing)), "does not exist", "dotnet ef database update");
    }

    /// <summary>The application starts, and the first call that reaches the database checks it.</summary>
    [Fact]
    public async Task ADatabaseThatIsDownIsNone()
    {
        Assert.Null(await StartAsync<ShopContext>(services => services.AddDbContext<ShopContext>(
            o => o.UseNpgsql("Host=127.0.0.1;Port=1;Username=app;Password=correct-horse-battery;Database=app"))));

        var (_, level, text) = Assert.Single(_log.Entries, entry => entry.Id == 303);
        Assert.Equal(LogLevel.Warning, level);
        Assert.DoesNotContain("correct-horse", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCheckOfTheTablesCanWaitForTheFirstCall()
    {
        var services = new ServiceCollection();
        services.AddDbContext<ShopContext>(o => o.UseSqlite(ConnectionString));
        Assert.Null(await StartAsync<ShopContext>(
            added => added.AddDbContext<ShopContext>(o => o.UseSqlite(ConnectionString)), o => o.CheckAtStart = false));
        await using var provider = services.BuildServiceProvider();
        var store = new EntityFrameworkStore<ShopContext>(provider, new EntityFrameworkStoreOptions());

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CountActiveSessionsAsync());

        Assert.Contains("dotnet ef migrations add", fault.Message, StringComparison.Ordinal);
        await using (var scope = provider.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<ShopContext>().Database.EnsureCreatedAsync(
                TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, await store.CountActiveSessionsAsync());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task FailsAsync<TContext>(Action<IServiceCollection> register, params string[] words)
        where TContext : DbContext
    {
        var fault = Assert.IsType<SessionStoreException>(await StartAsync<TContext>(register));
        Assert.All(words, word => Assert.Contains(word, fault.Message, StringComparison.Ordinal));
    }

    private async Task<Exception?> StartAsync<TContext>(
        Action<IServiceCollection> register, Action<EntityFrameworkStoreOptions>? configure = null)
        where TContext : DbContext
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<ILoggerFactory>(_log);
        register(builder.Services);
        builder.Services.AddSactSession().UseEntityFrameworkStore<TContext>(configure);
        await using var app = builder.Build();
        var fault = await Record.ExceptionAsync(() => app.StartAsync(TestContext.Current.CancellationToken));
        await app.StopAsync(TestContext.Current.CancellationToken);
        return fault;
    }

    private sealed class EmptyContext(DbContextOptions<EmptyContext> options) : DbContext(options);

    /// <summary>A context whose author prefers text to bytes, under a collation that ignores case.</summary>
    private sealed class CollatedContext(DbContextOptions<CollatedContext> options) : DbContext(options)
    {
        public static string Column { get; set; } = "";

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.AddSactSessions();
            var row = modelBuilder.Entity<SessionRow>();
            var property = Column switch
            {
                "user" => row.Property(session => session.UserId!),
                "key" => row.Property(session => session.KeyPart),
                _ => row.Property(session => session.Prefix),
            };
            property.HasConversion((Microsoft.EntityFrameworkCore.Storage.ValueConversion.ValueConverter?)null).UseCollation("NOCASE");
        }

        internal sealed class PerColumn : IModelCacheKeyFactory
        {
            public object Create(DbContext context, bool designTime) => (context.GetType(), Column, designTime);
        }
    }
}

/// <summary>A context with a migration that makes the tables.</summary>
internal sealed class MigratedContext(DbContextOptions<MigratedContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddSactSessions();
}

[DbContext(typeof(MigratedContext))]
[Migration("20260101000000_AddSactSessions")]
internal sealed class AddSactSessions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.CreateTable(
        "SactSessions", columns => new { Prefix = columns.Column<byte[]>() });
}
