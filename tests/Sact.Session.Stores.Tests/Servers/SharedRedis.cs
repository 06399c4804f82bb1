using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(Sact.Session.Stores.Tests.SharedRedis))]
[assembly: AssemblyFixture(typeof(Sact.Session.Stores.Tests.SharedRedisCluster))]

namespace Sact.Session.Stores.Tests;

/// <summary>
/// What is shared by the tests that do it no harm: started by the first that asks, stopped after the last. Two connections stand for two
/// processes.
/// </summary>
public abstract class SharedServer<TServer> : IAsyncDisposable
    where TServer : class, IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private TServer? _server;
    private IConnectionMultiplexer[]? _connections;

    public async Task<TServer> GetAsync()
    {
        await ConnectionsAsync();
        return _server!;
    }

    public async Task<IReadOnlyList<IConnectionMultiplexer>> ConnectionsAsync()
    {
        await _starting.WaitAsync();
        try
        {
            _server ??= await StartAsync();
            string configuration = ConfigurationOf(_server) + ",allowAdmin=true,asyncTimeout=60000,syncTimeout=60000";
            return _connections ??=
                [await ConnectionMultiplexer.ConnectAsync(configuration), await ConnectionMultiplexer.ConnectAsync(configuration)];
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections ?? [])
        {
            await connection.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _starting.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<TServer> StartAsync();

    protected abstract string ConfigurationOf(TServer server);
}

/// <summary>The one redis-server.</summary>
public sealed class SharedRedis : SharedServer<RedisServer>
{
    protected override Task<RedisServer> StartAsync() => RedisServer.StartAsync();

    protected override string ConfigurationOf(RedisServer server) => server.Configuration;
}

/// <summary>The one Redis Cluster.</summary>
public sealed class SharedRedisCluster : SharedServer<RedisCluster>
{
    protected override Task<RedisCluster> StartAsync() => RedisCluster.StartAsync();

    protected override string ConfigurationOf(RedisCluster server) => server.Configuration;
}
