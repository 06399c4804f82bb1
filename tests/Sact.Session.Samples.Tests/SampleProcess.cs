using System.Diagnostics;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;

namespace Sact.Session.Samples.Tests;

/// <summary>How a sample is run.</summary>
public enum Run
{
    /// <summary>By <c>dotnet</c>, as <c>dotnet run</c> does.</summary>
    Runtime,

    /// <summary>As the binary that Native AOT makes, whose path is in <c>SACT_QUICKSTART_NATIVE</c>.</summary>
    Native,

    /// <summary>By <c>dotnet</c>, over an SQLite file.</summary>
    RuntimeSqlite,

    /// <summary>As the native binary, over an SQLite file.</summary>
    NativeSqlite,
}

/// <summary>The QuickStart sample as a process on a random loopback port, started once for all tests and ended with them.</summary>
public sealed class SampleProcess : IAsyncDisposable
{
    private readonly RunningSample _sample;

    private SampleProcess(RunningSample sample)
    {
        _sample = sample;
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = sample.Address };
    }

    /// <summary>Keeps no cookies: the test says what is sent.</summary>
    public HttpClient Client { get; }

    public static bool IsNative(Run run) => run is Run.Native or Run.NativeSqlite;

    /// <summary>How the sample is started with these arguments.</summary>
    public static ProcessStartInfo Start(Run run, params string[] arguments)
    {
        string sample = typeof(SampleProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "QuickStart").Value!;
        return IsNative(run)
            ? new ProcessStartInfo(Environment.GetEnvironmentVariable("SACT_QUICKSTART_NATIVE") ?? throw new InvalidOperationException("SACT_QUICKSTART_NATIVE is not set."), arguments)
            : new ProcessStartInfo("dotnet", [sample, .. arguments]);
    }

    public static async Task<SampleProcess> StartAsync(Run run) => new(await RunningSample.StartAsync(
        "QuickStart",
        folder => Start(run, IsSqlite(run) ? ["--store", "sqlite", "--connection", $"Data Source={Path.Combine(folder, "app.db")}"] : [])));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _sample.DisposeAsync();
    }

    private static bool IsSqlite(Run run) => run is Run.RuntimeSqlite or Run.NativeSqlite;
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
        foreach (var run in _runs.Values.Where(run => run.IsValueCreated))
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
