using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Npgsql;
using static Sact.Session.PostgreSqlCircuitBreaker;

namespace Sact.Session;

/// <summary>Runs one attempt of a call, the first being number 1, and returns the rows of each statement that has some.</summary>
internal delegate Task<List<object[]>[]> Attempt(NpgsqlConnection connection, int number, CancellationToken cancellationToken);

/// <summary>
/// Runs commands. One batch is one round trip, and it leaves nothing in the server's session but prepared statements, and none of those
/// through a pooler. So it works where a pooler hands out connections per transaction.
/// </summary>
internal sealed class PostgreSqlDatabase : IAsyncDisposable, IDisposable
{
    private const int MostAttempts = 5;
    private const int MostCancellations = 4;

    // At a stricter level the snapshot would be that of the first statement, from before a lock was granted. A role or a database may
    // have the commit asynchronous, and a sign-out that is lost in a power cut brings the session back.
    private static readonly string[] s_begin = ["BEGIN ISOLATION LEVEL READ COMMITTED", "SET LOCAL synchronous_commit = on"];
    private static readonly string[] s_commit = ["COMMIT"];

    // Waits on the network are real time, whatever clock decides about expiry.
    private static readonly TimeProvider s_clock = TimeProvider.System;

    private readonly PostgreSqlConnections _connections;
    private readonly PostgreSqlFaults _faults;
    private readonly PostgreSqlCircuitBreaker _breaker;
    private readonly PostgreSqlSchema _schema;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _beginning = new(1, 1);
    private readonly SemaphoreSlim _cancellations = new(MostCancellations);
    private volatile bool _begun;

    public PostgreSqlDatabase(PostgreSqlStoreOptions options, PostgreSqlSchema schema, ILogger logger)
    {
        (_schema, _logger) = (schema, logger);
        _connections = new PostgreSqlConnections(options);
        _faults = new PostgreSqlFaults(_connections.Address);
        _breaker = new PostgreSqlCircuitBreaker(ProbeAsync, _faults, logger, s_clock);
    }

    /// <summary>Describes the store for traces: the table, and the server if there is only one.</summary>
    public StoreDescription Describe(string table) => new("postgresql")
    {
        Collection = table,
        ServerAddress = _connections.Host,
        ServerPort = _connections.Port,
    };

    /// <summary>
    /// Runs a command that writes nothing. If the connection is lost, the read is repeated on another one. The first column says whether
    /// the server is a standby.
    /// </summary>
    /// <returns>The rows, at least one.</returns>
    public async Task<List<object[]>> ReadAsync(NpgsqlBatchCommand command, CancellationToken cancellationToken)
    {
        var answers = await RunAsync(
            (connection, number, token) => ExecuteAsync(connection, [], Fresh([command], number), [], token),
            write: false,
            cancellationToken).ConfigureAwait(false);
        return answers[0][0][0] is false ? answers[0] : throw _faults.OnStandby();
    }

    /// <summary>
    /// Runs a batch in a transaction of its own, which is acknowledged when it is durable. A collision is tried again, because nothing of
    /// it happened. A lost connection is not, because all of it may have happened. A write that is cancelled is cancelled in the server,
    /// where it then has not happened; if the server does not confirm that, the outcome is unknown.
    /// </summary>
    /// <returns>The rows that each statement returns.</returns>
    public Task<List<object[]>[]> WriteAsync(CancellationToken cancellationToken, params NpgsqlBatchCommand[] commands) => RunAsync(
        (connection, number, token) => ExecuteAsync(connection, s_begin, Fresh(commands, number), s_commit, token),
        write: true,
        cancellationToken);

    /// <summary>
    /// Runs a command that locks a row, and in the same transaction the commands that its rows lead to. None writes nothing.
    /// </summary>
    public Task RewriteAsync(
        NpgsqlBatchCommand lockRow, Func<List<object[]>, NpgsqlBatchCommand[]> rewrite, CancellationToken cancellationToken) => RunAsync(
        async (connection, number, token) =>
        {
            var locked = await ExecuteAsync(connection, s_begin, Fresh([lockRow], number), [], token).ConfigureAwait(false);

            // A transaction that is open when the connection closes is rolled back.
            return rewrite(locked[0]) is { Length: > 0 } writes
                ? await ExecuteAsync(connection, [], writes, s_commit, token).ConfigureAwait(false)
                : locked;
        },
        write: true,
        cancellationToken);

    /// <summary>The keys of sessions that end, as other processes report them.</summary>
    public IAsyncEnumerable<SessionKey?> ListenAsync(string prefix, CancellationToken cancellationToken) =>
        new PostgreSqlEndings(_connections, _faults, prefix).ListenAsync(cancellationToken);

    public void Dispose()
    {
        _connections.Dispose();
        _beginning.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync().ConfigureAwait(false);
        _beginning.Dispose();
    }

    private async Task<List<object[]>[]> RunAsync(Attempt attempt, bool write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _breaker.EnterAsync(cancellationToken).ConfigureAwait(false);
        var call = _breaker.Begin();
        using var cancellation = new PostgreSqlCancellation(_breaker, call, _cancellations, s_clock, cancellationToken);
        try
        {
            if (!write)
            {
                return await TryAsync(attempt, write, call, cancellation.Token).ConfigureAwait(false);
            }

            if (!await _connections.BeginWriteAsync(cancellation.Token).ConfigureAwait(false))
            {
                throw _faults.TooManyWrites();
            }

            try
            {
                return await TryAsync(attempt, write, call, cancellation.Token).ConfigureAwait(false);
            }
            finally
            {
                _connections.EndWrite();
            }
        }
        catch (OperationCanceledException)
        {
            // Not the provider's, whose inner exception may quote parameters.
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private async Task<List<object[]>[]> TryAsync(Attempt attempt, bool write, Call call, CancellationToken cancellationToken)
    {
        for (int number = 1; ; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool sent = false;
            try
            {
                if (!_begun)
                {
                    await BeginAsync(call, cancellationToken).ConfigureAwait(false);
                }

                var connection = await OpenAsync(call, cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                sent = true;
                var answer = await attempt(connection, number, cancellationToken).ConfigureAwait(false);

                // A commit that is cancelled while it waits for a synchronous standby is acknowledged, although the standby may not have
                // it.
                return write && cancellationToken.IsCancellationRequested ? throw _faults.GivenUp() : answer;
            }
            catch (OperationCanceledException fault) when (write && sent && !PostgreSqlFaults.IsCancelled(fault.InnerException))
            {
                throw _faults.GivenUp();
            }
            catch (Exception fault) when (fault is NpgsqlException or IOException)
            {
                Heed(fault, call);
                bool mayRepeat = PostgreSqlFaults.IsCollision(fault) || (PostgreSqlFaults.IsBroken(fault) && !(write && sent));
                if (number < MostAttempts && mayRepeat)
                {
                    continue;
                }

                // A cancellation that arrives late hits the next statement of its connection. That has not happened, so it is repeated.
                // Nor has a statement whose preparation the server does not know.
                if ((PostgreSqlFaults.IsCancelled(fault) || IsPreparationRefused(fault)) && number == 1)
                {
                    continue;
                }

                if (fault is PostgresException { SqlState: "42P01" or "3F000" })
                {
                    // The table was dropped meanwhile. The next call creates it again.
                    _begun = false;
                }

                throw _faults.Refused(fault, write && sent);
            }
        }
    }

    private bool IsPreparationRefused(Exception fault)
    {
        if (fault is not PostgresException { SqlState: "26000" or "42P05" or "0A000" } error)
        {
            return false;
        }

        if (_connections.StopPreparing())
        {
            PostgreSqlLog.NotPrepared(_logger, _faults.Address, error.SqlState);
        }

        return true;
    }

    /// <summary>Takes from a fault what it says about the server.</summary>
    private void Heed(Exception fault, Call call)
    {
        if (fault is PostgresException && !PostgreSqlFaults.IsBroken(fault))
        {
            _breaker.Answered();
        }
        else if (fault.InnerException is TimeoutException)
        {
            _breaker.Unanswered(call);
        }
    }

    private async Task ProbeAsync(bool hangs, CancellationToken cancellationToken)
    {
        // A server that seems to hang may live behind connections that are half-open. Each of them would cost a probe its time-out.
        if (hangs)
        {
            _connections.GiveUpIdle();
        }

        var call = _breaker.Begin();
        using var cancellation = new PostgreSqlCancellation(_breaker, call, _cancellations, s_clock, cancellationToken);
        for (int number = 1; ; number++)
        {
            try
            {
                var connection = await OpenAsync(call, cancellation.Token).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                await ExecuteAsync(connection, ["SELECT 1"], [], [], cancellation.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception fault) when (fault is NpgsqlException or IOException)
            {
                // After a restart the pool has broken connections.
                if (number == MostAttempts || !PostgreSqlFaults.IsBroken(fault))
                {
                    throw _faults.Refused(fault, write: false);
                }
            }
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(Call call, CancellationToken cancellationToken)
    {
        try
        {
            return await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            var cause = _faults.NotConnected(fault);
            if (!PostgreSqlFaults.IsPoolExhausted(fault))
            {
                _breaker.NotConnected(call, cause);
            }

            throw cause;
        }
        catch (ObjectDisposedException fault)
        {
            throw new SessionStoreException(
                "The data source of the PostgreSQL store is disposed. Do not use the store after it was disposed.", fault);
        }
    }

    private async Task BeginAsync(Call call, CancellationToken cancellationToken)
    {
        await _beginning.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_begun)
            {
                var connection = await OpenAsync(call, cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                await _schema.EnsureAsync(connection, cancellationToken).ConfigureAwait(false);
                _begun = true;
            }
        }
        finally
        {
            _beginning.Release();
        }
    }

    private async Task<List<object[]>[]> ExecuteAsync(
        NpgsqlConnection connection, string[] before, NpgsqlBatchCommand[] commands, string[] after, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        Array.ForEach(before, sql => batch.BatchCommands.Add(Command(sql)));
        Array.ForEach(commands, batch.BatchCommands.Add);
        Array.ForEach(after, sql => batch.BatchCommands.Add(Command(sql)));
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        _breaker.Answered();
        var answers = new List<List<object[]>>(1);
        do
        {
            // A statement without columns answers after all others here, as COMMIT does. Before its answer nothing has happened.
            var rows = new List<object[]>(1);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(new object[reader.FieldCount]);
                reader.GetValues(rows[^1]);
            }

            answers.Add(rows);
        }
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));

        return [.. answers];
    }

    // A command belongs to one batch.
    private static NpgsqlBatchCommand[] Fresh(NpgsqlBatchCommand[] commands, int number) =>
        number == 1 ? commands : Array.ConvertAll(commands, Copy);

    [SuppressMessage("Security", "CA2100", Justification = "The text is that of the package, and every value is a parameter.")]
    private static NpgsqlBatchCommand Command(string sql) => new(sql);

    private static NpgsqlBatchCommand Copy(NpgsqlBatchCommand command)
    {
        var copy = Command(command.CommandText);
        foreach (NpgsqlParameter parameter in command.Parameters)
        {
            copy.Parameters.Add(parameter.Clone());
        }

        return copy;
    }
}
