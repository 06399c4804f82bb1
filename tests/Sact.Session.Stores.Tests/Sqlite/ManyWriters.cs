using Microsoft.Data.Sqlite;

namespace Sact.Session.Stores.Tests.Sqlite;

public sealed class ManyWriters
{
    [Fact]
    [Trait("abuse", "F6")]
    [Trait("abuse", "D7")]
    public async Task OfThirtyInTwoStoresAndAnotherProcessAllLand()
    {
        using var file = new SqliteFile();
        using var second = new SecondProcess();
        IGenericStore[] stores = [file.Open(), file.Open(), await second.OpenAsync(
            "sqlite", file.ConnectionString, TimeProvider.System, "session")];
        var session = await SqliteFile.SignInAsync(stores[0]);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal(
                    SessionUpdateStatus.Applied,
                    (await stores[writer % 3].UpdateAsync(session, SqliteFile.Field($"f{writer}.{i}", "1"))).Status);
            }
        })));

        Assert.Equal(600, (await stores[1].GetAsync(session.Key))!.Fields.Count);
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task TwoProcessesCountTo2000()
    {
        using var file = new SqliteFile();
        using var second = new SecondProcess();
        IGenericStore[] stores = [file.Open(), await second.OpenAsync("sqlite", file.ConnectionString, TimeProvider.System, "session")];
        var session = await SqliteFile.SignInAsync(stores[0]);
        await stores[0].UpdateAsync(session, SqliteFile.Field("n", "0"));

        await Task.WhenAll(stores.Select(store => Task.Run(async () =>
        {
            var seen = (await store.GetAsync(session.Key))!;
            for (int done = 0; done < 1000;)
            {
                Assert.True(seen.Fields.TryGetValue("n", out var value));
                int n = int.Parse(System.Text.Encoding.UTF8.GetString(value.Span), System.Globalization.CultureInfo.InvariantCulture);
                var change =
                    new SessionChange { Set = SqliteFile.Field("n", $"{n + 1}").Set, Condition = new SessionFieldCondition("n", value) };
                var update = await store.UpdateAsync(session, change);
                done += update.Status == SessionUpdateStatus.Applied ? 1 : 0;
                seen = update.Record!;
            }
        })));

        Assert.True((await stores[0].GetAsync(session.Key))!.Fields.TryGetValue("n", out var counted));
        Assert.Equal("2000", System.Text.Encoding.UTF8.GetString(counted.Span));
    }

    /// <summary>Counted by the log's own index: commits are what a disk has to flush, and a clock would measure the machine.</summary>
    [Fact]
    public async Task OfSixtyFourShareOneCommit()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var sessions = await SignInAsync(store, 64);
        using var gate = file.Connect();
        uint before = file.Commits;
        for (int round = 0; round < 10; round++)
        {
            SqliteFile.Run(gate, "BEGIN IMMEDIATE");
            var writes = sessions.Select(
                session => store.UpdateAsync(session, SqliteFile.Field($"f{round}", "1")).AsTask()).ToArray();
            Assert.DoesNotContain(writes, write => write.IsCompleted);
            SqliteFile.Run(gate, "COMMIT");
            var updates = await Task.WhenAll(writes);
            Assert.All(updates, update => Assert.Equal(SessionUpdateStatus.Applied, update.Status));
            sessions = [.. updates.Select(update => update.Record!)];
        }

        // 640 writes.
        Assert.Equal(10u, file.Commits - before);
        uint alone = file.Commits;
        await store.UpdateAsync(sessions[0], SqliteFile.Field("g", "1"));
        Assert.Equal(alone + 1, file.Commits);
    }

    /// <summary>The first of them writes alone. All that come meanwhile are one write.</summary>
    [Fact]
    public async Task OfOneSessionAreTwoWrites()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var session = await SqliteFile.SignInAsync(store);
        using var gate = file.Connect();
        SqliteFile.Run(gate, "BEGIN IMMEDIATE");
        uint before = file.Commits;
        var writes = Enumerable.Range(0, 64).Select(
            writer => store.UpdateAsync(session, SqliteFile.Field($"f{writer}", "1")).AsTask()).ToArray();
        SqliteFile.Run(gate, "COMMIT");

        Assert.All(await Task.WhenAll(writes), update => Assert.Equal(SessionUpdateStatus.Applied, update.Status));
        Assert.Equal(64, (await store.GetAsync(session.Key))!.Fields.Count);
        Assert.InRange(file.Commits - before, 2u, 3u);
    }

    [Fact]
    [Trait("abuse", "F11")]
    public async Task WaitWithoutAThreadOfThePoolEach()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var sessions = await SignInAsync(store, ThreadPool.ThreadCount + (4 * Environment.ProcessorCount) + 64);
        using var gate = file.Connect();
        SqliteFile.Run(gate, "BEGIN IMMEDIATE");
        var writes = sessions.Select(
            session => Task.Run(async () => await store.UpdateAsync(session, SqliteFile.Field("f", "1")))).ToArray();

        // Were each of them blocked in a thread, the pool would have none left for this, which begins after them all.
        for (int i = 0; i < 1000; i++)
        {
            await Task.Run(() => { }).WaitAsync(TimeSpan.FromSeconds(20));
        }

        Assert.NotNull(await store.GetAsync(sessions[0].Key));
        Assert.DoesNotContain(writes, write => write.IsCompleted);
        SqliteFile.Run(gate, "COMMIT");
        Assert.All(await Task.WhenAll(writes), update => Assert.Equal(SessionUpdateStatus.Applied, update.Status));
    }

    [Fact]
    [Trait("abuse", "I1")]
    public async Task WhoGivesUpWhileWaitingHasWrittenNothing()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var session = await SqliteFile.SignInAsync(store);
        using var gate = file.Connect();
        SqliteFile.Run(gate, "BEGIN IMMEDIATE");
        using var cancellation = new CancellationTokenSource();
        var first = store.UpdateAsync(session, SqliteFile.Field("first", "1")).AsTask();
        var givenUp = Enumerable.Range(0, 20).Select(_ => store.DeleteAsync(session, cancellation.Token).AsTask()).ToArray();

        await cancellation.CancelAsync();
        foreach (var write in givenUp)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        }

        SqliteFile.Run(gate, "COMMIT");
        Assert.Equal(SessionUpdateStatus.Applied, (await first).Status);
        Assert.NotNull(await store.GetAsync(session.Key));
    }

    [Fact]
    public async Task AreFinishedByDispose()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var sessions = await SignInAsync(store, 50);
        using var gate = file.Connect();
        SqliteFile.Run(gate, "BEGIN IMMEDIATE");
        var writes = sessions.Select(session => store.UpdateAsync(session, SqliteFile.Field("f", "1")).AsTask()).ToArray();

        var disposing = Task.Run(() =>
        {
            store.Dispose();
            store.Dispose();
        });
        SqliteFile.Run(gate, "COMMIT");
        await disposing;

        Assert.All(await Task.WhenAll(writes), update => Assert.Equal(SessionUpdateStatus.Applied, update.Status));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(sessions[0].Key));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.DeleteAsync(sessions[0]));
        Assert.Equal(50L, file.Run("SELECT count(*) FROM sact_sessions WHERE version > 1"));
    }

    [Fact]
    public async Task AreAllToldAfterOneWaitForALockedFileThatThenRecovers()
    {
        using var file = new SqliteFile();
        var store = file.Open(options => options.BusyTimeout = TimeSpan.FromMilliseconds(300));
        var sessions = await SignInAsync(store, 200);
        using var gate = file.Connect();
        SqliteFile.Run(gate, "BEGIN IMMEDIATE");
        var writes = sessions.Select(session => store.UpdateAsync(session, SqliteFile.Field("first", "1")).AsTask()).ToArray();

        // One by one they would wait a minute.
        await Assert.ThrowsAsync<SessionStoreException>(() => Task.WhenAll(writes).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.All(writes, write => Assert.False(Assert.IsType<SessionStoreException>(write.Exception!.InnerException).OutcomeUnknown));
        Assert.NotNull(await store.GetAsync(sessions[0].Key));

        SqliteFile.Run(gate, "ROLLBACK");
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(sessions[0], SqliteFile.Field("f", "1"))).Status);
        Assert.Equal(["f"], (await store.GetAsync(sessions[0].Key))!.Fields.Select(field => field.Key));
    }

    [Fact]
    [Trait("abuse", "F7")]
    public async Task InAFullDatabaseFailTheOthersNot()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var store = new SqliteStore(new SqliteStoreOptions { Connection = connection });
        var first = await SqliteFile.SignInAsync(store);
        var second = await SqliteFile.SignInAsync(store);
        object pages = SqliteFile.Run(connection, "PRAGMA page_count")!;
        SqliteFile.Run(connection, $"PRAGMA max_page_count = {pages}");

        var big = store.UpdateAsync(first, SqliteFile.Field("big", '"' + new string('x', 60_000) + '"')).AsTask();
        var small = store.UpdateAsync(
            second, new SessionChange { Touch = new SessionTouch(second.LastSeenAt + TimeSpan.FromMinutes(1)) }).AsTask();

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => big);
        Assert.Contains("full", fault.Message, StringComparison.Ordinal);
        Assert.Equal(SessionUpdateStatus.Applied, (await small).Status);
    }

    private static async Task<SessionRecord[]> SignInAsync(SqliteStore store, int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => SqliteFile.SignInAsync(store)));
}
