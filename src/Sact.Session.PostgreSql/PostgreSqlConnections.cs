using System.Transactions;
using Npgsql;

namespace Sact.Session;

/// <summary>
/// Opens connections, from a pool of the store or from a data source of the application. No connection takes part in a transaction of the
/// application.
/// </summary>
internal sealed class PostgreSqlConnections : IAsyncDisposable, IDisposable
{
    // More statements than the store has, so that none displaces another.
    private const int MostPrepared = 32;

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource? _preparing;
    private readonly string? _listening;
    private readonly bool _owned;
    private readonly bool _mayEnlist;
    private readonly SemaphoreSlim _writes;
    private readonly TimeSpan _timeout;
    private int _prepares;

    public PostgreSqlConnections(PostgreSqlStoreOptions options)
    {
        _owned = options.DataSource is null;
        var parts = options.DataSource is { } source
            ? new NpgsqlConnectionStringBuilder(source.ConnectionString)
            : PostgreSqlConnectionString.Parse(options.ConnectionString);
        try
        {
            _source = options.DataSource ?? NpgsqlDataSource.Create(parts);
            if (_owned && !parts.ShouldSerialize("Max Auto Prepare"))
            {
                _preparing = BuildPreparing(new NpgsqlConnectionStringBuilder(parts.ToString()));
                _prepares = 1;
            }
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw PostgreSqlConnectionString.Malformed();
        }

        Address = PostgreSqlConnectionString.AddressOf(parts);

        // A host may have its port, and there may be several: a trace names none of those.
        if (parts.Host is { } host && host.AsSpan().IndexOfAny(',', ':') < 0)
        {
            Host = host;
            Port = host.StartsWith('/') || host.StartsWith('@') ? null : parts.Port;
        }

        if (_owned)
        {
            // Outside of the pool, because it is never given back. Keep-alive finds a connection that was cut without a word.
            _listening = new NpgsqlConnectionStringBuilder(parts.ToString()) { Pooling = false, KeepAlive = 10, Enlist = false }.ToString();
        }

        _mayEnlist = parts.Enlist;
        _timeout = parts.Timeout == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(parts.Timeout);

        // A quarter of the pool is for reads. Writes that all wait for one lock must not keep the reads of other users waiting.
        _writes = new SemaphoreSlim(parts.Pooling ? Math.Max(1, parts.MaxPoolSize - Math.Max(1, parts.MaxPoolSize / 4)) : int.MaxValue);
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <summary>The only host; null if there are several.</summary>
    public string? Host { get; }

    /// <summary>The port of the only host; null for a socket.</summary>
    public int? Port { get; }

    /// <summary>Waits until there are fewer writes than may run at once. <see cref="EndWrite"/> follows.</summary>
    /// <returns>False if that took longer than a connection may take.</returns>
    public Task<bool> BeginWriteAsync(CancellationToken cancellationToken) => _writes.WaitAsync(_timeout, cancellationToken);

    public void EndWrite() => _writes.Release();

    /// <summary>From now on no connection prepares its statements.</summary>
    /// <returns>False if that was so before.</returns>
    public bool StopPreparing()
    {
        bool stopped = Interlocked.Exchange(ref _prepares, 0) == 1;
        if (stopped)
        {
            _preparing!.Clear();
        }

        return stopped;
    }

    /// <summary>
    /// Gives up the idle connections of the store's pool, so that the next one is new. Those of the application stay as they are.
    /// </summary>
    public void GiveUpIdle()
    {
        if (_owned)
        {
            _source.Clear();
            _preparing?.Clear();
        }
    }

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _prepares) == 1 ? OpenPreparingAsync(cancellationToken) : OpenPlainAsync(cancellationToken);

    /// <summary>Opens a connection that waits for notifications: outside of the pool, or one of the application's data source.</summary>
    /// <exception cref="NotSupportedException">A pooler in transaction mode is between.</exception>
    public async ValueTask<NpgsqlConnection> OpenListeningAsync(CancellationToken cancellationToken)
    {
        var connection = _listening is null
            ? await OpenPlainAsync(cancellationToken).ConfigureAwait(false)
            : new NpgsqlConnection(_listening);
        try
        {
            if (_listening is not null)
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            }

            await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
            int process = (int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            return connection.ProcessID == process
                ? connection
                : throw new NotSupportedException("A pooler is between the store and the server, so no notification would arrive. "
                    + "Connect to the server directly, "
                    + "or accept that open connections close within SactSessionOptions.WatchInterval.");
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose()
    {
        if (_owned)
        {
            _source.Dispose();
            _preparing?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
            if (_preparing is not null)
            {
                await _preparing.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<NpgsqlConnection> OpenPreparingAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _preparing!.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (Volatile.Read(ref _prepares) == 0)
        {
            return await OpenPlainAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<NpgsqlConnection> OpenPlainAsync(CancellationToken cancellationToken)
    {
        if (!_mayEnlist || !IsInTransaction())
        {
            return _source.OpenConnectionAsync(cancellationToken);
        }

        // Npgsql looks for the transaction before it first waits. It would join it, or hand out the very connection the application has
        // enlisted.
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        return _source.OpenConnectionAsync(cancellationToken);
    }

    /// <summary>
    /// Builds a pool whose connections prepare what they run again, which costs no round trip. A statement belongs to one process of the
    /// server. Behind a pooler its name may mean another client's statement in the next process, so each new connection is checked.
    /// </summary>
    private NpgsqlDataSource BuildPreparing(NpgsqlConnectionStringBuilder parts)
    {
        (parts.MaxAutoPrepare, parts.AutoPrepareMinUsages) = (MostPrepared, 2);
        var builder = new NpgsqlDataSourceBuilder(parts.ToString());
        builder.UsePhysicalConnectionInitializer(
            static _ => throw new NotSupportedException("The store opens its connections asynchronously."),
            async connection =>
            {
                await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection) { CommandTimeout = parts.Timeout };
                if (connection.ProcessID != (int)(await command.ExecuteScalarAsync().ConfigureAwait(false))!)
                {
                    StopPreparing();
                    throw new NotSupportedException("A pooler is between the store and the server.");
                }
            });
        return builder.Build();
    }

    private static bool IsInTransaction()
    {
        try
        {
            return Transaction.Current is not null;
        }
        catch (InvalidOperationException)
        {
            // The scope is complete and not yet left.
            return true;
        }
    }
}
