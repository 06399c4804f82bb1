using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Sact.Session.SecondProcess;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>A database with the tables of a context, for the tests of one class.</summary>
public abstract class EntityFrameworkFixture : IAsyncLifetime
{
    /// <summary>The name that the second process knows.</summary>
    public abstract string Kind { get; }

    public string ConnectionString { get; private set; } = "";

    internal DatabaseOfSessions Database { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await ConnectionStringAsync();
        Database = new DatabaseOfSessions(Kind, ConnectionString);
        await using var context = Database.CreateContext();
        await context.Database.EnsureCreatedAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await using (var context = Database.CreateContext())
        {
            await context.Database.EnsureDeletedAsync();
        }

        Database.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<string> ConnectionStringAsync();
}

/// <summary>An SQLite file.</summary>
public sealed class SqliteOfEntityFramework : EntityFrameworkFixture
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-ef-").FullName;

    public override string Kind => "ef-sqlite";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private protected override Task<string> ConnectionStringAsync() => Task.FromResult($"Data Source={Path.Combine(_folder, "app.db")}");
}

/// <summary>A database of the shared PostgreSQL server.</summary>
public sealed class PostgresOfEntityFramework(SharedPostgres shared) : EntityFrameworkFixture
{
    public override string Kind => "ef-postgresql";

    private protected override async Task<string> ConnectionStringAsync() =>
        (await shared.GetAsync()).ConnectionString.Replace("Database=postgres", $"Database=ef_{Guid.NewGuid():N}", StringComparison.Ordinal)
        + ";Timeout=15";
}
