using Microsoft.Data.Sqlite;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>A file of a test's own, and what the test does to it behind the stores' back.</summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-sqlite-").FullName;
    private readonly List<IDisposable> _open = [];

    public string Path => System.IO.Path.Combine(_folder, "app.db");

    public string Folder => _folder;

    public string ConnectionString => $"Data Source={Path}";

    public static SessionLifetimes Lifetimes { get; } = new(TimeSpan.FromHours(2), TimeSpan.FromHours(1), TimeSpan.FromHours(24));

    /// <summary>
    /// How many transactions have been committed, as the write-ahead log's own index counts them (iChange of WalIndexHdr, at byte 8 of the
    /// -shm file).
    /// </summary>
    public uint Commits
    {
        get
        {
            using var index = new FileStream(Path + "-shm", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            index.Seek(8, SeekOrigin.Begin);
            byte[] change = new byte[4];
            index.ReadExactly(change);
            return BitConverter.ToUInt32(change);
        }
    }

    public SqliteStore Open(Action<SqliteStoreOptions>? configure = null)
    {
        var options = new SqliteStoreOptions { ConnectionString = ConnectionString, BusyTimeout = TimeSpan.FromSeconds(30) };
        configure?.Invoke(options);
        var store = new SqliteStore(options);
        lock (_open)
        {
            _open.Add(store);
        }

        return store;
    }

    /// <summary>Another connection to the file, as another program would have it.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(ConnectionString + ";Pooling=False");
        connection.Open();
        _open.Add(connection);
        return connection;
    }

    public object? Run(string sql)
    {
        using var connection = new SqliteConnection(ConnectionString + ";Pooling=False");
        connection.Open();
        return Run(connection, sql);
    }

    public static object? Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>Every byte of the database, its log included.</summary>
    public IEnumerable<byte[]> Bytes() =>
        Directory.EnumerateFiles(_folder).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)).Select(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    });

    public static SessionRecord Record(IGenericStore store, string user = "alice")
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        return new SessionRecord
        {
            Key = store.GetSessionKey(store.CreateSessionId(user)),
            UserId = user,
            State = SessionState.SignedIn,
            LineageHash = new SecretHash(Guid.NewGuid().ToByteArray()),
            CurrentHash = new SecretHash(Guid.NewGuid().ToByteArray()),
            Presented = true,
            Lifetimes = Lifetimes,
            CreatedAt = now,
            LastSeenAt = now,
            AuthenticatedAt = now,
        };
    }

    public static async Task<SessionRecord> SignInAsync(IGenericStore store, string user = "alice")
    {
        var record = Record(store, user);
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(record)).Status);
        return record;
    }

    public static SessionChange Field(string name, string json) =>
        new() { Set = SessionFields.Create([new(name, System.Text.Encoding.UTF8.GetBytes(json))]) };

    public void Dispose()
    {
        _open.ForEach(item => item.Dispose());
        Directory.Delete(_folder, recursive: true);
    }
}
