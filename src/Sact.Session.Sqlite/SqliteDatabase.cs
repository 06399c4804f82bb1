using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>The file behind a store: its one writer, and readers that never wait for it (write-ahead log). A database that has only one connection has its reads done by the writer too.</summary>
internal sealed class SqliteDatabase : IDisposable
{
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
        _writing = options.Connection ?? new SqliteConnection(connectionString);
        try
        {
            Prepare();
        }
        catch (SqliteException fault)
        {
            Discard();
            throw new SessionStoreException($"The SQLite file '{Name}' could not be opened for sessions: {SqliteFaults.Tell(fault)} (SqliteStoreOptions.ConnectionString)", fault);
        }
        catch (InvalidOperationException fault)
        {
            // A setting that this SQLite cannot do, such as a password, which the provider does not repeat.
            Discard();
            throw new SessionStoreException($"The SQLite file '{Name}' could not be opened for sessions: {fault.Message} (SqliteStoreOptions.ConnectionString)", fault);
        }
        catch
        {
            Discard();
            throw;
        }

        // Where the writer's file really lies: a relative path would mean another one once the working folder has changed. There is none for a database in memory, which only its connection sees.
        parts.DataSource = FileOf(_writing);
        _single = !_owned || parts.DataSource.Length == 0;

        // A reader must not make an empty file in place of one that was taken away.
        parts.Mode = IsReadOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite;
        _connectionString = parts.ToString();
        _writer = new SqliteWriter(_writing, options.BusyTimeout, options.QueueCapacity, Name);
    }

    /// <summary>The file's name, for messages.</summary>
    public string Name { get; }

    public bool IsReadOnly { get; private set; }

    public ValueTask<T> WriteAsync<T>(Func<SqliteWriter, T> work, CancellationToken cancellationToken) => _writer.WriteAsync(work, cancellationToken);

    /// <summary>Runs one statement on a reader; the answer is there when this returns, since SQLite does no asynchronous I/O.</summary>
    public ValueTask<T> ReadAsync<T>(string sql, Action<SqliteCommand> bind, Func<SqliteDataReader, T> read, CancellationToken cancellationToken)
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
            // The next read opens the file anew.
            reader?.Dispose();
            reader = null;
            throw new SessionStoreException($"SQLite refused a read: {SqliteFaults.Tell(fault)}", fault);
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
            throw new ArgumentException("The SQLite store needs a file. Set SqliteStoreOptions.ConnectionString, such as \"Data Source=app.db\".");
        }

        try
        {
            var parts = new SqliteConnectionStringBuilder(connectionString);

            // Readers are kept here; a pool behind them would hold the file after the store is gone.
            parts.Pooling = false;

            // Within a shared cache readers wait for the writer; only databases in memory need one.
            if (parts.Cache == SqliteCacheMode.Shared && parts.Mode != SqliteOpenMode.Memory)
            {
                parts.Cache = SqliteCacheMode.Private;
            }

            return parts.ToString();
        }
        catch (ArgumentException)
        {
            // The provider's message may repeat a password.
            throw new ArgumentException("The SQLite connection string is malformed. Set SqliteStoreOptions.ConnectionString, such as \"Data Source=app.db\".");
        }
    }

    private void Prepare()
    {
        if (_writing.State != System.Data.ConnectionState.Open)
        {
            _writing.Open();
        }

        Tune(_writing);
        if (!IsReadOnly)
        {
            try
            {
                SqliteSchema.Execute(_writing, "PRAGMA journal_mode = WAL");
                SqliteSchema.Execute(_writing, _options.Durability == SqliteDurability.Normal ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
                _schema.Ensure(_writing, readOnly: false);
                return;
            }
            catch (SqliteException fault) when (fault.SqliteErrorCode == 8)
            {
                // A read-only file still tells who is signed in; writes say what is wrong.
                IsReadOnly = true;
            }
        }

        _schema.Ensure(_writing, readOnly: true);
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
        // The provider's own way of waiting sleeps in steps of 150 ms; SQLite's takes the lock as soon as it is free.
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
