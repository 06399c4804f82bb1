using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Sact.Session;

/// <summary>Where commands go: one batch, one round trip. Nothing of a session of the server's outlives a batch, so it works through a pooler that hands connections out by the transaction.</summary>
internal sealed class PostgreSqlDatabase : IAsyncDisposable, IDisposable
{
    private const int MostAttempts = 5;
    private const string NoReset = "No Reset On Close";

    private readonly NpgsqlDataSource _source;
    private readonly bool _owned;
    private readonly PostgreSqlSchema _schema;
    private readonly SemaphoreSlim _preparing = new(1, 1);
    private volatile bool _prepared;

    public PostgreSqlDatabase(PostgreSqlStoreOptions options, PostgreSqlSchema schema)
    {
        _schema = schema;
        _owned = options.DataSource is null;
        _source = options.DataSource ?? Build(options.ConnectionString);
    }

    /// <summary>Runs a batch that writes nothing. A lost connection is no fault yet: the read is done once more, on another.</summary>
    public Task<T> ReadAsync<T>(NpgsqlBatchCommand[] commands, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        RunAsync(commands, read, write: false, cancellationToken);

    /// <summary>
    /// Runs a batch in a transaction of its own, which is acknowledged when it is durable. Cancellation is looked at only before it begins. A collision is tried again, since nothing of it stands;
    /// a lost connection is not, since all of it may.
    /// </summary>
    public Task<T> WriteAsync<T>(NpgsqlBatchCommand[] commands, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        RunAsync(commands, read, write: true, cancellationToken);

    public void Dispose()
    {
        if (_owned)
        {
            _source.Dispose();
        }

        _preparing.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }

        _preparing.Dispose();
    }

    private static NpgsqlDataSource Build(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new ArgumentException("The PostgreSQL store needs a server. Set PostgreSqlStoreOptions.ConnectionString, such as \"Host=db;Database=app;Username=app\", or PostgreSqlStoreOptions.DataSource.");
        }

        try
        {
            var parts = new NpgsqlConnectionStringBuilder(connectionString);
            if (parts.Host?.Contains(',', StringComparison.Ordinal) == true)
            {
                parts.TargetSessionAttributes ??= "primary";
            }

            // The pool is the store's own, and nothing of a session of the server's outlives a batch: there is nothing to reset, and a reset takes as long as a prepared read. A transaction that an
            // error left open is rolled back all the same.
            if (!parts.ShouldSerialize(NoReset))
            {
                parts.NoResetOnClose = true;
            }

            return new NpgsqlDataSourceBuilder(parts.ToString()).Build();
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidOperationException or NotSupportedException or OverflowException)
        {
            // The provider's message may repeat a password, so it is not passed on.
            throw new ArgumentException("The PostgreSQL connection string is malformed. Set PostgreSqlStoreOptions.ConnectionString, such as \"Host=db;Database=app;Username=app\".");
        }
    }

    private async Task<T> RunAsync<T>(NpgsqlBatchCommand[] commands, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, bool write, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (!_prepared)
                {
                    await PrepareAsync(connection, cancellationToken).ConfigureAwait(false);
                }

                // A command belongs to one batch.
                var mine = attempt == 1 ? commands : Array.ConvertAll(commands, Copy);
                return await ExecuteAsync(connection, mine, read, write, write ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
            }
            catch (Exception fault) when (attempt < MostAttempts && (PostgreSqlFaults.IsCollision(fault) || (!write && PostgreSqlFaults.IsBroken(fault))))
            {
            }
            catch (Exception fault) when (fault is NpgsqlException or IOException)
            {
                if (fault is PostgresException { SqlState: "42P01" or "3F000" })
                {
                    // Dropped meanwhile; the next call looks again.
                    _prepared = false;
                }

                throw PostgreSqlFaults.Refused(fault, write && _prepared);
            }
            finally
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            throw PostgreSqlFaults.NotConnected(fault);
        }
        catch (ObjectDisposedException fault)
        {
            throw new SessionStoreException("The data source of the PostgreSQL store has been disposed of.", fault);
        }
    }

    private async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await _preparing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_prepared)
            {
                await _schema.EnsureAsync(connection, cancellationToken).ConfigureAwait(false);
                _prepared = true;
            }
        }
        finally
        {
            _preparing.Release();
        }
    }

    private static async Task<T> ExecuteAsync<T>(
        NpgsqlConnection connection, NpgsqlBatchCommand[] commands, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, bool write, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        if (write)
        {
            // At a stricter level the snapshot would be the first statement's, from before the lock of the cap was had.
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED"));

            // A role or a database may have it off, and a sign-out that is lost with the power brings the session back.
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
        var answer = await read(reader, cancellationToken).ConfigureAwait(false);

        // What COMMIT says comes last; before it nothing has happened.
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        return answer;
    }

    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "The text is the package's own; every value is a parameter.")]
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
