namespace Sact.Session.Faults;

/// <summary>What can happen to any redis-server, whether it is alone or a node of a cluster.</summary>
internal static class RedisServerFaults
{
    private static readonly TimeSpan s_betweenKills = TimeSpan.FromMilliseconds(20);

    /// <summary>The faults.</summary>
    /// <param name="server">The server of the next fault.</param>
    public static IEnumerable<Fault> Of(Func<Random, RedisServer> server)
    {
        yield return new Fault(
            "CLIENT KILL storm",
            async context =>
            {
                var killed = server(context.Random);
                for (var left = context.Duration; left > TimeSpan.Zero; left -= s_betweenKills)
                {
                    await killed.Behind.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
                    await Task.Delay(left < s_betweenKills ? left : s_betweenKills);
                }
            },
            IsQuick: true);
        yield return new Fault(
            "out of memory",
            async context =>
            {
                var full = server(context.Random);
                await full.Behind.ConfigSetAsync("maxmemory", "1");
                await context.HoldAsync();
                await full.Behind.ConfigSetAsync("maxmemory", "0");
            },
            IsQuick: true);
        yield return new Fault(
            "SCRIPT FLUSH",
            async context =>
            {
                await server(context.Random).Behind.ExecuteAsync("SCRIPT", "FLUSH");
                await context.HoldAsync();
            },
            IsQuick: true);
        yield return new Fault(
            "frozen",
            async context =>
            {
                var frozen = server(context.Random);
                await frozen.SuspendAsync();
                await context.HoldAsync();
                await frozen.ResumeAsync();
            },
            IsQuick: true);
    }
}
