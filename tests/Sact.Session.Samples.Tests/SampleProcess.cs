using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Sact.Session.Stores.Tests;

namespace Sact.Session.Samples.Tests;

/// <summary>
/// How a sample is run: by <c>dotnet</c>, as <c>dotnet run</c> does, or as the binary that Native AOT makes, whose path is in
/// <c>SACT_QUICKSTART_NATIVE</c>; and over which store.
/// </summary>
public enum Run
{
    Runtime,
    Native,
    RuntimeSqlite,
    NativeSqlite,
    RuntimePostgres,
    NativePostgres,
    RuntimeRedis,
    NativeRedis,
}

/// <summary>The QuickStart sample as a process on a random loopback port, started once for all tests and ended with them.</summary>
public sealed class SampleProcess : IAsyncDisposable
{
    private readonly RunningSample _sample;
    private readonly IAsyncDisposable? _server;

    private SampleProcess(RunningSample sample, IAsyncDisposable? server)
    {
        _sample = sample;
        _server = server;
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = sample.Address };
    }

    /// <summary>Keeps no cookies: the test says what is sent.</summary>
    public HttpClient Client { get; }

    public static bool IsNative(Run run) => run is Run.Native or Run.NativeSqlite or Run.NativePostgres or Run.NativeRedis;

    /// <summary>How the sample is started with these arguments.</summary>
    public static ProcessStartInfo Start(Run run, params string[] arguments)
    {
        string sample = RunningSample.ProgramOf("QuickStart");
        return IsNative(run)
            ? new ProcessStartInfo(
                Environment.GetEnvironmentVariable("SACT_QUICKSTART_NATIVE")
                    ?? throw new InvalidOperationException("SACT_QUICKSTART_NATIVE is not set."),
                arguments)
            : new ProcessStartInfo("dotnet", [sample, .. arguments]);
    }

    /// <summary>Starts it, and the server of its store.</summary>
    public static async Task<SampleProcess> StartAsync(Run run)
    {
        switch (run)
        {
            case Run.RuntimeSqlite or Run.NativeSqlite:
                return await StartAsync(
                    run, null, folder => ["--store", "sqlite", "--connection", $"Data Source={Path.Combine(folder, "app.db")}"]);
            case Run.RuntimePostgres or Run.NativePostgres:
                var postgres = await PostgresServer.StartAsync();
                return await StartAsync(run, postgres, _ => ["--store", "postgres", "--connection", postgres.ConnectionString]);
            case Run.RuntimeRedis or Run.NativeRedis:
                var redis = await RedisServer.StartAsync();
                return await StartAsync(run, redis, _ => ["--store", "redis", "--connection", redis.Configuration]);
            default:
                return await StartAsync(run, null, _ => []);
        }
    }

    private static async Task<SampleProcess> StartAsync(Run run, IAsyncDisposable? server, Func<string, string[]> arguments)
    {
        try
        {
            return new SampleProcess(await RunningSample.StartAsync("QuickStart", folder => Start(run, arguments(folder))), server);
        }
        catch
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }

            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _sample.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

/// <summary>The runs of the sample, each started at its first use.</summary>
public sealed class Samples : IAsyncLifetime
{
    private readonly Dictionary<Run, Lazy<Task<SampleProcess>>> _runs = Enum.GetValues<Run>().ToDictionary(
        run => run, run => new Lazy<Task<SampleProcess>>(() => SampleProcess.StartAsync(run)));

    public async Task<Visitor> VisitorAsync(Run run)
    {
        Assert.SkipWhen(
            SampleProcess.IsNative(run) && Environment.GetEnvironmentVariable("SACT_QUICKSTART_NATIVE") is null,
            Environment.GetEnvironmentVariable("SACT_QUICKSTART_NOT_NATIVE")
                ?? "The native binary of QuickStart was not built. Only tests/run without arguments builds it.");
        return new Visitor((await _runs[run].Value).Client);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // One whose server is not on this machine was skipped, and never ran.
        foreach (var run in _runs.Values.Where(run => run.IsValueCreated && run.Value.IsCompletedSuccessfully))
        {
            await (await run.Value).DisposeAsync();
        }
    }
}

/// <summary>A browser's stand-in: sends the newest session cookie it was given.</summary>
public sealed class Visitor(HttpClient client)
{
    public string? Cookie { get; set; }

    public async Task<HttpResponseMessage> SendAsync(string method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (json is not null)
        {
            request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        }

        if (Cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={Cookie}");
        }

        var response = await client.SendAsync(request);
        if (SentCookie(response) is { } sent)
        {
            Cookie = sent.Length == 0 ? null : sent;
        }

        return response;
    }

    public async Task<int> StatusAsync(string method, string path, string? json = null)
    {
        using var response = await SendAsync(method, path, json);
        return (int)response.StatusCode;
    }

    public async Task<JsonElement> GetJsonAsync(string method, string path, string? json = null)
    {
        using var response = await SendAsync(method, path, json);
        Assert.Equal(200, (int)response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The session id a response sends, "" if it deletes the cookie, null if it sends none.</summary>
    public static string? SentCookie(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var lines)
            ? lines
                .Where(line => line.StartsWith("__Host-sid=", StringComparison.Ordinal))
                .Select(line => line["__Host-sid=".Length..line.IndexOf(';', StringComparison.Ordinal)]).SingleOrDefault()
            : null;
}
