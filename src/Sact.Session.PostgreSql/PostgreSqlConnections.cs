using System.Transactions;
using Npgsql;

namespace Sact.Session;

/// <summary>
/// Opens connections, from a pool of the store or from a data source of the application. No connection takes part in a transaction of the
/// application.
/// </summary>
internal sealed class PostgreSqlConnections : IAsyncDisposable, IDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly bool _owned;
    private readonly bool _mayEnlist;
    private readonly SemaphoreSlim _writes;
    private readonly TimeSpan _timeout;

    public PostgreSqlConnections(PostgreSqlStoreOptions options)
    {
        _owned = options.DataSource is null;
        var parts = options.DataSource is { } source
            ? new NpgsqlConnectionStringBuilder(source.ConnectionString)
            : PostgreSqlConnectionString.Parse(options.ConnectionString);
        try
        {
            _source = options.DataSource ?? new NpgsqlDataSourceBuilder(parts.ToString()).Build();
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw PostgreSqlConnectionString.Malformed();
        }

        Address = PostgreSqlConnectionString.AddressOf(parts);
        _mayEnlist = parts.Enlist;
        _timeout = parts.Timeout == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(parts.Timeout);

        // A quarter of the pool is for reads. Writes that all wait for one lock must not keep the reads of other users waiting.
        _writes = new SemaphoreSlim(parts.Pooling ? Math.Max(1, parts.MaxPoolSize - Math.Max(1, parts.MaxPoolSize / 4)) : int.MaxValue);
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <summary>Waits until there are fewer writes than may run at once. <see cref="EndWrite"/> follows.</summary>
    /// <returns>False if that took longer than a connection may take.</returns>
    public Task<bool> BeginWriteAsync(CancellationToken cancellationToken) => _writes.WaitAsync(_timeout, cancellationToken);

    public void EndWrite() => _writes.Release();

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
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

    public void Dispose()
    {
        if (_owned)
        {
            _source.Dispose();
        }
    }

    public ValueTask DisposeAsync() => _owned ? _source.DisposeAsync() : default;

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
