using Sact.Session.SecondProcess;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>A server that ends, starts again, and refuses.</summary>
public sealed class EntityFrameworkOutages
{
    [Fact]
    public async Task AreFaultsAndNeverSignedOut()
    {
        await using var server = await PostgresServer.StartAsync();
        using var database = new DatabaseOfSessions("ef-postgresql", server.ConnectionString);
        var store = await OpenAsync(database);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await server.StopAsync();

        var read = await Assert.ThrowsAnyAsync<SessionStoreException>(async () => await store.GetAsync(session.Key));
        var change = await Assert.ThrowsAnyAsync<SessionStoreException>(async () => await store.UpdateAsync(session, Set("a", "1")));
        var creation = await Assert.ThrowsAnyAsync<SessionStoreException>(async () =>
            await store.CreateAsync(NewSession(store), new SessionCap(1)));
        var end = await Assert.ThrowsAnyAsync<SessionStoreException>(async () => await store.DeleteAsync(session));

        // No connection opened, so nothing was written.
        Assert.All([read, change, creation, end], fault =>
        {
            Assert.False(fault.OutcomeUnknown);
            Assert.DoesNotContain(PostgresServer.Password, CapturedLog.Of(fault), StringComparison.Ordinal);
        });
        await server.StartAgainAsync();
        Assert.NotNull(await store.GetAsync(session.Key));
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
    }

    /// <summary>A trigger of the database's owner quotes the row, which is what a provider's message may do.</summary>
    [Fact]
    [Trait("abuse", "K19")]
    public async Task ShowNoUserId()
    {
        const string User = "alice@example.test";
        await using var server = await PostgresServer.StartAsync();
        using var database = new DatabaseOfSessions("ef-postgresql", server.ConnectionString);
        var store = await OpenAsync(database);
        await server.RunAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no place for %', convert_from(NEW."UserId", 'UTF8'); END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON "SactSessions" FOR EACH ROW EXECUTE FUNCTION refuse()
            """);

        foreach (var cap in new[] { null, new SessionCap(1) })
        {
            var fault = await Assert.ThrowsAnyAsync<SessionStoreException>(
                async () => await store.CreateAsync(NewSession(store, User), cap));

            Assert.Contains("P0001", fault.Message, StringComparison.Ordinal);
            Assert.False(fault.OutcomeUnknown);
            Assert.DoesNotContain("alice", CapturedLog.Of(fault), StringComparison.Ordinal);
        }
    }

    /// <summary>The server confirms that it has cancelled the statement, so the caller learns that nothing has happened.</summary>
    [Fact]
    [Trait("abuse", "I1")]
    public async Task OfACallerThatGivesUpLeaveNothingHalfDone()
    {
        await using var server = await PostgresServer.StartAsync();
        using var database = new DatabaseOfSessions("ef-postgresql", server.ConnectionString);
        var store = await OpenAsync(database);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await using var connection = new Npgsql.NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = new Npgsql.NpgsqlCommand("LOCK TABLE \"SactSessions\" IN EXCLUSIVE MODE", connection, transaction);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        using var patience = new CancellationTokenSource();
        var change = store.UpdateAsync(session, Set("a", "1"), patience.Token).AsTask();
        while (await server.ScalarAsync("SELECT count(*) FROM pg_locks WHERE NOT granted") is 0L)
        {
        }

        await patience.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => change);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);

        Assert.Empty((await store.GetAsync(session.Key))!.Fields);
    }

    internal static async Task<EntityFrameworkStore<ShopContext>> OpenAsync(DatabaseOfSessions database)
    {
        await using (var context = database.CreateContext())
        {
            await context.Database.EnsureCreatedAsync();
        }

        var store = database.Open(new EntityFrameworkStoreOptions { Prefix = NewPrefix() });
        await store.CountActiveSessionsAsync();
        return store;
    }
}
