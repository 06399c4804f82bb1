using Microsoft.AspNetCore.Http;
using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Somebody else holds a lock on the table: every write waits for it, and reads do not.</summary>
[Trait("abuse", "K7")]
public sealed class PostgreSqlHungWrites(SharedPostgres shared, PgBouncer pooler) : IClassFixture<PgBouncer>
{
    public static TheoryData<string> Writes =>
    [
        "a sign-in", "a sign-in under a cap", "a field", "a touch", "a renewal", "a sign-out", "a sign-out everywhere", "an end of all",
        "a cleanup",
    ];

    [Theory]
    [MemberData(nameof(Writes))]
    [Trait("abuse", "I1")]
    public async Task ThatAreGivenUpHoldNoConnectionAndNeverHappen(string write)
    {
        var server = await shared.GetAsync();
        await using var table = await LockedTable.OpenAsync(server, server.ConnectionString + ";Maximum Pool Size=1");
        await GiveUpAsync(table, write);
    }

    [Fact]
    public async Task ThatAreGivenUpThroughAPoolerHoldNoConnectionAndNeverHappen()
    {
        var server = await shared.GetAsync();
        await using var table = await LockedTable.OpenAsync(server, await pooler.ConnectionStringAsync() + ";Maximum Pool Size=1");
        await GiveUpAsync(table, "a field");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LeaveConnectionsToReadsAndFinishWhenTheLockGoes(bool ownDataSource)
    {
        var server = await shared.GetAsync();
        string connectionString = server.ConnectionString + ";Maximum Pool Size=8";
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var table = await LockedTable.OpenAsync(server, connectionString, ownDataSource ? source : null);
        var sessions = await table.SignInAsync(40);
        await table.LockAsync();
        var touches = sessions.Select(session => table.Store.UpdateAsync(session, TouchOf(session)).AsTask()).ToArray();
        await table.WaitersAsync(4);

        var reads = Task.WhenAll(sessions.Select(session => table.Store.GetAsync(session.Key).AsTask()));
        Assert.All(await reads.WaitAsync(TimeSpan.FromSeconds(30)), Assert.NotNull);
        Assert.All(touches, touch => Assert.False(touch.IsCompleted));
        await table.UnlockAsync();

        var updates = await Task.WhenAll(touches).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.All(updates, update => Assert.Equal(SessionUpdateStatus.Applied, update.Status));
    }

    [Fact]
    [Trait("abuse", "K8")]
    public async Task OfTwentyRequestsOfOneSessionHoldNoConnectionWhenTheyAreGivenUp()
    {
        var server = await shared.GetAsync();
        var clock = new StoreContractClock(TimeProvider.System.GetUtcNow());
        await using var table = await LockedTable.OpenAsync(server, server.ConnectionString + ";Maximum Pool Size=20", clock: clock);
        var options = new SactSessionOptions { TimeProvider = clock, StoreTimeout = TimeSpan.FromSeconds(2) };
        var signIn = Request(table.Store, options, null);
        await signIn.SetAsync("alice");
        var others = await table.SignInAsync(20);
        await table.LockAsync();

        // The first presentation of a session is noted, so each of these has something to write.
        Task<string?> WhoAsync() => Task.Run(async () => (await Request(table.Store, options, signIn.SessionId).GetAsync())?.UserId);
        var requests = Enumerable.Range(0, 20).Select(_ => WhoAsync()).ToArray();
        await table.WaitersAsync(1);
        var reads = Task.WhenAll(others.Select(session => table.Store.GetAsync(session.Key).AsTask()));
        Assert.All(await reads.WaitAsync(TimeSpan.FromSeconds(30)), Assert.NotNull);
        Assert.All(await Task.WhenAll(requests), user => Assert.Equal("alice", user));

        // Sooner than the command time-out would free them.
        await table.IdleAsync(TimeSpan.FromSeconds(15));
        Assert.NotNull(await table.Store.GetAsync(others[0].Key));
        await table.UnlockAsync();
        Assert.Equal("alice", (await Request(table.Store, options, signIn.SessionId).GetAsync())?.UserId);
    }

    [Fact]
    [Trait("abuse", "F5")]
    public async Task ThatAreGivenUpInTheCommitAreUnknown()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = Open(server.ConnectionString + ";Maximum Pool Size=1");
        var session = NewSession(store);
        await store.CreateAsync(session);

        // No such standby exists, so that a commit is done here and waits for ever to be done there.
        await server.RunAsync("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await server.RunAsync("SELECT pg_reload_conf()");
        while (await server.ScalarAsync("SHOW synchronous_standby_names") is not "nobody")
        {
        }

        using var cancel = new CancellationTokenSource();
        var ending = store.DeleteAsync(session, cancel.Token).AsTask();
        while (await server.ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") is 0L)
        {
        }

        await cancel.CancelAsync();
        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => ending.WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.True(fault.OutcomeUnknown);
        Assert.Null(await store.GetAsync(session.Key));
    }

    private static async Task GiveUpAsync(LockedTable table, string write)
    {
        var store = table.Store;
        var session = (await table.SignInAsync(1))[0];
        var dead = Expired(store);
        await store.CreateAsync(dead);
        var late = NewSession(store);
        await table.LockAsync();
        using var cancel = new CancellationTokenSource();
        Task writing = write switch
        {
            "a sign-in" => store.CreateAsync(late, null, cancel.Token).AsTask(),
            "a sign-in under a cap" => store.CreateAsync(late, new SessionCap(1), cancel.Token).AsTask(),
            "a field" => store.UpdateAsync(session, Set("a", "1"), cancel.Token).AsTask(),
            "a touch" => store.UpdateAsync(session, TouchOf(session), cancel.Token).AsTask(),
            "a renewal" => store.UpdateAsync(session, RenewalOf(session), cancel.Token).AsTask(),
            "a sign-out" => store.DeleteAsync(session, cancel.Token).AsTask(),
            "a sign-out everywhere" => store.DeleteActiveSessionsAsync("alice", null, cancel.Token).AsTask(),
            "an end of all" => store.ClearAsync(cancel.Token).AsTask(),
            _ => store.DeleteExpiredAsync(10, cancel.Token).AsTask(),
        };
        await table.WaitersAsync(1);
        await cancel.CancelAsync();

        // The server has confirmed that it cancelled, so that nothing has happened; long before the command time-out.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(TimeSpan.FromSeconds(20)));

        // The pool has one connection, and the lock is still held.
        Assert.NotNull(await store.GetAsync(session.Key));
        await table.UnlockAsync();
        var now = (await store.GetAsync(session.Key))!;
        Assert.Empty(now.Fields);
        Assert.Null(now.PendingHash);
        Assert.Equal(session.LastSeenAt.ToUnixTimeMilliseconds(), now.LastSeenAt.ToUnixTimeMilliseconds());
        Assert.Null(await store.GetAsync(late.Key));
        Assert.Equal(1, await store.DeleteExpiredAsync(10));
    }

    private static SessionChange TouchOf(SessionRecord session) => new() { Touch = new SessionTouch(session.LastSeenAt.AddMinutes(1)) };

    private static SessionChange RenewalOf(SessionRecord session) =>
        new() { Renewal = SessionRenewal.Propose(session.LineageHash, session.CreatedAt, session) };

    private static Session<PostgreSqlStore> Request(PostgreSqlStore store, SactSessionOptions options, string? id)
    {
        var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
        context.Request.Headers.Cookie = id is null ? default : $"__Host-sid={id}";
        return new Session<PostgreSqlStore>(context.Request, context.Response, store, options);
    }

    private sealed class LockedTable(PostgresServer server, PostgreSqlStore store, string name) : IAsyncDisposable
    {
        private NpgsqlConnection? _holding;

        public PostgreSqlStore Store => store;

        public static async Task<LockedTable> OpenAsync(
            PostgresServer server, string connectionString, NpgsqlDataSource? source = null, TimeProvider? clock = null)
        {
            string name = NewTable();
            var store = Open(source is null ? connectionString : "", options =>
                (options.Table, options.DataSource, options.TimeProvider) = (name, source, clock));
            await store.CountActiveSessionsAsync();
            return new LockedTable(server, store, name);
        }

        public async Task<List<SessionRecord>> SignInAsync(int count)
        {
            var sessions = new List<SessionRecord>();
            for (int i = 0; i < count; i++)
            {
                sessions.Add(NewSession(store));
                await store.CreateAsync(sessions[i]);
            }

            return sessions;
        }

        public async Task LockAsync()
        {
            _holding = new NpgsqlConnection(server.ConnectionString + ";Pooling=False");
            await _holding.OpenAsync();
            await using var command = new NpgsqlCommand($"BEGIN; LOCK TABLE {name} IN EXCLUSIVE MODE", _holding);
            await command.ExecuteNonQueryAsync();
        }

        public async Task UnlockAsync()
        {
            await _holding!.DisposeAsync();
            _holding = null;
        }

        /// <summary>Waits until as many writes stand before the lock.</summary>
        public Task WaitersAsync(int count) => UntilAsync(waiters => waiters >= count, TimeSpan.FromSeconds(60));

        /// <summary>Waits until no write stands before the lock.</summary>
        public Task IdleAsync(TimeSpan limit) => UntilAsync(waiters => waiters == 0, limit);

        public async ValueTask DisposeAsync()
        {
            if (_holding is not null)
            {
                await UnlockAsync();
            }

            await store.DisposeAsync();
        }

        private async Task UntilAsync(Func<long, bool> isSo, TimeSpan limit)
        {
            using var end = new CancellationTokenSource(limit);
            string count = $"SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{name}'::regclass";
            while (!isSo((long)(await server.ScalarAsync(count))!))
            {
                end.Token.ThrowIfCancellationRequested();
            }
        }
    }
}
