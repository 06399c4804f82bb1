using Microsoft.AspNetCore.Http;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>A user id is personal data. Every fault and every log event of the store is searched for it.</summary>
[Trait("abuse", "K19")]
public sealed class SqliteUserIds
{
    private const string Canary = "canary-7f3a9c";

    /// <summary>What somebody did to the file behind the store's back.</summary>
    public static TheoryData<string> Harm =>
    [
        "DROP TABLE sact_sessions",
        "CREATE TABLE kept (user_id TEXT UNIQUE); INSERT INTO kept SELECT user_id FROM sact_sessions; "
            + Trigger("INSERT INTO kept SELECT user_id FROM sact_sessions"),
        Trigger("SELECT RAISE(ABORT, 'no')"),
        Trigger("SELECT json('canary-7f3a9c')"),
        Trigger("SELECT abs(-9223372036854775808)"),
        Trigger("INSERT INTO nowhere SELECT user_id FROM sact_sessions"),
        "UPDATE sact_sessions SET record = CAST(user_id AS BLOB)",
        "UPDATE sact_sessions SET record = substr(record, 1, length(record) - 1)",
        "UPDATE sact_sessions SET record = record || CAST(user_id AS BLOB)",
    ];

    [Theory]
    [MemberData(nameof(Harm))]
    public async Task AreInNoFaultOfTheFile(string harm)
    {
        using var file = new SqliteFile();
        var heard = new Heard();
        using var store = file.Open(options => (options.LoggerFactory, options.BusyTimeout) = (heard, TimeSpan.FromMilliseconds(50)));
        var session = await SqliteFile.SignInAsync(store, Canary);
        file.Run(harm);

        await EveryCallAsync(store, session, heard);

        Assert.True(heard.Faults.Count + heard.Lines.Count > 0);
        heard.AssertSilent(Canary);
    }

    [Fact]
    public async Task AreInNoFaultOfAReadOnlyFile()
    {
        using var file = new SqliteFile();
        var heard = new Heard();
        var session = await SqliteFile.SignInAsync(file.Open(), Canary);
        using var store = file.Open(options =>
            (options.LoggerFactory, options.ConnectionString) = (heard, file.ConnectionString + ";Mode=ReadOnly"));

        await EveryCallAsync(store, session, heard);

        Assert.NotEmpty(heard.Faults);
        heard.AssertSilent(Canary);
    }

    [Fact]
    public async Task AreInNoFaultOfACorruptFile()
    {
        using var file = new SqliteFile();
        var heard = new Heard();
        using var store = file.Open(options => options.LoggerFactory = heard);
        var session = await SqliteFile.SignInAsync(store, Canary);
        file.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            // The header stays: the file is a database whose pages hold something else.
            stream.Seek(4096, SeekOrigin.Begin);
            stream.Write(System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Canary + "\n", 3000))));
        }

        await EveryCallAsync(store, session, heard);

        Assert.NotEmpty(heard.Faults);
        heard.AssertSilent(Canary);
    }

    [Fact]
    public async Task AreInNoTimeOut()
    {
        using var file = new SqliteFile();
        var heard = new Heard();
        using var store = file.Open(options => (options.LoggerFactory, options.BusyTimeout) = (heard, TimeSpan.FromSeconds(1)));
        var session = await SqliteFile.SignInAsync(store, Canary);
        var holder = file.Connect();
        SqliteFile.Run(holder, "BEGIN IMMEDIATE");
        var options = new SactSessionOptions { StoreTimeout = TimeSpan.FromMilliseconds(50), LoggerFactory = heard };
        var context = new DefaultHttpContext { Request = { Scheme = "https" } };

        await heard.RunAsync(() => new Session<SqliteStore>(
            context.Request, context.Response, store, options).SetAsync(Canary).AsTask());
        await heard.RunAsync(() => store.DeleteActiveSessionsAsync(Canary).AsTask());
        await heard.RunAsync(() => store.CreateAsync(SqliteFile.Record(store, Canary), new SessionCap(1)).AsTask());
        SqliteFile.Run(holder, "ROLLBACK");

        Assert.Equal(3, heard.Faults.Count);
        Assert.NotEmpty(heard.Lines);
        Assert.NotNull(await store.GetAsync(session.Key));
        heard.AssertSilent(Canary);
    }

    [Fact]
    public async Task AreInNoRefusal()
    {
        using var file = new SqliteFile();
        var heard = new Heard();
        using var store = file.Open(options => options.LoggerFactory = heard);
        var session = await SqliteFile.SignInAsync(store, Canary);
        foreach (string user in new[] { Canary + "\0", Canary + "\ud800", Canary + new string('x', 300) })
        {
            await heard.RunAsync(() => store.DeleteActiveSessionsAsync(user).AsTask());
            await heard.RunAsync(() => store.CreateAsync(session with { UserId = user }).AsTask());
            await heard.RunAsync(async () => await store.GetActiveSessionsAsync(user).ToListAsync());
        }

        Assert.Equal(9, heard.Faults.Count);
        heard.AssertSilent(Canary);
    }

    private static string Trigger(string does) => string.Concat(new[] { "INSERT", "UPDATE", "DELETE" }.Select(verb =>
        $"CREATE TRIGGER speaks_{verb} BEFORE {verb} ON sact_sessions BEGIN {does}; END;"));

    private static async Task EveryCallAsync(SqliteStore store, SessionRecord session, Heard heard)
    {
        await heard.RunAsync(() => store.GetAsync(session.Key).AsTask());
        await heard.RunAsync(async () => await store.GetActiveSessionsAsync(Canary).ToListAsync());
        await heard.RunAsync(() => store.UpdateAsync(session, SqliteFile.Field("a", "1")).AsTask());
        await heard.RunAsync(() => store.CountActiveSessionsAsync().AsTask());
        await heard.RunAsync(() => store.CreateAsync(SqliteFile.Record(store, Canary)).AsTask());
        await heard.RunAsync(() => store.CreateAsync(SqliteFile.Record(store, Canary), new SessionCap(1)).AsTask());
        await heard.RunAsync(() => store.CreateAsync(session).AsTask());
        await heard.RunAsync(() => store.DeleteActiveSessionsAsync(Canary, session.Key).AsTask());
        await heard.RunAsync(() => store.DeleteExpiredAsync(10).AsTask());
        await heard.RunAsync(() => store.DeleteAsync(session).AsTask());
        await heard.RunAsync(() => store.ClearAsync().AsTask());
    }
}
