using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sact.Session.Samples.Tests;

namespace Sact.Session.Aspire.Tests;

/// <summary>The sample with the environment that an app host gives it, as a process.</summary>
public sealed class ShopAsAProcess(StartedServers servers)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task HasTwoSignInsAndReportsItsHealthAndItsSpans()
    {
        await using var collector = await Collector.StartAsync();
        var start = Start(await servers.ConnectionStringAsync(Package.Redis), await servers.ConnectionStringAsync(Package.Postgres));
        start.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address;
        start.Environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        start.Environment["OTEL_BSP_SCHEDULE_DELAY"] = "200";
        start.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "200";
        await using var shop = await RunningSample.StartAsync("Shop", _ => start, "Now listening on: ");
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = shop.Address };

        // As an app host does before it lets anything depend on the shop. The first calls of a cold process are slow.
        await HealthyAsync(client);
        string customer = await SignInAsync(client, "/login", "alice");
        string administrator = await SignInAsync(client, "/admin/login", "root");

        Assert.StartsWith("__Host-sid=", customer, StringComparison.Ordinal);
        Assert.StartsWith("__Host-admin=", administrator, StringComparison.Ordinal);
        string both = $"{customer}; {administrator}";
        Assert.Equal(("alice", "root"), (await UserAsync(client, "/me", both), await UserAsync(client, "/admin/me", both)));
        Assert.Equal(("401", "root"), (await UserAsync(client, "/me", administrator), await UserAsync(client, "/admin/me", administrator)));
        Assert.Equal("Healthy", await client.GetStringAsync("/alive", TestContext.Current.CancellationToken));

        // A span of each store, and the counter of sign-ins.
        await collector.UntilAsync("/v1/traces", "Sact.Session", "redis");
        await collector.UntilAsync("/v1/traces", "Sact.Session", "postgresql");
        await collector.UntilAsync("/v1/metrics", "Sact.Session", "sact.session.began");
    }

    [Fact]
    public async Task WithoutAConnectionStringEndsWithTheKeys()
    {
        var start = Start(null, null);
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add("http://127.0.0.1:0");
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;

        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("ConnectionStrings__cache", errors, StringComparison.Ordinal);
    }

    private static ProcessStartInfo Start(string? cache, string? db)
    {
        string file = RunningSample.ProgramOf("Shop");
        var start = new ProcessStartInfo("dotnet", [file]);
        start.Environment.Remove("ConnectionStrings__cache");
        start.Environment.Remove("ConnectionStrings__db");
        if (cache is not null)
        {
            start.Environment["ConnectionStrings__cache"] = cache;
            start.Environment["ConnectionStrings__db"] = db;
        }

        return start;
    }

    private static async Task HealthyAsync(HttpClient client)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(s_patience);
        for (int status = 0; status != 200;)
        {
            using var response = await client.GetAsync("/health", timeout.Token);
            status = (int)response.StatusCode;
        }
    }

    private static async Task<string> SignInAsync(HttpClient client, string path, string name)
    {
        using var response = await client.PostAsJsonAsync(path, new { name }, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
        return Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    private static async Task<string> UserAsync(HttpClient client, string path, string cookies)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookies);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return $"{(int)response.StatusCode}";
        }

        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return body.GetProperty("user").GetString()!;
    }

    /// <summary>Receives what a dashboard would. The names in a message of OTLP are plain UTF-8.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly Channel<(string Path, string Body)> _received = Channel.CreateUnbounded<(string, string)>();

        private Collector(WebApplication app) => _app = app;

        public string Address => _app.Urls.Single();

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            var collector = new Collector(builder.Build());
            collector._app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                await collector._received.Writer.WriteAsync((context.Request.Path, Encoding.UTF8.GetString(body.ToArray())));
                context.Response.ContentType = "application/x-protobuf";
            });
            await collector._app.StartAsync(TestContext.Current.CancellationToken);
            return collector;
        }

        /// <summary>Waits for a message with all of these words.</summary>
        public async Task UntilAsync(string path, params string[] words)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            timeout.CancelAfter(s_patience);
            var kept = new List<(string, string)>();
            await foreach (var message in _received.Reader.ReadAllAsync(timeout.Token))
            {
                kept.Add(message);
                if (message.Path == path && Array.TrueForAll(words, word => message.Body.Contains(word, StringComparison.Ordinal)))
                {
                    // What was read may be what the next call waits for.
                    kept.ForEach(one => _received.Writer.TryWrite(one));
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();
    }
}
