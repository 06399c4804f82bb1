using System.Diagnostics;
using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>A Redis Cluster of three nodes. Each announces the port of its proxy, so that clients find no way around it.</summary>
internal sealed class TestedCluster : TestedStore
{
    private RedisCluster? _cluster;

    public override string Name => "cluster";

    public override string Connection => RedisServer.ConfigurationAt([.. Proxies.Select(proxy => proxy.Port)]);

    private RedisCluster Cluster => _cluster!;

    public override async Task StartAsync(int seed)
    {
        for (int i = 0; i < RedisCluster.Count; i++)
        {
            AddProxy(seed);
        }

        _cluster = await RedisCluster.StartAsync(
            i =>
            [
                "--cluster-announce-port", Proxies[i].Port.ToString(CultureInfo.InvariantCulture),
                "--appendonly", "yes", "--appendfsync", "always",
            ]);
        for (int i = 0; i < RedisCluster.Count; i++)
        {
            Proxies[i].LeadTo(Cluster.Nodes[i].Port);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    protected override IEnumerable<Fault> OwnFaults(Applications applications, BrowserLoad load) =>
    [
        .. RedisServerFaults.Of(Node),
        new Fault("kill and restart", RestartAsync),
        new Fault("resharding", ReshardAsync),
    ];

    private RedisServer Node(Random random) => Cluster.Nodes[random.Next(RedisCluster.Count)];

    private async Task RestartAsync(FaultContext context)
    {
        var node = Node(context.Random);
        await node.StopAsync();
        await context.HoldAsync();
        await node.StartAgainAsync();
        await Cluster.WaitUntilWholeAsync();
    }

    /// <summary>Moves slots in which sessions are from node to node, one after the other.</summary>
    private async Task ReshardAsync(FaultContext context)
    {
        var since = Stopwatch.StartNew();
        do
        {
            string? key = (string?)await Node(context.Random).Behind.ExecuteAsync("RANDOMKEY");
            if (key is not null)
            {
                int slot = (int)await Cluster.Nodes[0].Behind.ExecuteAsync("CLUSTER", "KEYSLOT", key);
                int from = await Cluster.OwnerAsync(slot);
                await Cluster.MoveAsync(slot, from, (from + 1 + context.Random.Next(RedisCluster.Count - 1)) % RedisCluster.Count);
            }
        }
        while (since.Elapsed < context.Duration);
    }
}
