using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Sact.Session.Stores.Tests;

/// <summary>A Redis Cluster of the tests' own: three masters on loopback ports, which share the slots among them.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    public const int Count = 3;

    private const int Slots = 16384;
    private readonly List<RedisServer> _nodes = [];
    private readonly List<string> _ids = [];

    private RedisCluster()
    {
    }

    public IReadOnlyList<RedisServer> Nodes => _nodes;

    public string Configuration => RedisServer.ConfigurationAt([.. _nodes.Select(node => node.Port)]);

    /// <summary>
    /// Starts the nodes and makes them one cluster. Without redis-server on the machine the test is skipped, and in CI it fails.
    /// </summary>
    /// <param name="settings">More settings of each node, by its number; null for none.</param>
    public static async Task<RedisCluster> StartAsync(Func<int, string[]>? settings = null)
    {
        var cluster = new RedisCluster();
        try
        {
            await cluster.FormAsync(settings ?? (static _ => []));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The number of the node that has a slot, as the first node knows it.</summary>
    public async Task<int> OwnerAsync(int slot)
    {
        // Each node says what it has itself. What it says of the others may be outdated.
        for (int i = 0; i < _nodes.Count; i++)
        {
            string nodes = (string)(await _nodes[i].Behind.ExecuteAsync("CLUSTER", "NODES"))!;
            string[] own = nodes.Split('\n').Single(line => line.Contains("myself", StringComparison.Ordinal)).Split(' ');

            // The slots come after the eighth word; those in brackets are on their way.
            if (own.Skip(8).Where(range => range[0] != '[').Select(Range).Any(range => range.First <= slot && slot <= range.Last))
            {
                return i;
            }
        }

        throw new InvalidOperationException($"No node has slot {slot}.");
    }

    /// <summary>
    /// Moves a slot as redis-cli does: marked at both ends, key by key, then given away. The step is told of between any two of them.
    /// </summary>
    public async Task MoveAsync(int slot, int from, int to, Func<Task>? step = null)
    {
        await BeginMoveAsync(slot, from, to);
        while (await MoveKeysAsync(slot, from, to, 1) > 0)
        {
            await (step?.Invoke() ?? Task.CompletedTask);
        }

        await EndMoveAsync(slot, from, to);
    }

    public async Task BeginMoveAsync(int slot, int from, int to)
    {
        await _nodes[to].Behind.ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", _ids[from]);
        await _nodes[from].Behind.ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", _ids[to]);
    }

    public async Task<int> MoveKeysAsync(int slot, int from, int to, int most)
    {
        var keys = (RedisKey[])(await _nodes[from].Behind.ExecuteAsync("CLUSTER", "GETKEYSINSLOT", slot, most))!;
        if (keys.Length > 0)
        {
            await MoveKeysAsync(keys, from, to);
        }

        return keys.Length;
    }

    public async Task MoveKeysAsync(RedisKey[] keys, int from, int to) =>
        await _nodes[from].Behind.ExecuteAsync(
            "MIGRATE",
            ["127.0.0.1", _nodes[to].Port, "", 0, 30000, "AUTH", RedisServer.Password, "KEYS", .. keys.Select(key => (object)key)]);

    public async Task EndMoveAsync(int slot, int from, int to)
    {
        foreach (int node in new[] { to, from }.Concat(Enumerable.Range(0, _nodes.Count)).Distinct())
        {
            await _nodes[node].Behind.ExecuteAsync("CLUSTER", "SETSLOT", slot, "NODE", _ids[to]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private static (int First, int Last) Range(string range)
    {
        string[] ends = range.Split('-');
        return (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
    }

    private async Task FormAsync(Func<int, string[]> settings)
    {
        for (int i = 0; i < Count; i++)
        {
            // Full coverage is not asked for, because a test may stop a node; a node that is slow on a busy machine is not taken for dead.
            var node = await RedisServer.StartAsync(
                ["--cluster-enabled", "yes", "--cluster-node-timeout", "30000", .. settings(i)]);
            _nodes.Add(node);
            _ids.Add((string)(await node.Behind.ExecuteAsync("CLUSTER", "MYID"))!);
            await node.Behind.ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
            await node.Behind.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", i * Slots / Count, ((i + 1) * Slots / Count) - 1);
        }

        foreach (var node in _nodes.Skip(1))
        {
            await _nodes[0].Behind.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", node.Port);
        }

        await WaitUntilWholeAsync();
    }

    /// <summary>Waits until every node finds the cluster whole.</summary>
    public async Task WaitUntilWholeAsync()
    {
        var since = Stopwatch.StartNew();
        foreach (var node in _nodes)
        {
            for (string info = ""; !info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains(
                $"cluster_known_nodes:{Count}", StringComparison.Ordinal);)
            {
                Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "The cluster was not whole within a minute.");
                await Task.Delay(ServerProcess.PollInterval);
                info = (string)(await node.Behind.ExecuteAsync("CLUSTER", "INFO"))!;
            }
        }
    }
}
