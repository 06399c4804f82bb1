using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

public sealed class PostgreSqlCollision(SharedPostgres shared)
{
    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    [Trait("abuse", "F2")]
    public async Task IsTriedAgain(string state)
    {
        var (store, session) = await CollidingAsync(state, times: 3);
        await using var _ = store;

        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
        Assert.True((await store.GetAsync(session.Key))!.Fields.SameAs(Set("a", "1").Set));
    }

    [Fact]
    [Trait("abuse", "F2")]
    public async Task WithoutEndIsAFaultAndNothingIsWritten()
    {
        var (store, session) = await CollidingAsync("40001", times: int.MaxValue);
        await using var _ = store;

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.UpdateAsync(session, Set("a", "1")));

        Assert.False(fault.OutcomeUnknown);
        Assert.Empty((await store.GetAsync(session.Key))!.Fields);
    }

    /// <summary>A table whose first updates collide. A sequence counts them, because it alone is not rolled back.</summary>
    private async Task<(PostgreSqlStore Store, SessionRecord Session)> CollidingAsync(string state, int times)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        var store = Open(server.ConnectionString, options => options.Table = table);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await server.RunAsync($"""
            CREATE SEQUENCE {table}_collisions;
            CREATE FUNCTION {table}_collide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('{table}_collisions') <= {times} THEN RAISE EXCEPTION 'collision' USING ERRCODE = '{state}'; END IF;
              RETURN NEW;
            END $$;
            CREATE TRIGGER collide BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_collide();
            """);
        return (store, session);
    }
}

public sealed class PostgreSqlLostAnswer(SharedPostgres shared)
{
    [Fact]
    [Trait("abuse", "F5")]
    public async Task ToASignInIsUnknownAndItsRetryIsTheSameSession()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString);
        var session = NewSession(store);
        await store.CountActiveSessionsAsync();
        proxy.LoseAnswers();
        await UnknownAsync(() => store.CreateAsync(session, new SessionCap(1)).AsTask());
        proxy.DeliverAnswers();

        Assert.Equal(SessionCreation.Created(), await store.CreateAsync(session, new SessionCap(1)));
        Assert.Single(await ListAsync(store));
    }

    [Fact]
    [Trait("abuse", "F5")]
    public async Task ToASignOutIsUnknownAndItsRetryIsRight()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString);
        var session = NewSession(store);
        await store.CreateAsync(session);
        proxy.LoseAnswers();
        await UnknownAsync(() => store.DeleteAsync(session).AsTask());
        proxy.DeliverAnswers();

        await store.DeleteAsync(session);
        Assert.Null(await store.GetAsync(session.Key));
    }

    [Fact]
    [Trait("abuse", "F5")]
    public async Task ToAChangeIsUnknownAndTheChangeIsNotRepeated()
    {
        await using var bed = await CountingUpdates.OpenAsync(await shared.GetAsync());
        bed.Proxy.LoseAnswers();
        await UnknownAsync(() => bed.Store.UpdateAsync(bed.Session, Set("a", "1")).AsTask());
        bed.Proxy.DeliverAnswers();

        Assert.Equal(1L, await bed.CountAsync());
        Assert.True((await bed.Store.GetAsync(bed.Session.Key))!.Fields.SameAs(Set("a", "1").Set));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "F5")]
    public async Task ToAChangeIsSettledByARead(bool afterALostRace)
    {
        await using var bed = await CountingUpdates.OpenAsync(await shared.GetAsync());
        if (afterALostRace)
        {
            await bed.Store.UpdateAsync(bed.Session, Set("b", "2"));
        }

        long before = await bed.CountAsync();

        // The lost race itself answers, then the lock of the row, and the answer to its write is the one that is lost.
        bed.Proxy.LoseAnswer(afterALostRace ? 3 : 1);
        var update = await bed.Store.UpdateAsync(bed.Session, Set("a", "1"));

        Assert.Equal(SessionUpdateStatus.Applied, update.Status);
        Assert.Equal(before + 1, await bed.CountAsync());
        Assert.Equal(update.Record!.Version, (await bed.Store.GetAsync(bed.Session.Key))!.Version);
        Assert.True(bed.Proxy.HasLost);
    }

    [Fact]
    [Trait("abuse", "F5")]
    public async Task BecauseTheServersProcessWasEndedInMidCommitIsUnknown()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var store = Open(server.ConnectionString + $";Application Name={table}", options => options.Table = table);
        var session = NewSession(store);
        await store.CreateAsync(session);

        // A deferred trigger runs inside COMMIT, where the server's process is told to end.
        await server.RunAsync($"""
            CREATE FUNCTION {table}_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              PERFORM pg_terminate_backend(pg_backend_pid());
              RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER ends AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW EXECUTE FUNCTION {table}_end();
            """);
        await UnknownAsync(() => store.DeleteAsync(session).AsTask());
        await server.RunAsync($"DROP TRIGGER ends ON {table}");

        Assert.True(await store.DeleteAsync(session));
        Assert.Null(await store.GetAsync(session.Key));
    }

    private static async Task UnknownAsync(Func<Task> write) =>
        Assert.True((await Assert.ThrowsAsync<SessionStoreException>(write)).OutcomeUnknown);

    /// <summary>A session in a table that counts its updates, behind a proxy.</summary>
    private sealed record CountingUpdates(
        PostgresServer Server, PostgresProxy Proxy, PostgreSqlStore Store, SessionRecord Session, string Table)
        : IAsyncDisposable
    {
        public static async Task<CountingUpdates> OpenAsync(PostgresServer server)
        {
            string table = NewTable();
            var proxy = new PostgresProxy(server);
            var store = Open(proxy.ConnectionString, options => options.Table = table);
            var session = NewSession(store);
            await store.CreateAsync(session);
            await server.RunAsync($"""
                CREATE TABLE {table}_updates (n int);
                CREATE FUNCTION {table}_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  INSERT INTO {table}_updates VALUES (1);
                  RETURN NULL;
                END $$;
                CREATE TRIGGER counts AFTER UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_count();
                """);
            return new CountingUpdates(server, proxy, store, session, table);
        }

        /// <summary>How many updates are committed.</summary>
        public async Task<long> CountAsync() => (long)(await Server.ScalarAsync($"SELECT count(*) FROM {Table}_updates"))!;

        public async ValueTask DisposeAsync()
        {
            await Store.DisposeAsync();
            await Proxy.DisposeAsync();
        }
    }
}

public sealed class PostgreSqlStandby
{
    [Fact]
    [Trait("abuse", "F12")]
    public async Task IsRefusedByReadsAndWritesWheneverAConnectionLandsOnIt()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var proxy = new PostgresProxy(primary);
        await using var store = Open(proxy.ConnectionString);
        var session = NewSession(store);
        await store.CreateAsync(session);

        // Made of a primary that has the table already, because what comes later reaches a standby whenever it does.
        await using var standby = await primary.StartStandbyAsync();
        proxy.LeadTo(standby);

        await RefusedAsync(() => store.GetAsync(session.Key).AsTask());
        await RefusedAsync(() => ListAsync(store));
        await RefusedAsync(() => store.CountActiveSessionsAsync().AsTask());
        await RefusedAsync(() => store.UpdateAsync(session, Set("a", "1")).AsTask());
        await RefusedAsync(() => store.DeleteAsync(session).AsTask());
        await RefusedAsync(() => store.CreateAsync(NewSession(store)).AsTask());
        await using var late = Open(standby.ConnectionString);
        await RefusedAsync(() => late.GetAsync(NewSession(late).Key).AsTask());
        proxy.LeadTo(primary);
        Assert.NotNull(await store.GetAsync(session.Key));
    }

    private static async Task RefusedAsync(Func<Task> call)
    {
        var fault = await Assert.ThrowsAsync<SessionStoreException>(call);
        Assert.Contains("standby", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
    }
}

public sealed class PostgreSqlReadOnlyServer(SharedPostgres shared)
{
    [Fact]
    [Trait("abuse", "F12")]
    public async Task IsRefused()
    {
        await using var store = Open((await shared.GetAsync()).ConnectionString + ";Options=-c default_transaction_read_only=on");

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(NewSession(store)));

        Assert.Contains("default_transaction_read_only", fault.Message, StringComparison.Ordinal);
    }
}
