using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Scoreboard;

/// <summary>The stores that need no server: memory, and a private file of SQLite with and without Entity Framework Core.</summary>
internal static class LocalStores
{
    // One that the sweeper of the scoreboard knows too.
    private const string Prefix = "board";

    public static Task<SactStore> MemoryAsync()
    {
        MemoryStore? chosen = null;
        MemoryStore Create(TimeProvider clock) => new(new MemoryStoreOptions { TimeProvider = clock });
        return Task.FromResult(new SactStore(
            builder => builder.UseStore(services => chosen = Create(services.GetRequiredService<TimeProvider>())),
            Create,
            _ => new StoreControls
            {
                // Its size in half kilobytes, which is about one for each session: it counts no expired record.
                CountAsync = async () => Convert.ToInt64((await chosen!.InspectAsync()).Figures["used_bytes"], null) / 512,
                DumpReason = "The store keeps objects of the process.",
            },
            static () => default));
    }

    public static Task<SactStore> SqliteAsync()
    {
        var file = new TemporaryFile();
        return Task.FromResult(new SactStore(
            builder => builder.UseSqlite(file.ConnectionString, static options => options.Prefix = Prefix),
            Create,
            clock => file.Controls("sact_sessions", null, Sweeps(Create(clock))),
            file.DisposeAsync));

        SqliteStore Create(TimeProvider clock) => new(
            new SqliteStoreOptions { ConnectionString = file.ConnectionString, TimeProvider = clock, Prefix = Prefix });
    }

    public static async Task<SactStore> EntityFrameworkAsync()
    {
        var file = new TemporaryFile();
        var services = Services(file.ConnectionString);
        await using (var scope = services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<SessionsContext>().Database.EnsureCreatedAsync();
        }

        EntityFrameworkStore<SessionsContext> Create(TimeProvider clock) =>
            new(services, new EntityFrameworkStoreOptions { TimeProvider = clock, Prefix = Prefix });

        return new SactStore(
            builder =>
            {
                builder.Services.AddDbContext<SessionsContext>(options => options.UseSqlite(file.ConnectionString));
                builder.UseEntityFrameworkStore<SessionsContext>(static options => options.Prefix = Prefix);
            },
            Create,
            _ => file.Controls("SactSessions", "The clock of the database decides what is removed, and the scoreboard cannot move it."),
            async () =>
            {
                await services.DisposeAsync();
                await file.DisposeAsync();
            });
    }

    /// <summary>What the timer of a registration does: it removes what has expired.</summary>
    private static Func<Task> Sweeps(SqliteStore store) => async () =>
    {
        while (await store.DeleteExpiredAsync(500) > 0)
        {
        }
    };

    private static ServiceProvider Services(string connectionString) =>
        new ServiceCollection().AddDbContext<SessionsContext>(options => options.UseSqlite(connectionString)).BuildServiceProvider();

    internal sealed class SessionsContext(DbContextOptions<SessionsContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddSactSessions();
    }

    /// <summary>A database file in a folder that is deleted with it.</summary>
    private sealed class TemporaryFile : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("sact-scoreboard-").FullName;

        public string ConnectionString => $"Data Source={Path.Combine(_folder, "sessions.db")}";

        public StoreControls Controls(string table, string? sweepReason, Func<Task>? sweep = null) => new()
        {
            CountAsync = async () => (await RowsAsync(table)).Count,
            DumpAsync = async () => (await RowsAsync(table)).SelectMany(static row => row),
            SweepAsync = sweep ?? (static () => Task.CompletedTask),
            SweepReason = sweepReason,
        };

        public ValueTask DisposeAsync()
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(_folder, recursive: true);
            return default;
        }

        private async Task<List<string[]>> RowsAsync(string table)
        {
            await using var connection = new SqliteConnection(ConnectionString);
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT * FROM " + table;
            return await DumpedRows.ReadAsync(command);
        }
    }
}
