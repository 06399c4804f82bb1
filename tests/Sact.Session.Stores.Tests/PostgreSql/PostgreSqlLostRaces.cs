using System.Reflection;
using System.Text;
using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>A change that lost a race locks the row, so that its second attempt is the last one.</summary>
public sealed class PostgreSqlLostRaces(SharedPostgres shared)
{
    [Fact]
    [Trait("abuse", "D7")]
    public async Task EndWithTheSecondAttemptHoweverManyWritersThereAre()
    {
        const int Writers = 8;
        const int Each = 25;
        var server = await shared.GetAsync();
        string table = NewTable();
        string prefix = NewPrefix();

        // Changes of one store would join.
        var stores = Enumerable.Range(0, Writers)
            .Select(_ => Open(server.ConnectionString, options => (options.Table, options.Prefix) = (table, prefix)))
            .ToArray();
        var session = NewSession(stores[0]);
        await stores[0].CreateAsync(session);
        await server.RunAsync($"""
            CREATE TABLE {table}_updates (version bigint);
            CREATE FUNCTION {table}_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              INSERT INTO {table}_updates VALUES (NEW.version);
              RETURN NULL;
            END $$;
            CREATE TRIGGER counts AFTER UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_count();
            """);

        await Task.WhenAll(stores.Select((store, writer) => Task.Run(async () =>
        {
            for (int i = 0; i < Each; i++)
            {
                // Always through the first record, which others have changed long since.
                Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set($"f{writer}_{i}", "1"))).Status);
            }
        })));

        Assert.Equal(Writers * Each, (await stores[0].GetAsync(session.Key))!.Fields.Count);
        Assert.Equal((long)(Writers * Each), await server.ScalarAsync($"SELECT count(*) FROM {table}_updates"));
        Array.ForEach(stores, store => store.Dispose());
    }

    [Fact]
    [Trait("abuse", "I1")]
    [Trait("abuse", "K7")]
    public async Task ThatAreGivenUpBeforeTheLockHoldNoConnectionAndNeverHappen()
    {
        await using var bed = await StaleRecord.OpenAsync(await shared.GetAsync());
        using var cancel = new CancellationTokenSource();
        Task<SessionUpdate> writing;
        await using (var holding = new NpgsqlConnection(bed.Server.ConnectionString))
        {
            await holding.OpenAsync();
            await using var transaction = await holding.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand($"SELECT 1 FROM {bed.Table} FOR UPDATE", holding, transaction);
            await hold.ExecuteScalarAsync();
            writing = bed.Store.UpdateAsync(bed.Stale, Set("b", "2"), cancel.Token).AsTask();
            string waits = $"SELECT count(*) FROM pg_stat_activity WHERE {holding.ProcessID} = ANY(pg_blocking_pids(pid))";
            while (await bed.Server.ScalarAsync(waits) is 0L)
            {
            }

            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(TimeSpan.FromSeconds(20)));

            // The pool has one connection, and the lock is still held.
            Assert.Single((await bed.Store.GetAsync(bed.Stale.Key))!.Fields);
        }

        await bed.IsIdleAsync();
        Assert.Single((await bed.Store.GetAsync(bed.Stale.Key))!.Fields);
    }

    /// <summary>Versions grow by random steps, so two writers of one record may draw the same. The bytes tell them apart.</summary>
    [Fact]
    [Trait("abuse", "D7")]
    public async Task AreNoticedIfTheWinnerHasDrawnTheSameVersion()
    {
        await using var store = Open((await shared.GetAsync()).ConnectionString);
        var replace = typeof(PostgreSqlStore).GetMethod("ReplaceAsync", BindingFlags.Instance | BindingFlags.NonPublic)!
            .CreateDelegate<Func<SessionRecord, SessionRecord, CancellationToken, ValueTask<StoredRecord?>>>(store);
        var session = NewSession(store);
        await store.CreateAsync(session);
        var winner = session with { Version = 700, Fields = Set("a", "1").Set! };
        var loser = session with { Version = 700, Fields = Set("a", "2").Set! };

        Assert.Null(await replace(session, winner, CancellationToken.None));
        var answer = await replace(session, loser, CancellationToken.None);

        Assert.Equal("1", Field(answer!.Value.Record!));

        // Nor is what the loser took for stored replaced.
        var later = await replace(loser, loser with { Version = 900 }, CancellationToken.None);
        Assert.Equal("1", Field(later!.Value.Record!));
        Assert.Equal("1", Field((await store.GetAsync(session.Key))!));

        static string Field(SessionRecord record) => Encoding.UTF8.GetString(record.Fields.Single().Value.Span);
    }

    [Fact]
    public async Task ThatEndInAConflictLeaveNoTransactionAndNoLock()
    {
        await using var bed = await StaleRecord.OpenAsync(await shared.GetAsync());
        var change = new SessionChange { Set = Set("a", "2").Set, Condition = new SessionFieldCondition("a", null) };

        var update = await bed.Store.UpdateAsync(bed.Stale, change);

        Assert.Equal(SessionUpdateStatus.Conflict, update.Status);
        Assert.True(update.Record!.Fields.SameAs(Set("a", "1").Set));
        await bed.IsIdleAsync();
    }

    /// <summary>A session that another caller has changed, in a table of its own, and a store with one connection.</summary>
    private sealed record StaleRecord(PostgresServer Server, PostgreSqlStore Store, SessionRecord Stale, string Table) : IAsyncDisposable
    {
        public static async Task<StaleRecord> OpenAsync(PostgresServer server)
        {
            string table = NewTable();
            string connectionString = server.ConnectionString + ";Maximum Pool Size=1;Application Name=" + table;
            var store = Open(connectionString, options => options.Table = table);
            var session = NewSession(store);
            await store.CreateAsync(session);
            Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
            return new StaleRecord(server, store, session, table);
        }

        public async Task IsIdleAsync()
        {
            const string Look = """
                SELECT concat_ws(' ', string_agg(DISTINCT state, ','), count(l.pid))
                FROM pg_stat_activity a LEFT JOIN pg_locks l ON l.pid = a.pid WHERE a.application_name = @application
                """;
            Assert.Equal("idle 0", await Server.ScalarAsync(Look, ("application", Table)));
        }

        public ValueTask DisposeAsync() => Store.DisposeAsync();
    }
}
