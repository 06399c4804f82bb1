using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Stores.Tests;

namespace Sact.Session.Benchmarks;

/// <summary>What requests feel while the server of the store is down, and how soon after it is back they are answered.</summary>
internal static class OutagePart
{
    private const int Concurrent = 200;
    private const int Workers = 8;

    private static readonly TimeSpan s_storeTimeout = new SactSessionOptions().StoreTimeout;

    public static async Task RunAsync(Report report, bool quick)
    {
        foreach (bool hangs in (bool[])[false, true])
        {
            await report.TryAsync("The outage of Redis", async () =>
            {
                await using var server = await RedisServer.StartAsync();
                await MeasureAsync(
                    report,
                    quick,
                    new SactContender("Redis", builder => builder.UseRedis(server.Configuration)),
                    hangs,
                    hangs ? server.SuspendAsync : server.StopAsync,
                    hangs ? server.ResumeAsync : server.StartAgainAsync);
            });
            await report.TryAsync("The outage of PostgreSQL", async () =>
            {
                await using var server = await PostgresServer.StartAsync();
                await MeasureAsync(
                    report,
                    quick,
                    new SactContender("PostgreSQL", builder => builder.UsePostgreSql(server.ConnectionString)),
                    hangs,
                    hangs ? server.SuspendAsync : server.StopAsync,
                    hangs ? server.ResumeAsync : server.StartAgainAsync);
            });
        }
    }

    private static async Task MeasureAsync(
        Report report, bool quick, SactContender contender, bool hangs, Func<Task> breakAsync, Func<Task> repairAsync)
    {
        string what = $"{contender.Name}: the server {(hangs ? "hangs" : "is stopped")}";
        await using var host = await Host.StartAsync(contender);
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        var visitor = new Visitor(client, host);
        int rounds = quick ? 3 : 9;
        for (int i = 0; i < 5; i++)
        {
            Require(await visitor.ManyAsync(Concurrent), HttpStatusCode.OK);
        }

        var before = await visitor.UntouchedAsync(rounds);
        await breakAsync();
        var (first, later) = (new List<double>(), new List<double>());
        for (var since = Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromSeconds(1);)
        {
            first.AddRange(Require(await visitor.ManyAsync(Concurrent), HttpStatusCode.ServiceUnavailable));
        }

        for (int i = 0; i < 10 * rounds; i++)
        {
            later.AddRange(Require(await visitor.ManyAsync(Concurrent), HttpStatusCode.ServiceUnavailable));
        }

        var during = await visitor.UntouchedAsync(rounds);
        await repairAsync();
        var back = Stopwatch.StartNew();
        while ((await visitor.ManyAsync(1))[0].Status == HttpStatusCode.ServiceUnavailable)
        {
            await Task.Delay(20);
        }

        double recovered = back.Elapsed.TotalSeconds;

        // Redis has no session any more after a restart without its data: 401.
        Require(await visitor.ManyAsync(Concurrent), (await visitor.ManyAsync(1))[0].Status);
        double[] share = [.. during.Beside(before)];
        report.AskAtMost(
            $"{what}, {Concurrent} at once, begun in the first second",
            $"p99 ≤ {s_storeTimeout.TotalSeconds * 1.1:F1} s",
            P99(first) / 1000,
            s_storeTimeout.TotalSeconds * 1.1,
            "{0:F2} s");
        report.AskAtMost($"{what}, {Concurrent} at once, begun later", "p99 ≤ 100 ms", P99(later), 100, "{0:F0} ms");
        report.Ask(
            $"{what}, requests without the session",
            "≥ 90 % of the speed before it",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{share.Median() * 100:F0} % ({share.Interval().Low * 100:F0} to {share.Interval().High * 100:F0})"),
            share.Median() >= 0.9);
        report.AskAtMost($"{what}, answered after it is back", "≤ 5 s", recovered, 5, "{0:F2} s");
    }

    private static double P99(List<double> milliseconds) => milliseconds.Order().ElementAt((int)(milliseconds.Count * 0.99));

    private static IEnumerable<double> Require((HttpStatusCode Status, double Milliseconds)[] answers, HttpStatusCode status) =>
        Array.Find(answers, answer => answer.Status != status) is { Milliseconds: > 0 } other
            ? throw new InvalidOperationException($"A request was answered with {other.Status} in place of {status}.")
            : answers.Select(static answer => answer.Milliseconds);

    /// <summary>Who sends the requests, from this process: the same in all states, so that states can be compared.</summary>
    private sealed class Visitor(HttpClient client, Host host)
    {
        /// <summary>Requests for the session, all at once.</summary>
        public async Task<(HttpStatusCode Status, double Milliseconds)[]> ManyAsync(int requests) =>
            await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => Task.Run(() => SendAsync(Scenario.Read))));

        /// <summary>Requests a second that do not use the session, while now and then many that do are sent.</summary>
        public async Task<List<double>> UntouchedAsync(int rounds)
        {
            var perSecond = new List<double>();
            for (int round = -1; round < rounds; round++)
            {
                using var end = new CancellationTokenSource(TimeSpan.FromSeconds(1));
                var others = ManyAsync(20);
                var since = Stopwatch.StartNew();
                int[] counts = await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
                {
                    int count = 0;
                    for (; !end.IsCancellationRequested; count++)
                    {
                        await SendAsync(Scenario.Untouched);
                    }

                    return count;
                })));
                if (round >= 0)
                {
                    perSecond.Add(counts.Sum() / since.Elapsed.TotalSeconds);
                }

                await others;
            }

            return perSecond;
        }

        private async Task<(HttpStatusCode Status, double Milliseconds)> SendAsync(Scenario scenario)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{host.Address}/{scenario}"));
            request.Headers.TryAddWithoutValidation("Cookie", host.Cookie);
            var since = Stopwatch.StartNew();
            using var answer = await client.SendAsync(request);
            return (answer.StatusCode, since.Elapsed.TotalMilliseconds);
        }
    }
}
