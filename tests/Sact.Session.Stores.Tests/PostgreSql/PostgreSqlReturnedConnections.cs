using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>What goes back to the pool is what came out of it, although nothing resets it.</summary>
public sealed class PostgreSqlReturnedConnections(SharedPostgres shared)
{
    private const string One = ";Maximum Pool Size=1;Application Name=";

    [Fact]
    public async Task AreNotResetBecauseNothingIsLeftOnThem()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString);

        await UseAsync(store);

        Assert.Equal(0, proxy.Resets);
    }

    [Theory]
    [InlineData(";No Reset On Close=false")]
    [InlineData(";NoResetOnClose=false")]
    public async Task AreResetIfTheConnectionStringSaysSo(string said)
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString + said);

        await UseAsync(store);

        Assert.NotEqual(0, proxy.Resets);
    }

    [Fact]
    public async Task OfTheApplicationsDataSourceAreResetAsItSays()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var source = NpgsqlDataSource.Create(proxy.ConnectionString);
        await using var store = Open("", options => options.DataSource = source);

        await UseAsync(store);

        Assert.NotEqual(0, proxy.Resets);
    }

    [Fact]
    [Trait("abuse", "F1")]
    public async Task AfterAFailedWriteHoldNoTransactionAndNoLock()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var store = Open(server.ConnectionString + One + table, options => options.Table = table);
        var session = NewSession(store);
        await store.CountActiveSessionsAsync();
        await server.RunAsync($"""
            CREATE FUNCTION "{table}_fail"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
            CREATE TRIGGER fail BEFORE INSERT ON "{table}" EXECUTE FUNCTION "{table}_fail"();
            """);

        // With a cap, so that the lock of the user's sign-ins has been taken when it fails.
        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(session, new SessionCap(5)));

        Assert.IsType<PostgresException>(fault.InnerException);
        Assert.Equal("idle", await OfItsConnectionAsync(server, table, "string_agg(state, ',')"));
        Assert.Equal(0L, await OfItsConnectionAsync(server, table, "count(l.pid)"));
        await server.RunAsync($"DROP TRIGGER fail ON \"{table}\"");
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(session, new SessionCap(5))).Status);
        Assert.NotNull(await store.GetAsync(session.Key));
    }

    [Fact]
    [Trait("abuse", "F1")]
    public async Task AfterACancelledReadAreGoodForTheNextCall()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var store = Open(server.ConnectionString + One + table, options => options.Table = table);
        var session = NewSession(store);
        await store.CreateAsync(session);
        using var cancel = new CancellationTokenSource();
        await using (var holding = new NpgsqlConnection(server.ConnectionString))
        {
            await holding.OpenAsync();
            await using var transaction = await holding.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand($"LOCK TABLE \"{table}\"", holding, transaction))
            {
                await hold.ExecuteNonQueryAsync();
            }

            var reading = store.GetAsync(session.Key, cancel.Token).AsTask();
            while (await OfItsConnectionAsync(server, table, "count(l.pid) FILTER (WHERE NOT l.granted)") is 0L)
            {
            }

            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }

        Assert.NotNull(await store.GetAsync(session.Key));
        Assert.Equal("idle", await OfItsConnectionAsync(server, table, "string_agg(state, ',')"));
    }

    [Fact]
    public async Task CarryNothingThatTheStoreHasSet()
    {
        const string Left = """
            SELECT concat_ws(' ',
              current_setting('synchronous_commit'), current_setting('transaction_isolation'), current_setting('search_path'),
              (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'),
              (SELECT count(*) FROM pg_prepared_statements),
              (SELECT count(*) FROM pg_cursors WHERE name <> ''))
            """;
        string own =
            (await shared.GetAsync()).ConnectionString + ";Maximum Pool Size=1;No Reset On Close=true;"
            + "Options=-c synchronous_commit=off -c default_transaction_isolation=repeatable\\ read";
        await using var source = NpgsqlDataSource.Create(own);
        string before = (string)(await ScalarAsync(source, Left))!;
        await using var store = Open("", options => options.DataSource = source);

        await UseAsync(store);

        Assert.StartsWith("off repeatable read", before, StringComparison.Ordinal);
        Assert.Equal(before, await ScalarAsync(source, Left));
    }

    /// <summary>Every call once, the connection handed back after each.</summary>
    private static async Task UseAsync(PostgreSqlStore store)
    {
        var session = NewSession(store);
        await store.CreateAsync(session, new SessionCap(5));
        Assert.NotNull(await store.GetAsync(session.Key));
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
        Assert.Single(await ListAsync(store));
        Assert.Equal(1, await store.CountActiveSessionsAsync());
        await store.DeleteExpiredAsync(10);
        Assert.True(await store.DeleteAsync(session));
        Assert.Equal(0, await store.DeleteActiveSessionsAsync("alice"));
        Assert.Equal(0, await store.ClearAsync());
    }

    private static Task<object?> OfItsConnectionAsync(PostgresServer server, string application, string asked) =>
        server.ScalarAsync(
            $"SELECT {asked} FROM pg_stat_activity a LEFT JOIN pg_locks l ON l.pid = a.pid WHERE a.application_name = @application",
            ("application", application));

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
