using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Sact.Session.Stores.Tests;
using StackExchange.Redis;

namespace Sact.Session.Scoreboard;

/// <summary>The stores that need a server. Each starts a private one.</summary>
internal static class ServerStores
{
    private const string ServersClock = "The clock of the server decides what is removed, and the scoreboard cannot move it.";

    public static async Task<SactStore> PostgreSqlAsync()
    {
        var server = await PostgresServer.StartAsync();
        return new SactStore(
            builder => builder.UsePostgreSql(server.ConnectionString),
            clock => new PostgreSqlStore(new PostgreSqlStoreOptions { ConnectionString = server.ConnectionString, TimeProvider = clock }),
            _ => new StoreControls
            {
                CountAsync = async () => (await RowsAsync(server)).Count,
                DumpAsync = async () => (await RowsAsync(server)).SelectMany(static row => row),
                SweepReason = ServersClock,
            },
            async () =>
            {
                NpgsqlConnection.ClearAllPools();
                await server.DisposeAsync();
            });
    }

    public static async Task<SactStore> RedisAsync()
    {
        var server = await RedisServer.StartAsync();
        return OfRedis(server.Configuration, [server], server);
    }

    public static async Task<SactStore> RedisClusterAsync()
    {
        var cluster = await RedisCluster.StartAsync();
        return OfRedis(cluster.Configuration, cluster.Nodes, cluster);
    }

    private static SactStore OfRedis(string configuration, IReadOnlyList<RedisServer> nodes, IAsyncDisposable server) => new(
        builder => builder.UseRedis(configuration),
        clock => new RedisStore(new RedisStoreOptions { Configuration = configuration, TimeProvider = clock }),
        _ => new StoreControls
        {
            CountAsync = async () => (await Task.WhenAll(nodes.Select(static node => node.Behind.DatabaseSizeAsync()))).Sum(),
            DumpAsync = () => DumpAsync(nodes),
            SweepReason = ServersClock,
        },
        server.DisposeAsync);

    private static async Task<IEnumerable<string>> DumpAsync(IReadOnlyList<RedisServer> nodes)
    {
        var lines = new List<string>();
        foreach (var node in nodes)
        {
            await foreach (var key in node.Behind.KeysAsync())
            {
                lines.Add(DumpedRows.Text(key.ToString()));
                var values = await node.Database.KeyTypeAsync(key) switch
                {
                    RedisType.String => [await node.Database.StringGetAsync(key)],
                    RedisType.SortedSet => await node.Database.SortedSetRangeByRankAsync(key),
                    _ => [],
                };
                lines.AddRange(values.Where(static value => !value.IsNull).Select(static value => DumpedRows.Text((byte[])value!)));
            }
        }

        return lines;
    }

    private static async Task<List<string[]>> RowsAsync(PostgresServer server)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT * FROM sact_sessions", connection);
        return await DumpedRows.ReadAsync(command);
    }
}
