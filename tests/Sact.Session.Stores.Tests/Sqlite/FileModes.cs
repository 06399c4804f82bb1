using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>The file holds user ids and the data of sessions, so that other users of the machine must not read it.</summary>
public sealed class FileModes
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Theory]
    [InlineData("Data Source={path}")]
    [InlineData("Data Source={path};Mode=ReadWriteCreate;Cache=Shared")]
    [InlineData("Data Source=file:{path}")]
    [InlineData("Data Source=file://{path}?cache=private#there")]
    [InlineData("Data Source=file://localhost{path}")]
    [InlineData("Data Source=file:{escaped}")]
    [InlineData("Data Source={relative}")]
    [InlineData("Data Source=|DataDirectory|{relative}")]
    [Trait("abuse", "K1")]
    public async Task OfWhatAStoreCreatesAreTheOwnersOnly(string connectionString)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access lists in place of modes.");
        using var file = new SqliteFile();
        bool relative = connectionString.Contains("{relative}", StringComparison.Ordinal);
        AppDomain.CurrentDomain.SetData("DataDirectory", relative ? Path.GetTempPath() : null);
        using var store = file.Open(options => options.ConnectionString = connectionString
            .Replace("{path}", file.Path, StringComparison.Ordinal)
            .Replace("{escaped}", file.Path.Replace("app", "%61pp", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("{relative}", Path.GetRelativePath(Path.GetTempPath(), file.Path), StringComparison.Ordinal));
        AppDomain.CurrentDomain.SetData("DataDirectory", null);

        await SqliteFile.SignInAsync(store);

        Assert.Equal(
            [("app.db", OwnerOnly), ("app.db-shm", OwnerOnly), ("app.db-wal", OwnerOnly)],
            Directory.EnumerateFiles(file.Folder).Order().Select(name => (Path.GetFileName(name), ModeOf(name))));
    }

    [Fact]
    [Trait("abuse", "K1")]
    public async Task OfAFileThatIsThereStayAsTheyAre()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access lists in place of modes.");
        const UnixFileMode Shared = OwnerOnly | UnixFileMode.GroupRead;
        using var file = new SqliteFile();
        await File.WriteAllBytesAsync(file.Path, []);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.Path, Shared);
        }

        await SqliteFile.SignInAsync(file.Open());

        Assert.All(Directory.EnumerateFiles(file.Folder), name => Assert.Equal(Shared, ModeOf(name)));
    }

    [Theory]
    [InlineData("Data Source=:memory:")]
    [InlineData("Data Source=")]
    [InlineData("Data Source=here;Mode=Memory")]
    [InlineData("Data Source=file:here?mode=memory")]
    [InlineData("Data Source=file::memory:")]
    public async Task AreNothingToADatabaseWithoutAFile(string connectionString)
    {
        using var file = new SqliteFile();
        using var store = file.Open(options => options.ConnectionString = connectionString);

        await SqliteFile.SignInAsync(store);

        Assert.False(File.Exists("here"));
        Assert.False(File.Exists(":memory:"));
    }

    [Fact]
    public void AreNotSetWhereNothingMayBeCreated()
    {
        using var file = new SqliteFile();
        foreach (string mode in new[] { ";Mode=ReadWrite", ";Mode=ReadOnly" })
        {
            Assert.Throws<SessionStoreException>(() => file.Open(options => options.ConnectionString += mode));
            Assert.False(File.Exists(file.Path));
        }
    }

    private static UnixFileMode ModeOf(string name) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(name);
}

public sealed class AMissingConnectionString
{
    [Fact]
    public void NamesTheStoreAndWhatToDo()
    {
        var builder = new ServiceCollection().AddSactSession();
        foreach (var refusal in new[]
        {
            Assert.Throws<ArgumentNullException>(() => builder.UseSqlite((string)null!)),
            Assert.Throws<ArgumentNullException>(() => builder.UseSqlite((Action<IServiceProvider, SqliteStoreOptions>)null!)),
        })
        {
            Assert.Contains("UseSqlite", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("Data Source=app.db", refusal.Message, StringComparison.Ordinal);
        }

        var missing = Assert.Throws<ArgumentNullException>(() => builder.UseSqlite((string)null!));
        Assert.Contains("GetConnectionString", missing.Message, StringComparison.Ordinal);
        Assert.Equal("connectionString", missing.ParamName);
        foreach (string? none in new[] { null, "", " " })
        {
            var refusal = Assert.Throws<ArgumentException>(() => new SqliteStore(new SqliteStoreOptions { ConnectionString = none! }));
            Assert.Contains("SqliteStoreOptions.ConnectionString", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("GetConnectionString", refusal.Message, StringComparison.Ordinal);
        }
    }
}

/// <summary>A user with an unmistakable id signs in while something is wrong. Nothing that an operator sees may contain the id.</summary>
public sealed class UserIdsInSqlite
{
    private const string User = "canary-user-7d1f";

    [Theory]
    [InlineData("healthy")]
    [InlineData("read-only")]
    [InlineData("locked")]
    [InlineData("corrupt")]
    [InlineData("no table")]
    [InlineData("refused by a trigger")]
    [InlineData("refused by a constraint")]
    [InlineData("disposed")]
    [InlineData("record = substr(record, 2)")]
    [InlineData("record = x'7b22'")]
    [InlineData("record = CAST(user_id AS BLOB)")]
    [InlineData("session_key = user_id, record = user_id")]
    [InlineData("record = substr(record, 1, length(record) - 1)")]
    [Trait("abuse", "K19")]
    public async Task AppearInNoExceptionAndNoLog(string situation)
    {
        using var file = new SqliteFile();
        using var log = new CapturedLog();
        var plain = file.Open();
        var session = await SqliteFile.SignInAsync(plain, User);
        var store = file.Open(options =>
        {
            options.LoggerFactory = log;
            options.BusyTimeout = TimeSpan.FromMilliseconds(50);
            options.ConnectionString += situation == "read-only" ? ";Mode=ReadOnly" : "";
        });
        switch (situation)
        {
            case "healthy" or "read-only":
                break;
            case "locked":
                SqliteFile.Run(file.Connect(), "BEGIN IMMEDIATE");
                break;
            case "corrupt":
                plain.Dispose();
                file.Run("PRAGMA wal_checkpoint(TRUNCATE)");
                const FileShare Anybody = FileShare.ReadWrite | FileShare.Delete;
                await using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write, Anybody))
                {
                    stream.Seek(100, SeekOrigin.Begin);
                    await stream.WriteAsync(new byte[stream.Length - 100]);
                }

                break;
            case "no table":
                file.Run("DROP TABLE sact_sessions");
                break;
            case "refused by a trigger":
                file.Run("CREATE TRIGGER no BEFORE INSERT ON sact_sessions BEGIN SELECT RAISE(ABORT, 'refused'); END");
                break;
            case "refused by a constraint":
                file.Run("CREATE UNIQUE INDEX one ON sact_sessions (user_id)");
                break;
            case "disposed":
                store.Dispose();
                break;
            default:
                file.Run($"UPDATE sact_sessions SET {situation}");
                break;
        }

        var seen = new List<string>();
        foreach (var call in new Func<Task>[]
        {
            async () => await store.GetAsync(session.Key),
            async () => await store.CreateAsync(SqliteFile.Record(store, User)),
            async () => await store.CreateAsync(SqliteFile.Record(store, User), new SessionCap(1)),
            async () => await store.CreateAsync(SqliteFile.Record(store, User), new SessionCap(1, SessionCapPolicy.Refuse)),
            async () => await store.UpdateAsync(session, SqliteFile.Field("a", "1")),
            async () => await store.GetActiveSessionsAsync(User).GetAsyncEnumerator().MoveNextAsync(),
            async () => await store.DeleteAsync(session),
            async () => await store.DeleteActiveSessionsAsync(User),
            async () => await store.CountActiveSessionsAsync(),
            async () => await store.ClearAsync(),
        })
        {
            if (await Record.ExceptionAsync(call) is { } fault)
            {
                Assert.IsType<SessionStoreException>(fault);
                seen.Add(CapturedLog.Of(fault));
            }
        }

        Assert.True(situation is "healthy" || seen.Count > 0 || log.Entries.Count > 0, "Nothing went wrong.");
        Assert.DoesNotContain(User, string.Join('\n', seen) + log.Text, StringComparison.Ordinal);
    }
}
