using Sact.Session.SecondProcess;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>How many statements each verb sends.</summary>
public abstract class EntityFrameworkRoundTrips(EntityFrameworkFixture fixture)
{
    private protected Statements Statements { get; } = new();

    private protected DatabaseOfSessions Database => fixture.Database;

    [Fact]
    public async Task AReadIsOneAndAnUpdateOneMore()
    {
        await using var bed = await OpenAsync();
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        Statements.Clear();

        var read = await bed.Store.GetAsync(session.Key);
        Assert.Single(Statements.Sent);
        Assert.Equal(SessionUpdateStatus.Applied, (await bed.Store.UpdateAsync(read!, Set("a", "1"))).Status);

        Assert.Equal(2, Statements.Sent.Count);
        Assert.StartsWith("UPDATE", Statements.Sent[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASignInWithoutALimitIsOne()
    {
        await using var bed = await OpenAsync();

        await bed.Store.CreateAsync(NewSession(bed.Store));

        Assert.StartsWith("INSERT", Assert.Single(Statements.Sent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASignInUnderALimitLocksListsAndInserts()
    {
        await using var bed = await OpenAsync();
        await bed.Store.CreateAsync(NewSession(bed.Store), new SessionCap(3));
        Statements.Clear();

        await bed.Store.CreateAsync(NewSession(bed.Store), new SessionCap(3));

        Assert.Equal(["UPDATE", "SELECT", "INSERT"], Statements.Sent.Select(sql => sql.Split(' ', '\n')[0]));
    }

    [Fact]
    public async Task AListACountAndARefusalAreOneEach()
    {
        await using var bed = await OpenAsync();
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        Statements.Clear();

        Assert.Single(await ListAsync(bed.Store));
        Assert.Single(Statements.Sent);
        Assert.Equal(1, await bed.Store.CountActiveSessionsAsync());
        Assert.Equal(2, Statements.Sent.Count);
        Assert.Null(await bed.Store.GetAsync(NewSession(bed.Store).Key));
        Assert.Equal(3, Statements.Sent.Count);
    }

    [Fact]
    public async Task AChangeThatAnotherNodeOvertakesNeedsTwoMore()
    {
        await using var bed = await OpenAsync();
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        await bed.Store.UpdateAsync(session, Set("a", "1"));
        Statements.Clear();

        var late = await bed.Store.UpdateAsync(session, Set("b", "2"));

        Assert.Equal(["a", "b"], late.Record!.Fields.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["UPDATE", "SELECT", "UPDATE"], Statements.Sent.Select(sql => sql.Split(' ', '\n')[0]));
    }

    /// <summary>Opens a store and makes its first call, which checks the tables.</summary>
    private protected async Task<Bed> OpenAsync()
    {
        var database = new DatabaseOfSessions(fixture.Kind, fixture.ConnectionString, options => options.AddInterceptors(Statements));
        var store = database.Open(new EntityFrameworkStoreOptions { Prefix = NewPrefix() });
        await store.CountActiveSessionsAsync();
        Statements.Clear();
        return new Bed(database, store);
    }

    private protected sealed record Bed(DatabaseOfSessions Database, EntityFrameworkStore<ShopContext> Store) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Store.ClearAsync();
            Database.Dispose();
        }
    }
}

public sealed class EntityFrameworkSqliteRoundTrips(SqliteOfEntityFramework fixture)
    : EntityFrameworkRoundTrips(fixture), IClassFixture<SqliteOfEntityFramework>;

public sealed class EntityFrameworkPostgreSqlRoundTrips(PostgresOfEntityFramework fixture)
    : EntityFrameworkRoundTrips(fixture), IClassFixture<PostgresOfEntityFramework>
{
    /// <summary>
    /// Another node writes to the session before each attempt to end it. The end must not wait for it to stop. Over SQLite the writes of
    /// one process take turns, so this race needs a server.
    /// </summary>
    [Fact]
    [Trait("abuse", "D1")]
    public async Task AnEndLosesAFewRacesAtMost()
    {
        await using var bed = await OpenAsync();
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        var other = Database.Open(new EntityFrameworkStoreOptions { Prefix = bed.Store.Prefix });
        int writes = 0;
        Statements.Before = async sql =>
        {
            if (sql.StartsWith("UPDATE", StringComparison.Ordinal) && ++writes <= 50)
            {
                await other.UpdateAsync(session, Set("n", $"{writes}"));
            }
        };

        Assert.True(await bed.Store.DeleteAsync(session));

        Assert.Equal(4, writes);
        Assert.Null(await bed.Store.GetAsync(session.Key));
    }
}
