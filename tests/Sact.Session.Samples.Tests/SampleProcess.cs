using System.Diagnostics;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using Sact.Session.Stores.Tests;

namespace Sact.Session.Samples.Tests;

/// <summary>How a sample is run: by <c>dotnet</c>, as <c>dotnet run</c> does, or as the binary that Native AOT makes, whose path is in <c>SACT_QUICKSTART_NATIVE</c>; and over which store.</summary>
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
    private readonly Process _process;
    private readonly IAsyncDisposable _data;

    private SampleProcess(Process process, HttpClient client, IAsyncDisposable data)
    {
        _process = process;
        _data = data;
        Client = client;
    }

    /// <summary>Keeps no cookies: the test says what is sent.</summary>
    public HttpClient Client { get; }

    public static bool IsNative(Run run) => run is Run.Native or Run.NativeSqlite or Run.NativePostgres or Run.NativeRedis;

    /// <summary>How the sample is started with these arguments.</summary>
    public static ProcessStartInfo Start(Run run, params string[] arguments)
    {
        string sample = typeof(SampleProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "QuickStart").Value!;
        return IsNative(run)
            ? new ProcessStartInfo(Environment.GetEnvironmentVariable("SACT_QUICKSTART_NATIVE") ?? throw new InvalidOperationException("SACT_QUICKSTART_NATIVE is not set."), arguments)
            : new ProcessStartInfo("dotnet", [sample, .. arguments]);
    }

    /// <summary>Starts it, and the server of its store, and reads the address off the line it prints.</summary>
    public static async Task<SampleProcess> StartAsync(Run run)
    {
        switch (run)
        {
            case Run.RuntimeSqlite or Run.NativeSqlite:
                var folder = new Folder();
                return await StartAsync(run, folder, "--store", "sqlite", "--connection", $"Data Source={Path.Combine(folder.Name, "app.db")}");
            case Run.RuntimePostgres or Run.NativePostgres:
                var postgres = await PostgresServer.StartAsync();
                return await StartAsync(run, postgres, "--store", "postgres", "--connection", postgres.ConnectionString);
            case Run.RuntimeRedis or Run.NativeRedis:
                var redis = await RedisServer.StartAsync();

                // The store asks the server's INFO memory, which the client counts among an administrator's commands: without this every call is a 503.
                return await StartAsync(run, redis, "--store", "redis", "--connection", redis.Configuration + ",allowAdmin=true");
            default:
                return await StartAsync(run, new Folder());
        }
    }

    private static async Task<SampleProcess> StartAsync(Run run, IAsyncDisposable data, params string[] store)
    {
        var start = Start(run, ["--urls", "http://127.0.0.1:0", .. store]);
        start.RedirectStandardOutput = true;
        start.Environment.Remove("ASPNETCORE_URLS");
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line.StartsWith("QuickStart listens on ", StringComparison.Ordinal))
            {
                string address = line["QuickStart listens on ".Length..].Split(". Try")[0];
                // What it prints from now on is read away, or it would stand still once the pipe is full.
                _ = process.StandardOutput.ReadToEndAsync();
                return new SampleProcess(process, new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(address) }, data);
            }
        }

        await data.DisposeAsync();
        throw new InvalidOperationException("QuickStart ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _data.DisposeAsync();
    }

    private sealed class Folder : IAsyncDisposable
    {
        public string Name { get; } = Directory.CreateTempSubdirectory("sact-quickstart-").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Name, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The runs of the sample, each started at its first use.</summary>
public sealed class Samples : IAsyncLifetime
{
    private readonly Dictionary<Run, Lazy<Task<SampleProcess>>> _runs = Enum.GetValues<Run>().ToDictionary(run => run, run => new Lazy<Task<SampleProcess>>(() => SampleProcess.StartAsync(run)));

    public async Task<Visitor> VisitorAsync(Run run)
    {
        Assert.SkipWhen(
            SampleProcess.IsNative(run) && Environment.GetEnvironmentVariable("SACT_QUICKSTART_NATIVE") is null,
            "The native binary was not built: no linker on this machine, or the tests were not started by tests/run.");
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
            ? lines.Where(line => line.StartsWith("__Host-sid=", StringComparison.Ordinal)).Select(line => line["__Host-sid=".Length..line.IndexOf(';', StringComparison.Ordinal)]).SingleOrDefault()
            : null;
}
