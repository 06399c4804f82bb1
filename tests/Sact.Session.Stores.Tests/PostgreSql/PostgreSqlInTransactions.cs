using System.Transactions;
using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Inside a <see cref="TransactionScope"/> of the application, neither side takes part in the transaction of the other.</summary>
[Trait("abuse", "K6")]
public sealed class PostgreSqlInsideATransactionScope(SharedPostgres shared)
{
    public enum Connections
    {
        /// <summary>The store has a connection string.</summary>
        Own,

        /// <summary>The store and the application have one data source.</summary>
        Shared,

        /// <summary>The store has a connection string that demands to enlist.</summary>
        OwnThatEnlists,
    }

    public static TheoryData<Connections> Rows => [.. Enum.GetValues<Connections>()];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task RollbackUndoesTheApplicationsWorkAndNoneOfTheSessions(Connections connections)
    {
        await using var bed = await OpenAsync(connections);
        var (kept, ended) = (NewSession(bed.Store), NewSession(bed.Store));
        await bed.Store.CreateAsync(ended);
        using (Scope())
        {
            await bed.WriteAsync("before");
            await bed.Store.CreateAsync(kept, new SessionCap(5));
            Assert.Equal(SessionUpdateStatus.Applied, (await bed.Store.UpdateAsync(kept, Set("a", "1"))).Status);
            Assert.True(await bed.Store.DeleteAsync(ended));
            await bed.WriteAsync("after");

            // Durable at once: the scope is still open.
            Assert.Equal((true, false, 0L), await bed.SeenOutsideAsync(kept, ended));
        }

        Assert.Equal((true, false, 0L), await bed.SeenOutsideAsync(kept, ended));
        Assert.True((await bed.Store.GetAsync(kept.Key))!.Fields.SameAs(Set("a", "1").Set));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task CommitCommitsTheApplicationsWork(Connections connections)
    {
        await using var bed = await OpenAsync(connections);
        var session = NewSession(bed.Store);
        using (var scope = Scope())
        {
            await bed.WriteAsync("before");
            await bed.Store.CreateAsync(session);
            Assert.NotNull(await bed.Store.GetAsync(session.Key));
            Assert.Single(await ListAsync(bed.Store));
            await bed.WriteAsync("after");
            Assert.Equal((true, false, 0L), await bed.SeenOutsideAsync(session, NewSession(bed.Store)));
            scope.Complete();
        }

        Assert.Equal((true, false, 2L), await bed.SeenOutsideAsync(session, NewSession(bed.Store)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    [Trait("abuse", "F12")]
    public async Task ReadAfterAnAcknowledgedEndSeesTheEnd(Connections connections)
    {
        await using var bed = await OpenAsync(connections);
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        await using var elsewhere = Open((await shared.GetAsync()).ConnectionString, options => options.Prefix = bed.Store.Prefix);
        using (Scope())
        {
            // The scope is serializable: from here on the application's transaction sees a snapshot.
            await bed.WriteAsync("before");
            Assert.NotNull(await bed.Store.GetAsync(session.Key));
            Assert.True(await OutsideAsync(() => elsewhere.DeleteAsync(session).AsTask()));

            Assert.Null(await bed.Store.GetAsync(session.Key));
            Assert.Empty(await ListAsync(bed.Store));
            Assert.Equal(0, await bed.Store.CountActiveSessionsAsync());
            Assert.Equal(SessionUpdateStatus.Gone, (await bed.Store.UpdateAsync(session, Set("a", "1"))).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task ConnectionThatTheApplicationOpenedStaysTheApplications(Connections connections)
    {
        await using var bed = await OpenAsync(connections);
        var session = NewSession(bed.Store);
        using var scope = Scope();
        await using (var first = await bed.Application.OpenConnectionAsync())
        {
            int process = first.ProcessID;
            await UseAllAsync(bed.Store, session);
            Assert.Equal(process, await ScalarAsync(first, "SELECT pg_backend_pid()"));

            // A mapper closes its connection after each command. Npgsql then keeps it for the transaction, and gives it to nobody else.
            await first.CloseAsync();
            await UseAllAsync(bed.Store, NewSession(bed.Store));
            await using var second = await bed.Application.OpenConnectionAsync();
            Assert.Equal(process, second.ProcessID);
            Assert.Equal("serializable", await ScalarAsync(second, "SELECT current_setting('transaction_isolation')"));
        }

        scope.Complete();
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task WorkOfTheApplicationThatFailedDoesNotFailTheSession(Connections connections)
    {
        await using var bed = await OpenAsync(connections);
        var session = NewSession(bed.Store);
        await bed.Store.CreateAsync(session);
        using (Scope())
        {
            await bed.WriteAsync("before");
            await Assert.ThrowsAsync<PostgresException>(() => bed.RunAsync("SELECT 1 / 0"));

            Assert.Equal(SessionUpdateStatus.Applied, (await bed.Store.UpdateAsync(session, Set("a", "1"))).Status);
            Assert.NotNull(await bed.Store.GetAsync(session.Key));
        }

        Assert.Equal((true, false, 0L), await bed.SeenOutsideAsync(session, NewSession(bed.Store)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task TableThatTheStoreMakesThereOutlivesTheRollback(Connections connections)
    {
        await using var bed = await OpenAsync(connections, table: NewTable());
        var session = NewSession(bed.Store);
        using (Scope())
        {
            await bed.WriteAsync("before");
            await bed.Store.CreateAsync(session);
        }

        Assert.NotNull(await bed.Store.GetAsync(session.Key));
        Assert.Equal(0L, await bed.CountAsync());
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task ScopeThatDoesNotFlowIsLeftAloneToo(Connections connections)
    {
        await using var bed = await OpenAsync(connections);
        var session = NewSession(bed.Store);

        // Such a scope belongs to its thread, so everything in it is waited for there.
        await Task.Run(() =>
        {
            using (new TransactionScope())
            {
                bed.WriteAsync("before").GetAwaiter().GetResult();
                bed.Store.CreateAsync(session).AsTask().GetAwaiter().GetResult();
                Assert.NotNull(Transaction.Current);
            }
        });

        Assert.Equal((true, false, 0L), await bed.SeenOutsideAsync(session, NewSession(bed.Store)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task ScopeThatIsCompleteAlreadyIsNoObstacle(Connections connections)
    {
        await using var bed = await OpenAsync(connections);
        var session = NewSession(bed.Store);
        using (var scope = Scope())
        {
            await bed.WriteAsync("before");
            scope.Complete();
            await bed.Store.CreateAsync(session);
            Assert.NotNull(await bed.Store.GetAsync(session.Key));
        }

        Assert.Equal((true, false, 1L), await bed.SeenOutsideAsync(session, NewSession(bed.Store)));
    }

    private static TransactionScope Scope() => new(TransactionScopeAsyncFlowOption.Enabled);

    private static async Task UseAllAsync(PostgreSqlStore store, SessionRecord session)
    {
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

    private static async Task<T> OutsideAsync<T>(Func<Task<T>> run)
    {
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        return await run();
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task<Bed> OpenAsync(Connections connections, string? table = null)
    {
        var server = await shared.GetAsync();
        string rows = NewTable();
        await server.RunAsync($"CREATE TABLE {rows} (what text)");
        var application = NpgsqlDataSource.Create(server.ConnectionString);
        var store = Open(
            connections switch
            {
                Connections.Shared => "",
                Connections.OwnThatEnlists => server.ConnectionString + ";Enlist=true",
                _ => server.ConnectionString,
            },
            options =>
            {
                options.DataSource = connections == Connections.Shared ? application : null;
                options.Table = table ?? options.Table;
            });
        return new Bed(server, application, store, rows);
    }

    /// <summary>An application with a table, and its sessions.</summary>
    private sealed record Bed(PostgresServer Server, NpgsqlDataSource Application, PostgreSqlStore Store, string Rows) : IAsyncDisposable
    {
        public Task WriteAsync(string what) => RunAsync($"INSERT INTO {Rows} VALUES ('{what}')");

        public async Task RunAsync(string sql)
        {
            await using var connection = await Application.OpenConnectionAsync();
            await ScalarAsync(connection, sql);
        }

        public async Task<long> CountAsync() => (long)(await Server.ScalarAsync($"SELECT count(*) FROM {Rows}"))!;

        /// <summary>What is committed: whether the two sessions exist, and how many rows the application has.</summary>
        public Task<(bool Kept, bool Ended, long Rows)> SeenOutsideAsync(SessionRecord kept, SessionRecord ended) =>
            OutsideAsync(async () => (await ExistsAsync(kept.Key), await ExistsAsync(ended.Key), await CountAsync()));

        public async ValueTask DisposeAsync()
        {
            await Store.DisposeAsync();
            await Application.DisposeAsync();
        }

        private async Task<bool> ExistsAsync(SessionKey key)
        {
            const string Select = "SELECT 1 FROM sact_sessions WHERE prefix = @prefix AND key_part = @key AND state <> 3";
            return await Server.ScalarAsync(Select, ("prefix", key.Prefix), ("key", key.KeyPart)) is 1;
        }
    }
}
