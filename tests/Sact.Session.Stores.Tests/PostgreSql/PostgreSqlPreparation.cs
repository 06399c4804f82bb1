using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A prepared call takes a third of the time, so the store prepares by itself. The wire shows it: a prepared call sends no SQL.
/// </summary>
public sealed class PostgreSqlPreparation(SharedPostgres shared, PgBouncer pooler) : IClassFixture<PgBouncer>
{
    private const string One = ";Maximum Pool Size=1";

    /// <summary>Part of each statement of the verbs.</summary>
    private const string Sql = "sact_sessions";

    // The round trips of UseAsync, and the calls that write. Ending a user's sessions takes two.
    private const int Verbs = 10;
    private const int Writes = 6;

    [Fact]
    public async Task IsDoneByTheStoreItself()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString + One);

        await UseAsync(store);
        await UseAsync(store);
        int before = proxy.Sent.Length;
        int roundTrips = proxy.RoundTrips;
        await UseAsync(store);

        string sent = proxy.Sent[before..];
        Assert.DoesNotContain(Sql, sent, StringComparison.Ordinal);
        Assert.DoesNotContain("COMMIT", sent, StringComparison.Ordinal);
        Assert.Equal(Verbs, proxy.RoundTrips - roundTrips);
    }

    [Fact]
    public async Task CostsNoRoundTrip()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString + One);
        await store.CountActiveSessionsAsync();
        for (int i = 0; i < 4; i++)
        {
            int before = proxy.RoundTrips;
            await UseAsync(store);
            Assert.Equal(Verbs, proxy.RoundTrips - before);
        }
    }

    [Fact]
    public async Task IsNotDoneThroughAPooler()
    {
        string connectionString = await pooler.ConnectionStringAsync();
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        proxy.LeadTo(new NpgsqlConnectionStringBuilder(connectionString).Port);
        using var log = new Events();
        await using var store = Open(proxy.ConnectionString + One, options => options.LoggerFactory = log);
        for (int i = 0; i < 3; i++)
        {
            await UseAsync(store);
        }

        int before = proxy.Sent.Length;
        await UseAsync(store);

        string sent = proxy.Sent[before..];
        Assert.Contains(Sql, sent, StringComparison.Ordinal);
        Assert.Equal(Writes, sent.Split("BEGIN ISOLATION").Length - 1);
        Assert.Equal(0L, await PreparedAsync(connectionString));
        Assert.Empty(log.Seen);
    }

    [Theory]
    [InlineData(";Max Auto Prepare=0", false)]
    [InlineData(";Max Auto Prepare=16;Auto Prepare Min Usages=1", true)]
    public async Task IsDoneAsTheConnectionStringSays(string said, bool prepares)
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString + One + said);
        var key = NewSession(store).Key;
        await store.GetAsync(key);
        int before = proxy.Sent.Length;
        await store.GetAsync(key);

        Assert.Equal(prepares, !proxy.Sent[before..].Contains(Sql, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OverADataSourceOfTheApplicationIsTheApplications()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var source = NpgsqlDataSource.Create(proxy.ConnectionString + One);
        await using var store = Open("", options => options.DataSource = source);
        await UseAsync(store);
        await UseAsync(store);
        int before = proxy.Sent.Length;
        await UseAsync(store);

        Assert.Contains(Sql, proxy.Sent[before..], StringComparison.Ordinal);
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_prepared_statements", connection);
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    /// <summary>An address may lead to the server today and to a pooler tomorrow.</summary>
    [Fact]
    public async Task EndsWithoutAFaultWhereAPoolerComesBetween()
    {
        string pooled = await pooler.ConnectionStringAsync();
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        using var log = new Events();
        await using var store = Open(proxy.ConnectionString, options => options.LoggerFactory = log);
        await UseAsync(store);
        await UseAsync(store);
        proxy.LeadTo(new NpgsqlConnectionStringBuilder(pooled).Port);

        // The broken connections of the pool are found by reads, which are repeated.
        await store.GetAsync(NewSession(store).Key);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            for (int round = 0; round < 5; round++)
            {
                await UseAsync(store, "user-" + i, alone: false);
            }
        })));

        Assert.Equal(0L, await PreparedAsync(pooled));
        Assert.DoesNotContain(205, log.Seen);
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "26000", "EXECUTE 'DEALLOCATE ALL'" },
        { "42P05", "FOR i IN 1..60 LOOP EXECUTE 'PREPARE _auto' || i || ' AS SELECT 1'; END LOOP" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task ThatTheServerRefusesIsGivenUpWithOneEventAndNoFault(string state, string does)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        var log = new CapturedLog();
        await using var store = Open(server.ConnectionString + One, options => (options.Table, options.LoggerFactory) = (table, log));
        var session = NewSession(store);
        await store.CreateAsync(session);
        if (state == "26000")
        {
            // What is there already is what the server then does not know any more.
            Assert.NotNull(await store.GetAsync(session.Key));
            Assert.NotNull(await store.GetAsync(session.Key));
            Assert.NotNull(await store.GetAsync(session.Key));
        }

        await server.RunAsync($"""
            CREATE FUNCTION {table}_upset() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE i int; BEGIN {does}; RETURN NULL; END $$;
            CREATE TRIGGER upsets AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_upset();
            """);
        await store.CreateAsync(NewSession(store));
        await server.RunAsync($"DROP TRIGGER upsets ON {table}");
        for (int i = 0; i < 4; i++)
        {
            await UseAsync(store, "bob", alone: false);
            Assert.NotNull(await store.GetAsync(session.Key));
        }

        var entry = Assert.Single(log.Entries);
        Assert.Equal(205, entry.Id);
        Assert.Contains(state, entry.Text, StringComparison.Ordinal);
        Assert.Contains("Max Auto Prepare=0", entry.Text, StringComparison.Ordinal);
    }

    /// <summary>0A000: the answer of a prepared statement must keep its types.</summary>
    [Fact]
    public async Task ThatAChangedTableOutdatesIsGivenUpWithoutAFault()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        using var log = new Events();
        await using var store = Open(server.ConnectionString + One, options => (options.Table, options.LoggerFactory) = (table, log));
        await store.CreateAsync(NewSession(store));
        for (int i = 0; i < 3; i++)
        {
            Assert.Single(await ListAsync(store));
        }

        await server.RunAsync($"ALTER TABLE {table} ALTER COLUMN key_part TYPE varchar(24) COLLATE \"C\"");

        Assert.Single(await ListAsync(store));
        Assert.Equal(205, Assert.Single(log.Seen));
    }

    private static async Task UseAsync(PostgreSqlStore store, string user = "alice", bool alone = true)
    {
        var session = NewSession(store, user);
        await store.CreateAsync(session, new SessionCap(5));
        Assert.NotNull(await store.GetAsync(session.Key));
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
        Assert.Single(await ListAsync(store, user));
        Assert.InRange(await store.CountActiveSessionsAsync(), 1, alone ? 1 : 100);
        await store.DeleteExpiredAsync(10);
        Assert.True(await store.DeleteAsync(session));
        Assert.Equal(0, await store.DeleteActiveSessionsAsync(user));
        if (alone)
        {
            Assert.Equal(0, await store.ClearAsync());
        }
    }

    /// <summary>How many statements the pooler's connections to the server hold.</summary>
    private static async Task<long> PreparedAsync(string connectionString)
    {
        long statements = 0;
        await using var source = NpgsqlDataSource.Create(connectionString);

        // Each open transaction holds another one of the pooler's connections.
        var transactions = new List<NpgsqlConnection>();
        for (int i = 0; i < PgBouncer.Connections; i++)
        {
            transactions.Add(await source.OpenConnectionAsync());
            await using var command = new NpgsqlCommand("BEGIN; SELECT count(*) FROM pg_prepared_statements", transactions[i]);
            statements += (long)(await command.ExecuteScalarAsync())!;
        }

        foreach (var transaction in transactions)
        {
            await transaction.DisposeAsync();
        }

        return statements;
    }
}
