using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sact.Session.Stores.Tests;

namespace Sact.Session.Benchmarks;

/// <summary>From the answer of a sign-out everywhere until the last open connection of the user is closed.</summary>
internal static class RevocationPart
{
    private const int Nodes = 10;

    // For a store that reports no end. The shortest interval that the options allow.
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    // The limit for a store that reports ends.
    private static readonly TimeSpan s_pushed = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(Report report, bool quick)
    {
        int users = quick ? 20 : 100;
        var rows = new List<string[]>();
        await report.TryAsync("The revocation over Redis", async () =>
        {
            await using var server = await RedisServer.StartAsync();
            await MeasureAsync(report, rows, "Redis", users, s_pushed, builder => builder.UseRedis(server.Configuration));
        });
        await report.TryAsync("The revocation over PostgreSQL", async () =>
        {
            await using var server = await PostgresServer.StartAsync();
            await MeasureAsync(
                report,
                rows,
                "PostgreSQL",
                users,
                s_pushed,
                builder => builder.UsePostgreSql(server.ConnectionString + ";Maximum Pool Size=8"));
        });
        await report.TryAsync("The revocation over Entity Framework Core", async () =>
        {
            await using var server = await PostgresServer.StartAsync();
            await using (var context = new BenchmarkContext(
                new DbContextOptionsBuilder<BenchmarkContext>().UseNpgsql(server.ConnectionString).Options))
            {
                await context.Database.EnsureCreatedAsync();
            }

            await MeasureAsync(report, rows, "EF Core, by polling alone", users, s_interval + TimeSpan.FromSeconds(1), builder =>
            {
                builder.Services.AddPooledDbContextFactory<BenchmarkContext>(
                    options => options.UseNpgsql(server.ConnectionString + ";Maximum Pool Size=8"));
                builder.UseEntityFrameworkStore<BenchmarkContext>();
            });
        });
        report.Table(
            $"From the answer of a sign-out everywhere to the last of the user's {Nodes} connections closed, {users * Nodes:N0} open",
            ["store", "p50", "p99", "longest"],
            rows);
    }

    private static async Task MeasureAsync(
        Report report, List<string[]> rows, string store, int users, TimeSpan limit, Action<SactSessionBuilder> choose)
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => StartAsync(choose)));
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
            var visitors = new List<Visitor>();
            for (int user = 0; user < users; user++)
            {
                visitors.Add(await Visitor.ConnectAsync(client, nodes, $"user-{user}"));
            }

            // The first end also compiles code, so its time is discarded.
            await visitors[0].EndAsync();
            var delays = new List<double>();
            foreach (var visitor in visitors.Skip(1))
            {
                delays.Add((await visitor.EndAsync()).TotalMilliseconds);
            }

            delays.Sort();
            double p99 = delays[(int)(delays.Count * 0.99)];
            rows.Add([store, Milliseconds(delays.Median()), Milliseconds(p99), Milliseconds(delays[^1])]);
            report.AskAtMost(
                $"an end elsewhere closes the last of {Nodes} connections, {store}",
                $"p99 ≤ {limit.TotalMilliseconds:N0} ms",
                p99,
                limit.TotalMilliseconds,
                "{0:N0} ms");
        }
        finally
        {
            await Task.WhenAll(nodes.Select(static node => node.DisposeAsync().AsTask()));
        }
    }

    private static string Milliseconds(double value) => value.ToString("N1", System.Globalization.CultureInfo.InvariantCulture) + " ms";

    /// <summary>One node: its services, its store and its watch are shared with no other.</summary>
    private static async Task<WebApplication> StartAsync(Action<SactSessionBuilder> choose)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        choose(builder.Services.AddSactSession(options =>
        {
            options.WatchInterval = s_interval;
            options.CleanupInterval = null;
        }));
        var app = builder.Build();
        app.UseSactSession();
        app.MapPost("/login/{user}", async (HttpContext context, string user) => await context.GetSactSession().SetAsync(user));
        app.MapPost("/end", async (HttpContext context) =>
        {
            var session = context.GetSactSession();
            await session.GetAsync();
            await session.DeleteAllSessionsAsync();
        });
        app.MapGet("/wait", async (HttpContext context) =>
        {
            var session = context.GetSactSession();
            if (await session.GetAsync() is null)
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return;
            }

            await context.Response.WriteAsync("open\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }).CloseWhenSessionEnds();
        await app.StartAsync();
        return app;
    }

    /// <summary>A user with a session and an open connection on every node.</summary>
    private sealed class Visitor(HttpClient client, string address, string cookie, Task<long>[] closed)
    {
        public static async Task<Visitor> ConnectAsync(HttpClient client, WebApplication[] nodes, string user)
        {
            string[] cookies = await Task.WhenAll(nodes.Select(node => SignInAsync(client, node.Urls.First(), user)));
            var closed = new List<Task<long>>();
            foreach (var (node, cookie) in nodes.Zip(cookies))
            {
                closed.Add(await OpenAsync(client, node.Urls.First(), cookie));
            }

            return new(client, nodes[0].Urls.First(), cookies[0], [.. closed]);
        }

        /// <summary>Ends all sessions of the user. The result is the time from the answer until the last connection was closed.</summary>
        public async Task<TimeSpan> EndAsync()
        {
            if (Array.Exists(closed, static one => one.IsCompleted))
            {
                throw new InvalidOperationException("A connection was closed before its session ended.");
            }

            using var answer = await SendAsync(client, HttpMethod.Post, address + "/end", cookie);
            long acknowledged = Stopwatch.GetTimestamp();
            long last = (await Task.WhenAll(closed).WaitAsync(TimeSpan.FromMinutes(1))).Max();
            return last > acknowledged ? Stopwatch.GetElapsedTime(acknowledged, last) : TimeSpan.Zero;
        }

        private static async Task<string> SignInAsync(HttpClient client, string address, string user)
        {
            using var answer = await SendAsync(client, HttpMethod.Post, $"{address}/login/{user}", null);
            return Runner.CookieOf(new([.. answer.Headers.GetValues("Set-Cookie")]))!;
        }

        /// <summary>Opens a connection, and waits for its first line. The inner task has the time when it was closed.</summary>
        private static async Task<Task<long>> OpenAsync(HttpClient client, string address, string cookie)
        {
            var answer = await SendAsync(client, HttpMethod.Get, address + "/wait", cookie);
            var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
            return await lines.ReadLineAsync() == "open"
                ? ClosedAsync(answer, lines)
                : throw new InvalidOperationException("The connection did not open.");
        }

        private static async Task<long> ClosedAsync(HttpResponseMessage answer, StreamReader lines)
        {
            using (answer)
            {
                await lines.ReadToEndAsync();
                return Stopwatch.GetTimestamp();
            }
        }

        private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string address, string? cookie)
        {
            using var request = new HttpRequestMessage(method, new Uri(address));
            if (cookie is not null)
            {
                request.Headers.TryAddWithoutValidation("Cookie", cookie);
            }

            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return answer.EnsureSuccessStatusCode();
        }
    }
}
