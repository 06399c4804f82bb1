using System.Diagnostics;
using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>
/// A redis-server with a replica, each behind a proxy. Both write every change to a file before they acknowledge it: with
/// <c>appendfsync everysec</c> a mere <c>kill -9</c> loses up to two seconds, because a slow disk delays the writing.
/// </summary>
internal sealed class TestedRedis : TestedStore
{
    private readonly List<RedisServer> _servers = [];
    private int _master;

    public override string Name => "redis";

    public override string Connection => RedisServer.ConfigurationAt([.. Proxies.Select(proxy => proxy.Port)]);

    private RedisServer Master => _servers[_master];

    private RedisServer Replica => _servers[1 - _master];

    public override async Task StartAsync(int seed)
    {
        _servers.Add(await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always"));
        _servers.Add(await Master.StartReplicaAsync());
        foreach (var server in _servers)
        {
            AddProxy(seed).LeadTo(server.Port);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    protected override IEnumerable<Fault> OwnFaults(Applications applications, BrowserLoad load) =>
    [
        .. RedisServerFaults.Of(_ => Master),
        new Fault("kill and restart", RestartAsync),
        new Fault("kill without its data", RestartEmptyAsync),
        new Fault("failover", FailOverAsync),
        new Fault("read-only", MakeReadOnlyAsync),
    ];

    private async Task RestartAsync(FaultContext context)
    {
        await Master.StopAsync();
        await context.HoldAsync();
        await Master.StartAgainAsync();
    }

    private async Task RestartEmptyAsync(FaultContext context)
    {
        await Master.StopAsync();
        context.LoseAll();
        await context.HoldAsync();
        await Master.StartEmptyAsync();
    }

    private async Task FailOverAsync(FaultContext context)
    {
        await Replica.WaitForAsync("replication", "master_link_status", "up");

        // What is acknowledged before this moment is below the offset that is read after it.
        context.BeginLoss();
        long offset = await OffsetAsync(Master, "master_repl_offset");
        for (var since = Stopwatch.StartNew(); await OffsetAsync(Replica, "slave_repl_offset") < offset;)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "The replica did not follow.");
        }

        await Master.StopAsync();
        await Replica.Behind.ExecuteAsync("REPLICAOF", "NO", "ONE");
        Replica.Master = null;
        context.EndLoss();
        _master = 1 - _master;
        await context.HoldAsync();
        Replica.Master = Master;
        await Replica.StartAgainAsync();
    }

    private async Task MakeReadOnlyAsync(FaultContext context)
    {
        // It follows a server that is not there.
        await Master.Behind.ExecuteAsync("REPLICAOF", "127.0.0.1", ServerProcess.FreePort());
        await context.HoldAsync();
        await Master.Behind.ExecuteAsync("REPLICAOF", "NO", "ONE");
    }

    private static async Task<long> OffsetAsync(RedisServer server, string name) => long.Parse(
        (await server.Behind.InfoAsync("replication")).SelectMany(group => group).Single(line => line.Key == name).Value,
        CultureInfo.InvariantCulture);
}
