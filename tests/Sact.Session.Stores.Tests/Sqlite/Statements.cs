using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>Counted by SQLite itself, which reports every statement that a connection begins to run.</summary>
public sealed class Statements
{
    [Fact]
    public async Task AReadIsOneAndAWriteIsOneTransaction()
    {
        using var file = new SqliteFile();
        using var store = file.Open();
        var session = await SqliteFile.SignInAsync(store);
        var other = SqliteFile.Record(store);

        // The first read opens its connection; every one after it takes that one again.
        await store.GetAsync(session.Key);
        object database = Private<object>(store, "_database");
        var reading = Trace(Private<SqliteConnection>(Assert.Single(Private<IEnumerable<object>>(database, "_readers")), "_connection"));
        var writing = Trace(Private<SqliteConnection>(database, "_writing"));

        async Task AreAsync(string onReader, string onWriter, Func<Task> call)
        {
            reading.Clear();
            writing.Clear();
            await call();
            Assert.Equal((onReader, onWriter), (string.Join(' ', reading), string.Join(' ', writing)));
        }

        await AreAsync("SELECT", "", async () => Assert.NotNull(await store.GetAsync(session.Key)));
        await AreAsync("SELECT", "", async () => Assert.Null(await store.GetAsync(other.Key)));
        await AreAsync("", "", async () => Assert.Null(await store.GetAsync(SessionKey.Parse("other:" + session.Key.KeyPart))));
        await AreAsync("SELECT", "", async () => Assert.Single(await ListAsync(store)));
        await AreAsync("SELECT", "", async () => Assert.Equal(1, await store.CountActiveSessionsAsync()));
        await AreAsync("", "BEGIN INSERT COMMIT", async () => await store.CreateAsync(other));
        await AreAsync(
            "",
            "BEGIN INSERT SELECT COMMIT",
            async () => Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(other)).Status));
        await AreAsync(
            "", "BEGIN SELECT INSERT COMMIT", async () => await store.CreateAsync(SqliteFile.Record(store, "bob"), new SessionCap(1)));

        // A full cap: the store says so, the base class reads and chooses, and the store adds again.
        await AreAsync(
            "SELECT",
            "BEGIN SELECT SELECT COMMIT BEGIN SELECT INSERT UPDATE COMMIT",
            async () => Assert.Single((await store.CreateAsync(SqliteFile.Record(store), new SessionCap(2))).Ended));
        session = (await ListAsync(store))[0];
        var stale = session;
        await AreAsync("", "BEGIN UPDATE COMMIT", async () => session = await ChangeAsync(session, SqliteFile.Field("a", "1")));
        var touch = new SessionChange { Touch = new SessionTouch(session.LastSeenAt.AddMinutes(1), null, TimeSpan.FromMinutes(1)) };
        await AreAsync("", "BEGIN UPDATE COMMIT", async () => session = await ChangeAsync(session, touch));

        // A lost race: one more.
        await AreAsync(
            "",
            "BEGIN UPDATE SELECT COMMIT BEGIN UPDATE COMMIT",
            async () => session = await ChangeAsync(stale, SqliteFile.Field("b", "1")));

        // What changes nothing is believed of a fresh record only, and writes nothing.
        await AreAsync("SELECT", "", async () => session = await ChangeAsync(session, touch));
        await AreAsync("SELECT", "", async () => session = await ChangeAsync(session, new SessionChange()));
        await AreAsync("", "BEGIN SELECT UPDATE COMMIT", async () => Assert.True(await store.DeleteAsync(session)));
        await AreAsync(
            "",
            "BEGIN UPDATE SELECT COMMIT",
            async () => Assert.Equal(SessionUpdateStatus.Gone, (await store.UpdateAsync(session, SqliteFile.Field("a", "2"))).Status));
        await AreAsync("", "BEGIN DELETE COMMIT", async () => Assert.Equal(0, await store.DeleteExpiredAsync(100)));

        // It reads the sessions, because each of them leaves a marker of its own.
        await AreAsync(
            "SELECT", "BEGIN SELECT UPDATE COMMIT", async () => Assert.Equal(1, await store.DeleteActiveSessionsAsync("alice")));
        await AreAsync("", "BEGIN SELECT COMMIT BEGIN DELETE COMMIT", async () => Assert.Equal(1, await store.ClearAsync()));

        async Task<SessionRecord> ChangeAsync(SessionRecord record, SessionChange change)
        {
            var update = await store.UpdateAsync(record, change);
            Assert.Equal(SessionUpdateStatus.Applied, update.Status);
            return update.Record!;
        }
    }

    /// <summary>Notes the first word of each statement.</summary>
    private static ConcurrentQueue<string> Trace(SqliteConnection connection)
    {
        var heard = new ConcurrentQueue<string>();
        raw.sqlite3_trace(connection.Handle, (_, statement) => heard.Enqueue(statement.TrimStart().Split(' ', 2)[0]), null);
        return heard;
    }

    // A store shows its connections to nobody, and only SQLite's own word on them is a proof.
    private static T Private<T>(object owner, string field) =>
        (T)owner.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(owner)!;

    private static async Task<List<SessionRecord>> ListAsync(SqliteStore store)
    {
        var list = new List<SessionRecord>();
        await foreach (var session in store.GetActiveSessionsAsync("alice"))
        {
            list.Add(session);
        }

        return list;
    }
}
