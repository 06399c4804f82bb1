using Microsoft.AspNetCore.Http;
using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>A user id is personal data. Errors of PostgreSQL quote values, so every fault is searched for it.</summary>
[Trait("abuse", "K19")]
public sealed class PostgreSqlUserId(SharedPostgres shared)
{
    private const string Canary = "canary-7f3a9c";

    // The settings of the connection string that make Npgsql quote more.
    private const string Talkative = ";Include Error Detail=true;Include Failed Batched Command=true";

    // The setting of the server that puts the parameters into the context of an error.
    private const string TalkativeServer = ";Options=-c log_parameter_max_length_on_error=-1";

    /// <summary>What somebody did to the table, so that PostgreSQL quotes a user id.</summary>
    public static TheoryData<string, bool> Tables
    {
        get
        {
            var rows = new TheoryData<string, bool>();
            foreach (string what in s_tables.Keys)
            {
                rows.Add(what, false);
                rows.Add(what, true);
            }

            return rows;
        }
    }

    private static readonly Dictionary<string, string> s_tables = new()
    {
        ["a check, whose error quotes the row"] = "ALTER TABLE {0} ADD CHECK (state < 0) NOT VALID",
        ["a unique index, whose error quotes the key"] = "CREATE UNIQUE INDEX ON {0} (user_id)",
        ["a column that is computed from the id, whose error quotes the value"] =
            "DELETE FROM {0}; ALTER TABLE {0} ADD number integer GENERATED ALWAYS AS (user_id::integer) STORED",
        ["a trigger whose message quotes the id"] = Trigger("RAISE EXCEPTION 'not %', who"),
        ["a trigger whose message quotes the id under a code of the system"] =
            Trigger("RAISE EXCEPTION 'not %', who USING ERRCODE = '53100'"),
        ["a trigger that collides without end"] = Trigger("RAISE EXCEPTION 'not %', who USING ERRCODE = '40001'"),
        ["a trigger with a detail"] = Trigger("RAISE EXCEPTION 'no' USING DETAIL = who"),
        ["a trigger with a hint"] = Trigger("RAISE EXCEPTION 'no' USING HINT = who"),
        ["a trigger with names"] =
            Trigger("RAISE EXCEPTION 'no' USING COLUMN = who, CONSTRAINT = who, DATATYPE = who, TABLE = who, SCHEMA = who"),
        ["a trigger whose failing statement quotes the id"] = Trigger("EXECUTE 'SELECT ''' || who || '''::integer'"),
        ["a trigger that cuts the connection"] = Trigger("PERFORM pg_terminate_backend(pg_backend_pid())"),
        ["a table that is gone"] = "DROP TABLE {0}",
        ["a column that is gone"] = "ALTER TABLE {0} DROP COLUMN record",
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task IsInNoFaultOfTheServer(string what, bool ownDataSource)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var source = NpgsqlDataSource.Create(server.ConnectionString + Talkative + TalkativeServer);
        var heard = new Heard();
        await using var store = Open(ownDataSource ? "" : server.ConnectionString + Talkative + TalkativeServer, options =>
            (options.Table, options.DataSource, options.LoggerFactory) = (table, ownDataSource ? source : null, heard));
        var session = NewSession(store, Canary);
        await store.CreateAsync(session);
        await server.RunAsync(s_tables[what].Replace("{0}", table, StringComparison.Ordinal));

        await EveryCallAsync(store, session, heard);

        Assert.NotEmpty(heard.Faults);
        heard.AssertSilent(Canary);
    }

    [Theory]
    [InlineData("record = convert_to(user_id, 'UTF8')")]
    [InlineData("record = substr(record, 1, 43) || convert_to(user_id, 'UTF8')")]
    [InlineData("record = substr(record, 1, length(record) - 1)")]
    [InlineData("record = set_byte(record, 50, get_byte(record, 50) # 255)")]
    [InlineData("record = '{newer}'")]
    [InlineData("key_part = user_id")]
    public async Task IsInNoEventAboutARowThatCannotBeRead(string change)
    {
        var server = await shared.GetAsync();
        var heard = new Heard();
        await using var store = Open(server.ConnectionString + Talkative, options => options.LoggerFactory = heard);
        var session = NewSession(store, Canary);
        await store.CreateAsync(session);
        string newer = "\\x" + Convert.ToHexString((session with { Format = SessionRecord.CurrentFormat + 1 }).Pack());
        change = change.Replace("{newer}", newer, StringComparison.Ordinal);
        await server.RunAsync($"UPDATE sact_sessions SET {change} WHERE prefix = '{store.Prefix}'");

        await EveryCallAsync(store, session, heard);

        Assert.True(heard.Faults.Count + heard.Lines.Count > 0);
        heard.AssertSilent(Canary);
    }

    [Theory]
    [InlineData("Port=1")]
    [InlineData("Host=nowhere.invalid")]
    [InlineData("Password=wrong")]
    [InlineData("Database=nowhere")]
    [InlineData("Options=-c default_transaction_read_only=on")]
    [InlineData("Options=-c statement_timeout=50 -c log_parameter_max_length_on_error=-1")]
    public async Task IsInNoFaultOfTheConnection(string wrong)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using (var maker = Open(server.ConnectionString, options => options.Table = table))
        {
            await maker.CountActiveSessionsAsync();
        }

        // A statement time-out needs a statement that waits.
        await using var holding = new NpgsqlConnection(server.ConnectionString);
        await holding.OpenAsync();
        await using var transaction = await holding.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"LOCK TABLE {table}", holding, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var heard = new Heard();
        await using var store = Open(server.ConnectionString + Talkative + ";" + wrong, options =>
            (options.Table, options.LoggerFactory) = (table, heard));

        await EveryCallAsync(store, NewSession(store, Canary), heard);

        Assert.NotEmpty(heard.Faults);
        heard.AssertSilent(Canary);
    }

    [Fact]
    public async Task IsInNoTimeOutAndNoCancellation()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        var heard = new Heard();
        await using var store = Open(server.ConnectionString + Talkative + TalkativeServer, options =>
            (options.Table, options.LoggerFactory) = (table, heard));
        var session = NewSession(store, Canary);
        await store.CreateAsync(session);
        var options = new SactSessionOptions { StoreTimeout = TimeSpan.FromMilliseconds(200), LoggerFactory = heard };
        await using var holding = new NpgsqlConnection(server.ConnectionString);
        await holding.OpenAsync();
        await using var transaction = await holding.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"LOCK TABLE {table}", holding, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var context = new DefaultHttpContext { Request = { Scheme = "https" } };
        var signIn = new Session<PostgreSqlStore>(context.Request, context.Response, store, options);
        await heard.RunAsync(() => signIn.SetAsync(Canary).AsTask());
        using var cancel = new CancellationTokenSource();
        Task[] calls =
        [
            store.GetAsync(session.Key, cancel.Token).AsTask(),
            store.UpdateAsync(session, Set("a", "1"), cancel.Token).AsTask(),
            store.DeleteActiveSessionsAsync(Canary, null, cancel.Token).AsTask(),
            store.CreateAsync(NewSession(store, Canary), new SessionCap(1), cancel.Token).AsTask(),
        ];
        while (await server.ScalarAsync($"SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass") is not >= 4L)
        {
        }

        await cancel.CancelAsync();
        foreach (var call in calls)
        {
            await heard.RunAsync(() => call);
        }

        Assert.Equal(5, heard.Faults.Count);
        heard.AssertSilent(Canary);
    }

    private static string Trigger(string does) => $$"""
        CREATE FUNCTION {0}_trigger() RETURNS trigger LANGUAGE plpgsql
          AS $$ DECLARE who text := '{{Canary}}'; BEGIN {{does}}; RETURN NULL; END $$;
        CREATE TRIGGER speaks AFTER INSERT OR UPDATE OR DELETE ON {0} FOR EACH STATEMENT EXECUTE FUNCTION {0}_trigger();
        """;

    private static async Task EveryCallAsync(PostgreSqlStore store, SessionRecord session, Heard heard)
    {
        await heard.RunAsync(() => store.GetAsync(session.Key).AsTask());
        await heard.RunAsync(() => ListAsync(store, Canary));
        await heard.RunAsync(() => store.UpdateAsync(session, Set("a", "1")).AsTask());
        var touch = new SessionTouch(session.LastSeenAt, new SessionClient(Canary, null));
        await heard.RunAsync(() => store.UpdateAsync(session, new SessionChange { Touch = touch }).AsTask());
        await heard.RunAsync(() => store.CountActiveSessionsAsync().AsTask());
        await heard.RunAsync(() => store.CreateAsync(NewSession(store, Canary)).AsTask());
        await heard.RunAsync(() => store.CreateAsync(NewSession(store, Canary), new SessionCap(1)).AsTask());
        await heard.RunAsync(() => store.CreateAsync(session).AsTask());
        await heard.RunAsync(() => store.DeleteActiveSessionsAsync(Canary, session.Key).AsTask());
        await heard.RunAsync(() => store.DeleteExpiredAsync(10).AsTask());
        await heard.RunAsync(() => store.DeleteAsync(session).AsTask());
        await heard.RunAsync(() => store.ClearAsync().AsTask());
    }
}
