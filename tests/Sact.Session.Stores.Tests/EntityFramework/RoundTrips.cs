using Sact.Session.SecondProcess;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>How many statements each verb sends.</summary>
public abstract class EntityFrameworkRoundTrips(EntityFrameworkFixture fixture)
{
    private readonly Statements _statements = new();

    [Fact]
    public async Task AReadIsOneAndAnUpdateOneMore()
    {
        await using var bed = await OpenAsync();
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        _statements.Clear();

        var read = await bed.Store.GetAsync(session.Key);
        Assert.Single(_statements.Sent);
        Assert.Equal(SessionUpdateStatus.Applied, (await bed.Store.UpdateAsync(read!, Set("a", "1"))).Status);

        Assert.Equal(2, _statements.Sent.Count);
        Assert.StartsWith("UPDATE", _statements.Sent[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASignInWithoutALimitIsOne()
    {
        await using var bed = await OpenAsync();

        await bed.Store.CreateAsync(NewSession(bed.Store));

        Assert.StartsWith("INSERT", Assert.Single(_statements.Sent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASignInUnderALimitLocksListsAndInserts()
    {
        await using var bed = await OpenAsync();
        await bed.Store.CreateAsync(NewSession(bed.Store), new SessionCap(3));
        _statements.Clear();

        await bed.Store.CreateAsync(NewSession(bed.Store), new SessionCap(3));

        Assert.Equal(["UPDATE", "SELECT", "INSERT"], _statements.Sent.Select(sql => sql.Split(' ', '\n')[0]));
    }

    [Fact]
    public async Task AListACountAndARefusalAreOneEach()
    {
        await using var bed = await OpenAsync();
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        _statements.Clear();

        Assert.Single(await ListAsync(bed.Store));
        Assert.Single(_statements.Sent);
        Assert.Equal(1, await bed.Store.CountActiveSessionsAsync());
        Assert.Equal(2, _statements.Sent.Count);
        Assert.Null(await bed.Store.GetAsync(NewSession(bed.Store).Key));
        Assert.Equal(3, _statements.Sent.Count);
    }

    [Fact]
    public async Task AChangeThatAnotherNodeOvertakesNeedsTwoMore()
    {
        await using var bed = await OpenAsync();
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        await bed.Store.UpdateAsync(session, Set("a", "1"));
        _statements.Clear();

        var late = await bed.Store.UpdateAsync(session, Set("b", "2"));

        Assert.Equal(["a", "b"], late.Record!.Fields.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["UPDATE", "SELECT", "UPDATE"], _statements.Sent.Select(sql => sql.Split(' ', '\n')[0]));
    }

    /// <summary>Opens a store and makes its first call, which checks the tables.</summary>
    private async Task<Bed> OpenAsync()
    {
        var database = new DatabaseOfSessions(fixture.Kind, fixture.ConnectionString, options => options.AddInterceptors(_statements));
        var store = database.Open(new EntityFrameworkStoreOptions { Prefix = NewPrefix() });
        await store.CountActiveSessionsAsync();
        _statements.Clear();
        return new Bed(database, store);
    }

    private sealed record Bed(DatabaseOfSessions Database, EntityFrameworkStore<ShopContext> Store) : IAsyncDisposable
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
    : EntityFrameworkRoundTrips(fixture), IClassFixture<PostgresOfEntityFramework>;
