using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Stores.Tests;
using StackExchange.Redis;

namespace Sact.Session.Benchmarks;

/// <summary>Requests a second and their latency over Kestrel, driven by <c>wrk</c>, contenders in turn.</summary>
internal static class HttpPart
{
    // About what a session with three fields takes.
    private const int BytesOfARecord = 330;

    public static async Task RunAsync(Report report, bool quick)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(
            static folder => File.Exists(Path.Combine(folder, "wrk"))))
        {
            report.Say("HTTP is left out: wrk is not on this machine (install the package 'wrk').");
            return;
        }

        await using var bare = await Host.StartAsync(new BareContender());
        await using var stock = await Host.StartAsync(ProcessPart.Stock());
        await using var tickets = await Host.StartAsync(new TicketContender());
        await using var sact = await Host.StartAsync(ProcessPart.Memory());
        Host[] hosts = [bare, stock, tickets, sact];
        int rounds = quick ? 3 : 15;
        var untouched = await RunAsync(hosts, Scenario.Untouched, rounds, quick);
        var read = await RunAsync(hosts, Scenario.Read, rounds, quick);
        Tell(report, "HTTP, untouched, over memory", hosts, untouched);
        Tell(report, "HTTP, read, over memory", hosts, read);
        report.Bars(
            "http",
            "Requests a second over Kestrel, beside bare (longer is better)",
            from host in hosts
            from run in new[] { ("untouched", untouched), ("read", read) }
            select ($"{run.Item1}: {host.Name}", Share(run.Item2, host, bare).Median()));

        double[] shares = [.. Share(read, sact, bare)];
        report.Ask("HTTP read, memory", "≥ 93 % of bare throughput", Percent(shares), shares.Median() >= 0.93);
        double latency = read[sact].Select(static run => run.P99).Beside(read[bare].Select(static run => run.P99)).Median();
        report.AskAtMost("HTTP read, memory", "p99 ≤ 1.15 × bare", latency, 1.15, "{0:F2} ×");
        shares = [.. Share(untouched, sact, bare)];
        report.Ask("HTTP untouched, memory", "the interval includes 99 % of bare", Percent(shares), shares.Interval().High >= 0.99);
        await report.TryAsync("HTTP over Redis", () => RedisAsync(report, quick));
    }

    private static async Task RedisAsync(Report report, bool quick)
    {
        await using var server = await RedisServer.StartAsync();
        await using var stock = await Host.StartAsync(
            new StockContender(
                "Redis", services => services.AddStackExchangeRedisCache(options => options.Configuration = server.Configuration)));
        await using var sact = await Host.StartAsync(new SactContender("Redis", builder => builder.UseRedis(server.Configuration)));
        await using var raw = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await raw.GetDatabase().StringSetAsync("limit", new byte[BytesOfARecord]);
        await using var limit = await Host.StartAsync(new LimitContender("GET", () => raw.GetDatabase().StringGetAsync("limit")));
        Host[] hosts = [stock, sact, limit];
        var read = await RunAsync(hosts, Scenario.Read, quick ? 3 : 9, quick);
        Tell(report, "HTTP, read, over Redis", hosts, read);
        double[] times = [.. Share(read, sact, stock)];
        report.Ask(
            "HTTP read, Redis",
            "≥ 2.5 × AddSession's throughput",
            string.Create(CultureInfo.InvariantCulture, $"{times.Median():F2} × ({times.Interval().Low:F2} to {times.Interval().High:F2})"),
            times.Median() >= 2.5);
        report.Ask("HTTP read, Redis", "published: of an endpoint with one raw GET", Percent([.. Share(read, sact, limit)]), met: null);
    }

    private static IEnumerable<double> Share(Dictionary<Host, List<Run>> runs, Host host, Host bare) =>
        runs[host].Select(static run => run.PerSecond).Beside(runs[bare].Select(static run => run.PerSecond));

    private static string Percent(double[] shares) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{shares.Median() * 100:F1} % ({shares.Interval().Low * 100:F1} to {shares.Interval().High * 100:F1})");

    private static void Tell(Report report, string title, Host[] hosts, Dictionary<Host, List<Run>> runs) => report.Table(
        title,
        ["contender", "requests/s", $"beside {hosts[0].Name}", "p99"],
        hosts.Select(host => new[]
        {
            host.Name,
            runs[host].Select(static run => run.PerSecond).Median().ToString("N0", CultureInfo.InvariantCulture),
            Percent([.. Share(runs, host, hosts[0])]),
            string.Create(CultureInfo.InvariantCulture, $"{runs[host].Select(static run => run.P99).Median():F2} ms"),
        }));

    private static async Task<Dictionary<Host, List<Run>>> RunAsync(Host[] hosts, Scenario scenario, int rounds, bool quick)
    {
        var runs = hosts.ToDictionary(static host => host, static _ => new List<Run>());
        foreach (var host in hosts)
        {
            await host.DriveAsync(scenario, seconds: 2);
        }

        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < hosts.Length; i++)
            {
                var host = hosts[(i + round) % hosts.Length];
                runs[host].Add(await host.DriveAsync(scenario, quick ? 1 : 2));
            }
        }

        return runs;
    }
}
