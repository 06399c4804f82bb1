using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Npgsql;
using static Sact.Session.PostgreSqlCircuitBreaker;

namespace Sact.Session;

/// <summary>Reads the answer to a batch.</summary>
internal delegate Task<T> ReadAnswer<T>(NpgsqlDataReader reader, CancellationToken cancellationToken);

/// <summary>
/// Runs commands. One batch is one round trip, and it leaves nothing in the server's session. So it works through a pooler that hands out
/// connections per transaction.
/// </summary>
internal sealed class PostgreSqlDatabase : IAsyncDisposable, IDisposable
{
    private const int MostAttempts = 5;
    private const int MostCancellations = 4;

    // Waits on the network are real time, whatever clock decides about expiry.
    private static readonly TimeProvider s_clock = TimeProvider.System;

    private readonly PostgreSqlConnections _connections;
    private readonly PostgreSqlFaults _faults;
    private readonly PostgreSqlCircuitBreaker _breaker;
    private readonly PostgreSqlSchema _schema;
    private readonly SemaphoreSlim _preparing = new(1, 1);
    private readonly SemaphoreSlim _cancellations = new(MostCancellations);
    private volatile bool _prepared;

    public PostgreSqlDatabase(PostgreSqlStoreOptions options, PostgreSqlSchema schema, ILogger logger)
    {
        _schema = schema;
        _connections = new PostgreSqlConnections(options);
        _faults = new PostgreSqlFaults(_connections.Address);
        _breaker = new PostgreSqlCircuitBreaker(ProbeAsync, _faults, logger, s_clock);
    }

    /// <summary>How faults name the server.</summary>
    public PostgreSqlFaults Faults => _faults;

    /// <summary>Runs a batch that writes nothing. If the connection is lost, the read is repeated on another one.</summary>
    public Task<T> ReadAsync<T>(NpgsqlBatchCommand[] commands, ReadAnswer<T> read, CancellationToken cancellationToken) =>
        RunAsync(commands, read, write: false, cancellationToken);

    /// <summary>
    /// Runs a batch in a transaction of its own, which is acknowledged when it is durable. A collision is tried again, because nothing of
    /// it happened. A lost connection is not, because all of it may have happened. A write that is cancelled is cancelled in the server,
    /// where it then has not happened; if the server does not confirm that, the outcome is unknown.
    /// </summary>
    public Task<T> WriteAsync<T>(NpgsqlBatchCommand[] commands, ReadAnswer<T> read, CancellationToken cancellationToken) =>
        RunAsync(commands, read, write: true, cancellationToken);

    public void Dispose()
    {
        _connections.Dispose();
        _preparing.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync().ConfigureAwait(false);
        _preparing.Dispose();
    }

    private async Task<T> RunAsync<T>(
        NpgsqlBatchCommand[] commands, ReadAnswer<T> read, bool write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _breaker.EnterAsync(cancellationToken).ConfigureAwait(false);
        var call = _breaker.Begin();
        using var cancellation = new PostgreSqlCancellation(_breaker, call, _cancellations, s_clock, cancellationToken);
        try
        {
            if (!write)
            {
                return await TryAsync(commands, read, write, call, cancellation.Token).ConfigureAwait(false);
            }

            if (!await _connections.BeginWriteAsync(cancellation.Token).ConfigureAwait(false))
            {
                throw _faults.TooManyWrites();
            }

            try
            {
                return await TryAsync(commands, read, write, call, cancellation.Token).ConfigureAwait(false);
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

    private async Task<T> TryAsync<T>(
        NpgsqlBatchCommand[] commands, ReadAnswer<T> read, bool write, Call call, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool sent = false;
            try
            {
                if (!_prepared)
                {
                    await PrepareAsync(call, cancellationToken).ConfigureAwait(false);
                }

                var connection = await OpenAsync(call, cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);

                // A command belongs to one batch.
                var mine = attempt == 1 ? commands : Array.ConvertAll(commands, Copy);
                cancellationToken.ThrowIfCancellationRequested();
                sent = true;
                return await ExecuteAsync(connection, mine, read, write, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException fault) when (write && sent && !PostgreSqlFaults.IsCancelled(fault.InnerException))
            {
                throw _faults.GivenUp();
            }
            catch (Exception fault) when (fault is NpgsqlException or IOException)
            {
                Heed(fault, call);
                bool mayRepeat = PostgreSqlFaults.IsCollision(fault) || (PostgreSqlFaults.IsBroken(fault) && !(write && sent));
                if (attempt < MostAttempts && mayRepeat)
                {
                    continue;
                }

                // A cancellation that arrives late hits the next statement of its connection. That has not happened, so it is repeated.
                if (attempt == 1 && PostgreSqlFaults.IsCancelled(fault))
                {
                    continue;
                }

                if (fault is PostgresException { SqlState: "42P01" or "3F000" })
                {
                    // The table was dropped meanwhile. The next call creates it again.
                    _prepared = false;
                }

                throw _faults.Refused(fault, write && sent);
            }
        }
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

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var call = _breaker.Begin();
        using var cancellation = new PostgreSqlCancellation(_breaker, call, _cancellations, s_clock, cancellationToken);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var connection = await OpenAsync(call, cancellation.Token).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                NpgsqlBatchCommand[] select = [new NpgsqlBatchCommand("SELECT 1")];
                ReadAnswer<bool> read = static (_, _) => Task.FromResult(true);
                await ExecuteAsync(connection, select, read, write: false, cancellation.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception fault) when (fault is NpgsqlException or IOException)
            {
                // After a restart the pool has broken connections.
                if (attempt == MostAttempts || !PostgreSqlFaults.IsBroken(fault))
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

    private async Task PrepareAsync(Call call, CancellationToken cancellationToken)
    {
        await _preparing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_prepared)
            {
                var connection = await OpenAsync(call, cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                await _schema.EnsureAsync(connection, cancellationToken).ConfigureAwait(false);
                _prepared = true;
            }
        }
        finally
        {
            _preparing.Release();
        }
    }

    private async Task<T> ExecuteAsync<T>(
        NpgsqlConnection connection, NpgsqlBatchCommand[] commands, ReadAnswer<T> read, bool write, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        if (write)
        {
            // At a stricter level the snapshot would be that of the first statement, from before the lock of the cap was granted.
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED"));

            // A role or a database may have it off. A sign-out that is lost in a power cut brings the session back.
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL synchronous_commit = on"));
        }

        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        if (write)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        }

        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        _breaker.Answered();
        var answer = await read(reader, cancellationToken).ConfigureAwait(false);

        // The answer to COMMIT comes last. Before it nothing has happened.
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        if (write && cancellationToken.IsCancellationRequested)
        {
            // A commit that is cancelled while it waits for a synchronous standby is acknowledged, although the standby may not have it.
            throw _faults.GivenUp();
        }

        return answer;
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is that of the package, and every value is a parameter.")]
    private static NpgsqlBatchCommand Copy(NpgsqlBatchCommand command)
    {
        var copy = new NpgsqlBatchCommand(command.CommandText);
        foreach (NpgsqlParameter parameter in command.Parameters)
        {
            copy.Parameters.Add(parameter.Clone());
        }

        return copy;
    }
}
