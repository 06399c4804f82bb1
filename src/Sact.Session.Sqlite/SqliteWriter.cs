using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>
/// The one writer of a store: a thread of its own that takes what is waiting and commits it in one transaction, so that many durable writes cost one flush to disk, and no pool thread ever waits
/// for a lock.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    // More would make the first of them wait too long for the last.
    private const int MostInOneTransaction = 256;

    private readonly SqliteConnection _connection;
    private readonly BlockingCollection<Work> _waiting = [];
    private readonly SemaphoreSlim _room;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Thread _thread;

    public SqliteWriter(SqliteConnection connection, int capacity, string name)
    {
        _connection = connection;
        _room = new SemaphoreSlim(capacity, capacity);
        _thread = new Thread(Run) { IsBackground = true, Name = "Sact.Session.Sqlite " + name };
        _thread.Start();
    }

    /// <summary>Runs work inside a transaction and answers when it has been committed. Work may run more than once, each time from the beginning.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<SqliteWriter, T> work, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        var item = new Work<T>(work, cancellationToken);
        try
        {
            _waiting.Add(item, CancellationToken.None);
        }
        catch (InvalidOperationException fault)
        {
            _room.Release();
            throw new SessionStoreException("The SQLite store has been disposed of.", fault);
        }

        return await item.Task.ConfigureAwait(false);
    }

    /// <summary>A prepared statement of the writer's connection, to be used on its thread alone.</summary>
    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "The text is the schema's own; every value is a parameter.")]
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

    public void Dispose()
    {
        if (!_waiting.IsAddingCompleted)
        {
            _waiting.CompleteAdding();
            _thread.Join();
            foreach (var command in _commands.Values)
            {
                command.Dispose();
            }
        }
    }

    private void Run()
    {
        var batch = new List<Work>();
        foreach (var first in _waiting.GetConsumingEnumerable())
        {
            batch.Clear();
            for (Work? next = first; next is not null; next = batch.Count < MostInOneTransaction && _waiting.TryTake(out var more) ? more : null)
            {
                _room.Release();
                if (!next.GiveUpIfCancelled())
                {
                    batch.Add(next);
                }
            }

            // One write that cannot be done must not fail those it happens to share a transaction with.
            if (batch.Count > 0 && !TryCommit(batch, last: batch.Count == 1) && batch.Count > 1)
            {
                foreach (var item in batch)
                {
                    TryCommit([item], last: true);
                }
            }
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever fails is told to whoever waits for it; the thread goes on.")]
    private bool TryCommit(List<Work> batch, bool last)
    {
        bool committing = false;
        try
        {
            SqliteSchema.Execute(_connection, "BEGIN IMMEDIATE");
            foreach (var item in batch)
            {
                item.Run(this);
            }

            committing = true;
            SqliteSchema.Execute(_connection, "COMMIT");
        }
        catch (Exception fault)
        {
            RollBack();
            if (last)
            {
                batch.ForEach(item => item.Fail(fault, outcomeUnknown: committing));
            }

            return false;
        }

        batch.ForEach(item => item.Acknowledge());
        return true;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "SQLite rolls back by itself after some faults, and then there is nothing to roll back.")]
    private void RollBack()
    {
        try
        {
            SqliteSchema.Execute(_connection, "ROLLBACK");
        }
        catch (Exception)
        {
        }
    }

    private abstract class Work
    {
        public abstract bool GiveUpIfCancelled();

        public abstract void Run(SqliteWriter writer);

        public abstract void Acknowledge();

        public abstract void Fail(Exception fault, bool outcomeUnknown);
    }

    private sealed class Work<T>(Func<SqliteWriter, T> work, CancellationToken cancellationToken) : Work
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _answer = default!;
        private Exception? _refusal;

        public Task<T> Task => _done.Task;

        public override bool GiveUpIfCancelled() => cancellationToken.IsCancellationRequested && _done.TrySetCanceled(cancellationToken);

        public override void Run(SqliteWriter writer)
        {
            try
            {
                _refusal = null;
                _answer = work(writer);
            }
            catch (Exception refusal) when (refusal is SessionStoreException or ArgumentException)
            {
                // Refused before anything was written, as a record of a newer format or a change that contradicts itself is; the others in the transaction go on.
                _refusal = refusal;
            }
        }

        public override void Acknowledge()
        {
            if (_refusal is not null)
            {
                _done.SetException(_refusal);
            }
            else
            {
                _done.SetResult(_answer);
            }
        }

        public override void Fail(Exception fault, bool outcomeUnknown) =>
            _done.SetException(new SessionStoreException($"SQLite refused a write: {SqliteFaults.Tell(fault)}", fault, outcomeUnknown));
    }
}
