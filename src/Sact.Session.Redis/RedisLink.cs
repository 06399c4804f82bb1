using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>The connection: made at first use, tried again until it is there, looked at once for an evicting server.</summary>
internal sealed class RedisLink : IAsyncDisposable, IDisposable
{
    private readonly RedisStoreOptions _options;
    private readonly ConfigurationOptions? _configuration;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile IConnectionMultiplexer? _connection;
    private volatile bool _checked;

    public RedisLink(RedisStoreOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        if (options.Connection is null)
        {
            _configuration = Parse(options.Configuration);
        }
    }

    public async ValueTask<T> RunAsync<T>(bool write, RedisKey key, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var connection = await ConnectionAsync(cancellationToken).ConfigureAwait(false);
            var database = connection.GetDatabase(_options.Database);

            // A write that has begun is waited for.
            T answer = await command(database).WaitAsync(write ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
            if (write && _options.RequireReplicas > 0)
            {
                await WaitForReplicasAsync(connection, database, key).ConfigureAwait(false);
            }

            return answer;
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw RedisFaults.Wrap(fault, write);
        }
    }

    /// <summary>The masters, for what goes over all keys.</summary>
    public async ValueTask<IReadOnlyList<IServer>> MastersAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var connection = await ConnectionAsync(cancellationToken).ConfigureAwait(false);
            var masters = connection.GetServers().Where(server => !server.IsReplica).ToArray();
            return masters.Length > 0 && Array.TrueForAll(masters, server => server.IsConnected)
                ? masters
                : throw new SessionStoreException("Redis could not answer: not every master is connected. Look whether the servers run and at RedisStoreOptions.Configuration.");
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw RedisFaults.Wrap(fault, write: false);
        }
    }

    /// <summary>The keys of a master that match; off a request's path.</summary>
    public async IAsyncEnumerable<RedisKey> ScanAsync(IServer master, string pattern, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var keys = master.KeysAsync(_options.Database, pattern, pageSize: 1000).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await keys.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (Exception fault) when (RedisFaults.Is(fault))
            {
                throw RedisFaults.Wrap(fault, write: false);
            }

            yield return keys.Current;
        }
    }

    public void Dispose()
    {
        if (_configuration is not null)
        {
            _connection?.Dispose();
        }

        _gate.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_configuration is not null && _connection is { } connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        _gate.Dispose();
    }

    private static ConfigurationOptions Parse(string? configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration))
        {
            throw new ArgumentException("The Redis store needs a server. Set RedisStoreOptions.Configuration, such as \"localhost:6379\", or RedisStoreOptions.Connection.");
        }

        try
        {
            var options = ConfigurationOptions.Parse(configuration);

            // The application starts while Redis is down, and the connection comes when Redis does.
            options.AbortOnConnectFail = false;
            return options.EndPoints.Count > 0 ? options : throw new ArgumentException("There is no end point.");
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            // The provider's message may repeat a password.
            throw new ArgumentException("The Redis configuration is malformed. Set RedisStoreOptions.Configuration, such as \"localhost:6379\".");
        }
    }

    private async ValueTask<IConnectionMultiplexer> ConnectionAsync(CancellationToken cancellationToken)
    {
        if (_checked)
        {
            return _connection!;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var connection = _connection ??= _options.Connection ?? await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
            if (!_checked && connection.IsConnected)
            {
                await RefuseEvictionAsync(connection).ConfigureAwait(false);
                _checked = true;
            }

            return connection;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A server that evicts signs people out and, worse, loses index entries: sign-out everywhere would miss sessions.</summary>
    private async Task RefuseEvictionAsync(IConnectionMultiplexer connection)
    {
        foreach (var server in connection.GetServers().Where(server => server is { IsReplica: false, IsConnected: true }))
        {
            string? limit, policy;
            try
            {
                var memory = (await server.InfoAsync("memory").ConfigureAwait(false)).SelectMany(group => group).ToLookup(line => line.Key, line => line.Value, StringComparer.Ordinal);
                limit = memory["maxmemory"].FirstOrDefault();
                policy = memory["maxmemory_policy"].FirstOrDefault();
            }
            catch (RedisServerException fault)
            {
                RedisLog.PolicyUnknown(_logger, fault);
                return;
            }

            if (policy is not (null or "noeviction") && limit is not (null or "0"))
            {
                throw new SessionStoreException($"Redis evicts keys (maxmemory-policy {policy}), and sessions would vanish. Set maxmemory-policy to noeviction on the server.");
            }
        }
    }

    private async Task WaitForReplicasAsync(IConnectionMultiplexer connection, IDatabase database, RedisKey key)
    {
        var endPoint = await database.IdentifyEndpointAsync(key, CommandFlags.DemandMaster).ConfigureAwait(false);
        var answer = await connection.GetServer(endPoint!).ExecuteAsync("WAIT", _options.RequireReplicas, (long)_options.ReplicaTimeout.TotalMilliseconds).ConfigureAwait(false);
        if ((long)answer < _options.RequireReplicas)
        {
            throw new SessionStoreException($"The master has a write that fewer than {_options.RequireReplicas} replicas confirmed. Look at the replicas, or lower RedisStoreOptions.RequireReplicas.", null, outcomeUnknown: true);
        }
    }
}
