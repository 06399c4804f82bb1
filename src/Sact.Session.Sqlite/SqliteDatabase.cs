using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>
/// The file behind a store: its one writer, and readers that never wait for it (write-ahead log). If the database has only one
/// connection, the writer does the reads too.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    // SQLITE_IOERR_DELETE_NOENT. A connection removes the log beside an empty file, and of several that do so at once all but one fail.
    private const int LogAlreadyRemoved = 5898;
    private const int MostAttempts = 10;

    private readonly SqliteStoreOptions _options;
    private readonly SqliteSchema _schema;
    private readonly string _connectionString;
    private readonly bool _single;
    private readonly bool _owned;
    private readonly SqliteConnection _writing;
    private readonly SqliteWriter _writer;
    private readonly ConcurrentBag<SqliteReader> _readers = [];
    private int _disposed;

    public SqliteDatabase(SqliteStoreOptions options, SqliteSchema schema)
    {
        _options = options;
        _schema = schema;
        _owned = options.Connection is null;
        string connectionString = options.Connection?.ConnectionString ?? Checked(options.ConnectionString);
        var parts = new SqliteConnectionStringBuilder(connectionString);
        Name = parts.DataSource;
        IsReadOnly = parts.Mode == SqliteOpenMode.ReadOnly;
        if (_owned)
        {
            SqliteFileMode.Create(parts);
        }

        _writing = options.Connection ?? new SqliteConnection(connectionString);
        try
        {
            Prepare();
        }
        catch (SqliteException fault)
        {
            Discard();
            throw new SessionStoreException(CouldNotOpen(SqliteFaults.Explain(fault)), fault);
        }
        catch (InvalidOperationException fault)
        {
            // This SQLite does not support a setting, such as a password. The provider does not repeat it.
            Discard();
            throw new SessionStoreException(CouldNotOpen(fault.Message), fault);
        }
        catch
        {
            Discard();
            throw;
        }

        // The full path of the file: a relative path would name another file once the working folder has changed. A database in memory
        // has none, and only its connection sees it.
        parts.DataSource = Path = FileOf(_writing);
        _single = !_owned || parts.DataSource.Length == 0;

        // A reader must not create an empty file in place of one that was removed.
        parts.Mode = IsReadOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite;
        _connectionString = parts.ToString();
        _writer = new SqliteWriter(_writing, options.BusyTimeout, options.QueueCapacity, Name);
    }

    /// <summary>The file's name, for messages.</summary>
    public string Name { get; }

    /// <summary>The full path of the file; empty for a database in memory.</summary>
    public string Path { get; }

    public bool IsReadOnly { get; private set; }

    public SqliteDurability Durability => _options.Durability;

    /// <summary>Runs a read on the connection of the writer, whose settings decide what a commit survives.</summary>
    public ValueTask<T> ReadByWriterAsync<T>(Func<SqliteWriter, T> read, CancellationToken cancellationToken) =>
        _writer.ReadAsync(read, cancellationToken);

    public ValueTask<T> WriteAsync<T>(Func<SqliteWriter, T> work, CancellationToken cancellationToken) =>
        _writer.WriteAsync(work, cancellationToken);

    /// <summary>Runs one statement on a reader. It has the answer when it returns, because SQLite does no asynchronous I/O.</summary>
    public ValueTask<T> ReadAsync<T>(
        string sql, Action<SqliteCommand> bind, Func<SqliteDataReader, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_single)
        {
            return _writer.ReadAsync(
                writer =>
                {
                    var command = writer.Command(sql);
                    bind(command);
                    using var rows = command.ExecuteReader();
                    return read(rows);
                },
                cancellationToken);
        }

        if (Volatile.Read(ref _disposed) != 0)
        {
            throw new SessionStoreException(SqliteFaults.Disposed);
        }

        SqliteReader? reader = null;
        try
        {
            if (!_readers.TryTake(out reader))
            {
                reader = new SqliteReader(Open());
            }

            var command = reader.Command(sql);
            bind(command);
            using var rows = command.ExecuteReader();
            return new(read(rows));
        }
        catch (SqliteException fault)
        {
            // The next read opens the file again.
            reader?.Dispose();
            reader = null;
            throw new SessionStoreException($"SQLite refused a read: {SqliteFaults.Explain(fault)}", fault);
        }
        finally
        {
            if (reader is not null)
            {
                _readers.Add(reader);
                if (Volatile.Read(ref _disposed) != 0)
                {
                    DiscardReaders();
                }
            }
        }
    }

    /// <summary>Opens a connection for one reader; null if no other connection can see the database.</summary>
    public SqliteReader? OpenReader() => _single ? null : new SqliteReader(Open());

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _writer.Dispose();
            DiscardReaders();
            Discard();
        }
    }

    private static string Checked(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new ArgumentException(
                "The SQLite store has no connection string. Set SqliteStoreOptions.ConnectionString, such as \"Data Source=app.db\". "
                + "GetConnectionString(name) returns null where ConnectionStrings has no such name.");
        }

        try
        {
            var parts = new SqliteConnectionStringBuilder(connectionString);

            // Readers are kept here. A pool behind them would keep the file open after the store was disposed of.
            parts.Pooling = false;

            // In a shared cache readers wait for the writer. Only databases in memory need one.
            if (parts.Cache == SqliteCacheMode.Shared && parts.Mode != SqliteOpenMode.Memory)
            {
                parts.Cache = SqliteCacheMode.Private;
            }

            return parts.ToString();
        }
        catch (ArgumentException)
        {
            // The provider's message may repeat a password.
            throw new ArgumentException(
                "The SQLite connection string is malformed. Set SqliteStoreOptions.ConnectionString, such as \"Data Source=app.db\".");
        }
    }

    private string CouldNotOpen(string why) =>
        $"The SQLite file '{Name}' could not be opened for sessions: {why} (SqliteStoreOptions.ConnectionString)";

    private void Prepare()
    {
        if (_writing.State != System.Data.ConnectionState.Open)
        {
            _writing.Open();
        }

        Tune(_writing);
        for (int attempt = 1; !IsReadOnly; attempt++)
        {
            try
            {
                PrepareToWrite();
                return;
            }
            catch (SqliteException fault) when (fault.SqliteExtendedErrorCode == LogAlreadyRemoved && attempt < MostAttempts)
            {
                // Another connection has removed it, so the next attempt finds none.
            }
            catch (SqliteException fault) when (fault.SqliteErrorCode == 8)
            {
                // A read-only file still shows who is signed in. A write reports what is wrong.
                IsReadOnly = true;
            }
        }

        _schema.Ensure(_writing, readOnly: true);
    }

    private void PrepareToWrite()
    {
        SqliteSchema.Execute(_writing, "PRAGMA journal_mode = WAL");
        string level = _options.Durability == SqliteDurability.Normal ? "NORMAL" : "FULL";
        SqliteSchema.Execute(_writing, $"PRAGMA synchronous = {level}");
        _schema.Ensure(_writing, readOnly: false);
    }

    private static string FileOf(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT file FROM pragma_database_list WHERE name = 'main'";
        return command.ExecuteScalar() as string ?? "";
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            Tune(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Tune(SqliteConnection connection)
    {
        // The provider waits in steps of 150 ms. SQLite takes the lock as soon as it is free.
        SqliteSchema.Execute(connection, $"PRAGMA busy_timeout = {(int)_options.BusyTimeout.TotalMilliseconds}");
        connection.DefaultTimeout = Math.Max(1, (int)_options.BusyTimeout.TotalSeconds);
    }

    private void DiscardReaders()
    {
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    private void Discard()
    {
        if (_owned)
        {
            _writing.Dispose();
        }
    }
}
