using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sact.Session;

/// <summary>
/// The one writer of a store: a thread that commits all waiting writes in one transaction. Many durable writes then cost one flush to
/// disk, and no thread of the pool ever waits for a lock.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    // With more writes the first one would wait too long for the last one.
    private const int MostInOneTransaction = 256;

    private readonly SqliteConnection _connection;
    private readonly TimeSpan _busyTimeout;
    private readonly BlockingCollection<SqliteWork> _waiting = [];
    private readonly SemaphoreSlim _room;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Thread _thread;

    public SqliteWriter(SqliteConnection connection, TimeSpan busyTimeout, int capacity, string name)
    {
        _connection = connection;
        _busyTimeout = busyTimeout;
        _room = new SemaphoreSlim(capacity, capacity);
        _thread = new Thread(Run) { IsBackground = true, Name = "Sact.Session.Sqlite " + name };
        _thread.Start();
    }

    /// <summary>
    /// Runs work in a transaction and completes when it is committed. Work may run more than once, each time from its beginning.
    /// </summary>
    public ValueTask<T> WriteAsync<T>(Func<SqliteWriter, T> work, CancellationToken cancellationToken) =>
        EnqueueAsync(work, isRead: false, cancellationToken);

    /// <summary>Runs work that changes nothing, in the order of the calls.</summary>
    public ValueTask<T> ReadAsync<T>(Func<SqliteWriter, T> work, CancellationToken cancellationToken) =>
        EnqueueAsync(work, isRead: true, cancellationToken);

    /// <summary>A prepared statement of the writer's connection. Only the thread of the writer may use it.</summary>
    [SuppressMessage("Security", "CA2100:Review SQL queries", Justification = "The statements are constant; every value is a parameter.")]
    public SqliteCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        return command;
    }

    /// <summary>Lets the waiting writes finish, and accepts no more.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }
    }

    private async ValueTask<T> EnqueueAsync<T>(Func<SqliteWriter, T> work, bool isRead, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        var item = new SqliteWork<T>(work, isRead, cancellationToken);
        try
        {
            _waiting.Add(item, CancellationToken.None);
        }
        catch (InvalidOperationException fault)
        {
            _room.Release();
            throw new SessionStoreException(SqliteFaults.Disposed, fault);
        }

        return await item.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        var batch = new List<SqliteWork>();
        foreach (var first in _waiting.GetConsumingEnumerable())
        {
            _room.Release();
            batch.Clear();
            if (!first.TryBegin())
            {
                continue;
            }

            batch.Add(first);
            if (first.IsRead)
            {
                RunAlone(first);
            }
            else if (Begin() is { } fault)
            {
                // All waiting writes would meet the same fault. One by one, each of them would wait for it.
                TakeMore(batch, int.MaxValue);
                batch.ForEach(item => item.Fail(fault, outcomeUnknown: false));
            }
            else
            {
                // They are taken after the lock, so that writes which came while another process had it are included.
                TakeMore(batch, MostInOneTransaction);
                Commit(batch);
            }
        }
    }

    private void TakeMore(List<SqliteWork> batch, int most)
    {
        while (batch.Count < most && _waiting.TryTake(out var more))
        {
            _room.Release();
            if (more.TryBegin())
            {
                batch.Add(more);
            }
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The caller gets the fault.")]
    private void RunAlone(SqliteWork item)
    {
        try
        {
            item.Run(this);
        }
        catch (Exception fault)
        {
            item.Fail(fault, outcomeUnknown: false);
            return;
        }

        item.Acknowledge();
    }

    /// <summary>
    /// Takes the write lock of the file. It tries once a millisecond: SQLite waits up to a tenth of a second between its tries, so that
    /// a busy process which releases the lock only for moments would starve another one.
    /// </summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The caller gets the fault.")]
    private Exception? Begin()
    {
        try
        {
            var handle = _connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
            long started = TimeProvider.System.GetTimestamp();
            raw.sqlite3_busy_timeout(handle, 0);
            try
            {
                while (true)
                {
                    int code = raw.sqlite3_exec(handle, "BEGIN IMMEDIATE");
                    if (code == raw.SQLITE_OK)
                    {
                        return null;
                    }

                    if ((code & 0xff) is not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
                        || TimeProvider.System.GetElapsedTime(started) >= _busyTimeout)
                    {
                        return new SqliteException(raw.sqlite3_errmsg(handle).utf8_to_string(), code & 0xff, code);
                    }

#pragma warning disable RS0030 // Another process gives no signal when it releases the lock, and this is no thread of the pool.
                    Thread.Sleep(1);
#pragma warning restore RS0030
                }
            }
            finally
            {
                raw.sqlite3_busy_timeout(handle, (int)_busyTimeout.TotalMilliseconds);
            }
        }
        catch (Exception fault)
        {
            return fault;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The caller gets the fault.")]
    private void Commit(List<SqliteWork> batch)
    {
        bool committing = false;
        try
        {
            foreach (var item in batch)
            {
                item.Run(this);
            }

            committing = true;
            SqliteSchema.Execute(_connection, "COMMIT");
        }
        catch (Exception fault)
        {
            SqliteSchema.RollBack(_connection);
            if (committing || batch.Count == 1)
            {
                // After a failed commit nobody knows what is on the disk. No write is repeated.
                batch.ForEach(item => item.Fail(fault, outcomeUnknown: committing));
            }
            else
            {
                CommitEach(batch);
            }

            return;
        }

        batch.ForEach(item => item.Acknowledge());
    }

    /// <summary>Commits each write alone: one that fails must not fail the others of its transaction.</summary>
    private void CommitEach(List<SqliteWork> batch)
    {
        Exception? locked = null;
        foreach (var item in batch)
        {
            locked ??= Begin();
            if (locked is null)
            {
                Commit([item]);
            }
            else
            {
                item.Fail(locked, outcomeUnknown: false);
            }
        }
    }
}
