using System.Text;
using Microsoft.Data.Sqlite;

namespace Sact.Session.Stores.Tests.Sqlite;

public sealed class FaultyFiles
{
    [Fact]
    [Trait("abuse", "F8")]
    public void ACorruptOneIsNamedAtTheStart()
    {
        using var file = new SqliteFile();
        File.WriteAllBytes(file.Path, Encoding.UTF8.GetBytes(new string('x', 8192)));

        var fault = Assert.Throws<SessionStoreException>(() => file.Open());

        Assert.Contains(file.Path, fault.Message, StringComparison.Ordinal);
        Assert.Contains("corrupt", fault.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 8192), File.ReadAllText(file.Path));
    }

    [Fact]
    [Trait("abuse", "F8")]
    public void OneInAFolderThatIsNotThereIsNamedAtTheStart()
    {
        using var file = new SqliteFile();

        var fault = Assert.Throws<SessionStoreException>(
            () => file.Open(options => options.ConnectionString = $"Data Source={file.Folder}/none/app.db"));

        Assert.Contains("none/app.db", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "F9")]
    public async Task AReadOnlyOneIsReadAndNotWritten()
    {
        using var file = new SqliteFile();
        var session = await SqliteFile.SignInAsync(file.Open());

        var store = file.Open(options => options.ConnectionString += ";Mode=ReadOnly");

        Assert.NotNull(await store.GetAsync(session.Key));
        Assert.Equal(1, await store.CountActiveSessionsAsync());
        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.DeleteAsync(session));
        Assert.Contains("read-only", fault.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await SqliteFile.SignInAsync(store));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.UpdateAsync(session, SqliteFile.Field("a", "1")));
        Assert.Empty((await store.GetAsync(session.Key))!.Fields);
    }

    [Fact]
    [Trait("abuse", "F9")]
    public async Task AReadOnlyConnectionOfTheApplicationsOwnIsReadAndNotWritten()
    {
        using var file = new SqliteFile();
        var session = await SqliteFile.SignInAsync(file.Open());
        using var connection = new SqliteConnection(file.ConnectionString + ";Mode=ReadOnly;Pooling=False");
        using var store = new SqliteStore(new SqliteStoreOptions { Connection = connection });

        Assert.NotNull(await store.GetAsync(session.Key));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.DeleteAsync(session));
    }

    [Fact]
    [Trait("abuse", "F9")]
    public void AReadOnlyOneWithoutATableSaysSo()
    {
        using var file = new SqliteFile();
        file.Run("CREATE TABLE other (a)");

        var fault = Assert.Throws<SessionStoreException>(() => file.Open(options => options.ConnectionString += ";Mode=ReadOnly"));

        Assert.Contains("SqliteStoreOptions.Table", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("abuse", "F4")]
    [InlineData(0, "Drop the tables 'sact_sessions' and 'sact_sessions_version'")]
    [InlineData(1, "Drop the tables 'sact_sessions' and 'sact_sessions_version'")]
    [InlineData(3, "Use the package that has it")]
    public async Task AnotherSchemaVersionIsRefusedAndLeftAsItIs(int version, string whatToDo)
    {
        using var file = new SqliteFile();
        using (var store = file.Open())
        {
            await SqliteFile.SignInAsync(store);
        }

        file.Run($"UPDATE sact_sessions_version SET version = {version}; DROP INDEX sact_sessions_expiry");

        var fault = Assert.Throws<SessionStoreException>(() => file.Open());

        Assert.Contains($"schema version {version}", fault.Message, StringComparison.Ordinal);
        Assert.Contains(whatToDo, fault.Message, StringComparison.Ordinal);
        Assert.Contains("SqliteStoreOptions.Table", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0L, file.Run("SELECT count(*) FROM sqlite_master WHERE name = 'sact_sessions_expiry'"));
        Assert.Equal(1L, file.Run("SELECT count(*) FROM sact_sessions"));
    }

    [Fact]
    [Trait("abuse", "F4")]
    public void TheFirstSchemaIsRefusedUntilItsTablesAreDropped()
    {
        using var file = new SqliteFile();
        file.Run(
            "CREATE TABLE sact_sessions (session_key TEXT NOT NULL PRIMARY KEY, prefix TEXT, user_id TEXT, fields BLOB);"
            + "CREATE TABLE sact_sessions_version (version INTEGER NOT NULL PRIMARY KEY); INSERT INTO sact_sessions_version VALUES (1)");

        var fault = Assert.Throws<SessionStoreException>(() => file.Open());

        Assert.Contains("schema version 1", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Drop the tables", fault.Message, StringComparison.Ordinal);
        Assert.Contains("SqliteStoreOptions.Table", fault.Message, StringComparison.Ordinal);
        file.Run("DROP TABLE sact_sessions; DROP TABLE sact_sessions_version");
        file.Open();
        Assert.Equal(2L, file.Run("SELECT version FROM sact_sessions_version"));
    }

    [Fact]
    [Trait("abuse", "F4")]
    public void ATableOfAnotherShapeIsRefusedAndLeftAsItIs()
    {
        using var file = new SqliteFile();
        file.Run("CREATE TABLE sact_sessions (id INTEGER, whatever TEXT)");

        var fault = Assert.Throws<SessionStoreException>(() => file.Open());

        Assert.Contains("another shape", fault.Message, StringComparison.Ordinal);
        Assert.Contains("SqliteStoreOptions.Table", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1L, file.Run("SELECT count(*) FROM sqlite_master"));
        file.Open(options => options.Table = "logins");
    }

    [Fact]
    [Trait("abuse", "F4")]
    public async Task WhatIsMissingInTheSchemaIsMade()
    {
        using var file = new SqliteFile();
        using (var store = file.Open())
        {
            await SqliteFile.SignInAsync(store);
        }

        file.Run("DROP TABLE sact_sessions_version; DROP INDEX sact_sessions_user; DROP INDEX sact_sessions_expiry; "
            + "DROP INDEX sact_sessions_created");
        using var again = file.Open();

        Assert.Equal(1, await again.CountActiveSessionsAsync());
        Assert.Equal(2L, file.Run("SELECT max(version) FROM sact_sessions_version"));
        Assert.Equal(3L, file.Run("SELECT count(*) FROM sqlite_master WHERE name LIKE 'sact_sessions_%' AND type = 'index'"));
    }

    [Fact]
    [Trait("abuse", "F7")]
    public async Task AFullOneIsReadAndNotWrittenAndRecovers()
    {
        using var file = new SqliteFile();
        using var connection = new SqliteConnection(file.ConnectionString + ";Pooling=False");
        connection.Open();
        using var store = new SqliteStore(new SqliteStoreOptions { Connection = connection });
        var first = await SqliteFile.SignInAsync(store);
        SqliteFile.Run(connection, $"PRAGMA max_page_count = {SqliteFile.Run(connection, "PRAGMA page_count")}");

        var signedIn = new List<SessionRecord> { first };
        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            while (signedIn.Count < 1000)
            {
                signedIn.Add(await SqliteFile.SignInAsync(store));
            }
        });

        Assert.Contains("full", fault.Message, StringComparison.Ordinal);
        foreach (var session in signedIn)
        {
            Assert.NotNull(await store.GetAsync(session.Key));
        }

        Assert.True(await store.DeleteAsync(first));
        SqliteFile.Run(connection, "PRAGMA max_page_count = 100000");
        Assert.Equal("ok", SqliteFile.Run(connection, "PRAGMA integrity_check"));
        await SqliteFile.SignInAsync(store);
    }

    [Fact]
    [Trait("abuse", "F5")]
    public async Task ACommitThatFailsIsNotAcknowledgedAndMayBeRepeated()
    {
        using var file = new SqliteFile();
        using var connection = new SqliteConnection(file.ConnectionString + ";Foreign Keys=True;Pooling=False");
        connection.Open();
        using var store = new SqliteStore(new SqliteStoreOptions { Connection = connection });

        // A deferred constraint is looked at by nothing but the commit.
        SqliteFile.Run(connection, """
            CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER fails_late AFTER INSERT ON sact_sessions BEGIN INSERT INTO child VALUES (1); END
            """);
        var session = SqliteFile.Record(store);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(session));

        Assert.True(fault.OutcomeUnknown);
        Assert.Null(await store.GetAsync(session.Key));
        SqliteFile.Run(connection, "DROP TRIGGER fails_late");
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(session)).Status);
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(session)).Status);
    }

    [Fact]
    public async Task OneThatWasTakenAwayIsNotMadeAnewByAReader()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var session = await SqliteFile.SignInAsync(store);
        File.Delete(file.Path);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(session.Key));

        Assert.False(File.Exists(file.Path));
    }

    [Fact]
    [Trait("abuse", "C3")]
    [Trait("abuse", "J4")]
    public async Task NoByteOfTheFileIsASecret()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Scheme = "https";
        var session = new Session<SqliteStore>(context.Request, context.Response, store, new SactSessionOptions());
        await session.SetAsync("alice");
        string canary = context.Response.Headers.SetCookie.ToString().Split(';')[0].Split('=')[1];
        Assert.Equal(56, canary.Length);
        byte[] raw = Convert.FromBase64String(canary.Replace('-', '+').Replace('_', '/'));

        byte[][] secrets = [Encoding.ASCII.GetBytes(canary[24..]), Encoding.ASCII.GetBytes(canary[32..]), raw[18..], raw[24..]];
        Assert.NotEmpty(file.Bytes());
        Assert.Contains(file.Bytes(), bytes => bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(canary[..24])) >= 0);
        Assert.All(file.Bytes(), bytes => Assert.All(secrets, secret => Assert.Equal(-1, bytes.AsSpan().IndexOf(secret))));
    }
}
