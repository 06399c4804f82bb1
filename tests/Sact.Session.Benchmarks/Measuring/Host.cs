using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Benchmarks;

/// <summary>One run of <c>wrk</c>: requests a second, and the 99th percentile of the latency in milliseconds.</summary>
internal readonly record struct Run(double PerSecond, double P99);

/// <summary>A contender behind Kestrel, with a user who is signed in.</summary>
internal sealed partial class Host(WebApplication app, Contender contender) : IAsyncDisposable
{
    public string Name => contender.Name;

    public string Address { get; } =
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>The cookie of the user.</summary>
    public string Cookie { get; private set; } = "";

    public static async Task<Host> StartAsync(Contender contender)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        contender.Register(builder.Services);
        var app = builder.Build();
        contender.Use(app);
        var endpoints = Enum.GetValues<Scenario>()
            .Where(scenario => contender.Endpoint(scenario) is not null)
            .ToDictionary(static scenario => "/" + scenario, scenario => contender.Endpoint(scenario)!);
        app.Run(context => endpoints[context.Request.Path.Value!](context));
        await app.StartAsync();
        var host = new Host(app, contender);
        await host.SignInAsync();
        return host;
    }

    public async Task<Run> DriveAsync(Scenario scenario, int seconds)
    {
        var start = new ProcessStartInfo(
            "wrk",
            ["-t1", "-c32", $"-d{seconds}s", "--latency", "-H", "Cookie: " + Cookie, $"{Address}/{scenario}"])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (said.Contains("Non-2xx", StringComparison.Ordinal) || !said.Contains("Requests/sec", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{Name} did not answer as it should: {said}");
        }

        var latency = Latency().Match(said);
        double unit = latency.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        return new(
            double.Parse(PerSecond().Match(said).Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(latency.Groups[1].Value, CultureInfo.InvariantCulture) * unit);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task SignInAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var signedIn = await client.GetAsync(new Uri($"{Address}/{Scenario.SignIn}"));
        Cookie = signedIn.Headers.TryGetValues("Set-Cookie", out var cookies)
            ? cookies.First().Split(';')[0]
            : "__Host-sid=" + new string('A', 56);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{Address}/{Scenario.Read}"));
        request.Headers.TryAddWithoutValidation("Cookie", Cookie);
        using var read = await client.SendAsync(request);
        read.EnsureSuccessStatusCode();
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Latency();
}
