using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Races between two processes, each held at its critical point by a lock on the very row it needs.</summary>
public sealed class PostgreSqlTwoProcesses(SharedPostgres shared)
{
    [Fact]
    [Trait("abuse", "D4")]
    public async Task EndingEverywhereWhoseProcessIsKilledHalfWayIsRetriedToTheEnd()
    {
        var server = await shared.GetAsync();
        string prefix = NewPrefix();
        await using var store = Open(server.ConnectionString, options => options.Prefix = prefix);
        var sessions = await SignInAsync(store, 20);
        using (var process = new SecondProcess())
        {
            var far = await process.OpenAsync("postgresql", server.ConnectionString, TimeProvider.System, prefix);
            await using var row = await LockAsync(server, sessions[^1]);
            var ending = far.DeleteActiveSessionsAsync("alice").AsTask();
            await row.WaiterAsync(server);

            process.Kill();
            await Assert.ThrowsAsync<InvalidOperationException>(() => ending);
        }

        await store.DeleteActiveSessionsAsync("alice");

        Assert.Empty(await ListAsync(store));
        foreach (var session in sessions)
        {
            Assert.Null(await store.GetAsync(session.Key));
        }
    }

    [Theory]
    [InlineData("a field")]
    [InlineData("a touch")]
    [InlineData("a renewal")]
    [InlineData("a replacement")]
    [Trait("abuse", "D1")]
    [Trait("abuse", "D2")]
    [Trait("abuse", "D3")]
    public async Task WhatAnotherProcessWasAboutToWriteWhenTheSessionEndedIsGone(string what)
    {
        var server = await shared.GetAsync();
        string prefix = NewPrefix();
        await using var store = Open(server.ConnectionString, options => options.Prefix = prefix);
        var session = Assert.Single(await SignInAsync(store, 1));
        var hash = new SecretHash(Guid.NewGuid().ToByteArray());
        var change = what switch
        {
            "a field" => Set("a", "1"),
            "a touch" => new SessionChange { Touch = new SessionTouch(session.LastSeenAt.AddMinutes(1)) },
            "a renewal" => new SessionChange { Renewal = SessionRenewal.Propose(hash, session.CreatedAt, session) },
            _ => new SessionChange { Renewal = SessionRenewal.Replace(hash, session.CreatedAt, session) },
        };
        using var process = new SecondProcess();
        var far = await process.OpenAsync("postgresql", server.ConnectionString, TimeProvider.System, prefix);

        // The writer and the end stand before the row in this order; the row is let go of only by a deletion, so the writer comes second.
        await using var row = await LockAsync(server, session);
        var writing = far.UpdateAsync(session, change).AsTask();
        await row.WaiterAsync(server);
        await row.EndAsync();

        Assert.Equal(SessionUpdateStatus.Gone, (await writing).Status);
        Assert.Null(await store.GetAsync(session.Key));
        Assert.Null(await far.GetAsync(session.Key));
        Assert.False(await store.DeleteAsync(session));
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task WhatAnotherProcessIsTouchingIsNotSwept()
    {
        var server = await shared.GetAsync();
        string prefix = NewPrefix();
        await using var store = Open(server.ConnectionString, options => options.Prefix = prefix);
        var session = Assert.Single(await SignInAsync(store, 1));
        using var process = new SecondProcess();
        var far = await process.OpenAsync("postgresql", server.ConnectionString, TimeProvider.System, prefix);

        // Dead for the sweep but for what a writer has done to the row and not committed yet.
        await server.RunAsync($"UPDATE sact_sessions SET expires_at = 0 WHERE prefix = '{prefix}'");
        await using var row = await LockAsync(server, session);
        await row.RunAsync("expires_at = " + session.ExpiresAt.ToUnixTimeMilliseconds());
        Assert.Equal(0, await far.DeleteExpiredAsync(100));
        await row.CommitAsync();

        Assert.Equal(0, await far.DeleteExpiredAsync(100));
        Assert.NotNull(await store.GetAsync(session.Key));
    }

    private static async Task<List<SessionRecord>> SignInAsync(PostgreSqlStore store, int count)
    {
        var sessions = new List<SessionRecord>();
        for (int i = 0; i < count; i++)
        {
            sessions.Add(NewSession(store));
            Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(sessions[i])).Status);
        }

        return sessions;
    }

    private static async Task<LockedRow> LockAsync(PostgresServer server, SessionRecord session)
    {
        var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=False");
        await connection.OpenAsync();
        var row = new LockedRow(connection, await connection.BeginTransactionAsync(), session.Key);
        await row.RunAsync("version = version");
        return row;
    }

    private sealed class LockedRow(NpgsqlConnection connection, NpgsqlTransaction transaction, SessionKey key) : IAsyncDisposable
    {
        /// <summary>Waits until somebody stands before the row.</summary>
        public async Task WaiterAsync(PostgresServer server)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (await server.ScalarAsync($"SELECT 1 FROM pg_stat_activity WHERE {connection.ProcessID} = ANY(pg_blocking_pids(pid))")
                is null)
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }

        public Task RunAsync(string assignment) =>
            ExecuteAsync($"UPDATE sact_sessions SET {assignment} WHERE prefix = '{key.Prefix}' AND key_part = '{key.KeyPart}'");

        public async Task EndAsync()
        {
            await ExecuteAsync($"DELETE FROM sact_sessions WHERE prefix = '{key.Prefix}' AND key_part = '{key.KeyPart}'");
            await transaction.CommitAsync();
        }

        public Task CommitAsync() => transaction.CommitAsync();

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }

        private async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }
    }
}
