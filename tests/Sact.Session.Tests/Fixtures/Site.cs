using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>The server of a site.</summary>
public enum Served
{
    TestServer,
    Kestrel,
}

/// <summary>A real site, on TestServer or on Kestrel at a random loopback port. Its responses start, as they do for users.</summary>
public sealed class Site : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _kestrel;

    private Site(WebApplication app, FakeTimeProvider clock, bool kestrel)
    {
        _app = app;
        _kestrel = kestrel;
        Clock = clock;
    }

    public FakeTimeProvider Clock { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The probed store of the unnamed registration, unless the test chose another.</summary>
    public ProbeStore Store => (ProbeStore)Services.GetRequiredService<IGenericStore>();

    /// <summary>
    /// Starts a site. Sessions live in a probed memory store with a clock that only the test moves, unless <paramref name="build"/> chooses
    /// another store. Without an explicit <c>UseRouting()</c>, <c>WebApplication</c> puts routing, authentication and authorization before
    /// everything else.
    /// </summary>
    public static async Task<Site> StartAsync(
        Action<WebApplication> map,
        Action<SactSessionOptions>? configure = null,
        Action<WebApplicationBuilder>? build = null,
        Served served = Served.TestServer,
        Action<WebApplication>? before = null,
        bool explicitRouting = true)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Services.AddRouting();
        builder.Services.AddLogging();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSactSession(configure).UseStore(services => new ProbeStore(new MemoryStore(new MemoryStoreOptions
        {
            TimeProvider = clock,
            LoggerFactory = services.GetRequiredService<ILoggerFactory>(),
        })));
        if (served == Served.Kestrel)
        {
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer(options => options.BaseAddress = new Uri("https://example.test/"));
        }

        build?.Invoke(builder);
        var app = builder.Build();
        before?.Invoke(app);
        app.UseSactSession();
        if (explicitRouting)
        {
            app.UseRouting();
        }

        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new Site(app, clock, served == Served.Kestrel);
    }

    /// <summary>A client that keeps no cookies. The test chooses what is sent.</summary>
    public HttpClient Client()
    {
        if (!_kestrel)
        {
            return _app.GetTestClient();
        }

        string address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(address),
            DefaultRequestVersion = HttpVersion.Version11,
        };
    }

    /// <summary>Sends a request with this session id, or none.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        string path, string? sessionId = null, HttpMethod? method = null, HttpContent? content = null)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Content = content };
        if (sessionId is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={sessionId}");
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}

/// <summary>What a test reads from a response.</summary>
public static class ResponseFacts
{
    /// <summary>Every Set-Cookie line.</summary>
    public static IReadOnlyList<string> SetCookies(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var lines) ? [.. lines] : [];

    /// <summary>The session id a response sends, "" if it deletes the cookie, null if it sends none.</summary>
    public static string? SentId(this HttpResponseMessage response) => response.SetCookies()
        .Where(line => line.StartsWith("__Host-sid=", StringComparison.Ordinal))
        .Select(line => line["__Host-sid=".Length..line.IndexOf(';', StringComparison.Ordinal)])
        .SingleOrDefault();
}
