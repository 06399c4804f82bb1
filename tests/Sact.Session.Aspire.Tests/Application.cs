using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session.Aspire.Tests;

/// <summary>An application on a random loopback port, whose configuration is that of its test.</summary>
internal sealed class Application : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client;
    private readonly CookieContainer _cookies = new();

    private Application(WebApplication app)
    {
        _app = app;

        // The cookies are secure, and the application is reached by http.
        _client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public IServiceProvider Services => _app.Services;

    /// <summary>The builder of an application that has a name of its own, and so a prefix of its own.</summary>
    public static WebApplicationBuilder Builder(params (string Key, string? Value)[] configuration)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = "sact-" + Guid.CreateVersion7().ToString("N"),
        });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(configuration.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)));
        return builder;
    }

    /// <summary>The names of the health checks of an application that was never started.</summary>
    public static async Task<string[]> HealthChecksOfAsync(WebApplicationBuilder builder)
    {
        await using var app = builder.Build();
        return [.. app.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Select(check => check.Name)];
    }

    public static async Task<Application> StartAsync(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        try
        {
            app.UseSactSession();
            app.MapGet("/{**name}", async (string? name, HttpContext context) =>
                (await Session(context, name).GetAsync())?.UserId ?? "nobody");
            app.MapPost("/{**name}", async (string? name, HttpContext context) =>
            {
                await Session(context, name).SetAsync($"alice{name}");
                return "";
            });
            app.MapDelete("/{**name}", async (string? name, HttpContext context) => await Session(context, name).DeleteAsync());
            await app.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new Application(app);
    }

    /// <summary>Signs in, reads, signs out, and reads again: "alice nobody" if all of it works.</summary>
    /// <param name="builder">The builder.</param>
    public static async Task<string> TryAsync(WebApplicationBuilder builder)
    {
        await using var application = await StartAsync(builder);
        await application.SendAsync(HttpMethod.Post, "");
        string signedIn = await application.SendAsync(HttpMethod.Get, "");
        await application.SendAsync(HttpMethod.Delete, "");
        return $"{signedIn} {await application.SendAsync(HttpMethod.Get, "")}";
    }

    /// <summary>Sends a request with the cookies that earlier answers gave.</summary>
    /// <param name="method">The method.</param>
    /// <param name="name">The name of the registration; empty for the unnamed one.</param>
    /// <returns>The body, or the status if that is no success.</returns>
    public async Task<string> SendAsync(HttpMethod method, string name)
    {
        var secure = new Uri("https://127.0.0.1/");
        using var request = new HttpRequestMessage(method, "/" + name);
        request.Headers.TryAddWithoutValidation("Cookie", _cookies.GetCookieHeader(secure));
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        foreach (string cookie in response.Headers.TryGetValues("Set-Cookie", out var sent) ? sent : [])
        {
            _cookies.SetCookies(secure, cookie);
        }

        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
            : $"{(int)response.StatusCode}";
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static ISactSession Session(HttpContext context, string? name) => string.IsNullOrEmpty(name)
        ? context.RequestServices.GetRequiredService<ISactSession>()
        : context.RequestServices.GetRequiredKeyedService<ISactSession>(name);
}
