using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>One node of an application whose users sign in at a provider.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestNode(WebApplication app, CapturedLog log)
    {
        _app = app;
        Log = log;
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(app.Urls.Single()),
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public CapturedLog Log { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The reasons for which logout requests were refused.</summary>
    public IEnumerable<string> Refusals =>
        Log.Entries.Where(static entry => entry.Id is 400 or 402 or 403).Select(static entry => entry.Text);

    public static async Task<TestNode> StartAsync(
        TestProvider provider,
        IGenericStore store,
        TimeProvider? clock = null,
        Action<OpenIdConnectOptions>? configure = null,
        Action<SactOpenIdConnectOptions>? settings = null,
        Action<IServiceCollection>? services = null,
        bool tickets = false)
    {
        var log = new CapturedLog();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<ILoggerFactory>(log);
        builder.Services.AddLogging();
        builder.Services.AddRouting();
        builder.Services.AddAuthorization();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        if (clock is not null)
        {
            builder.Services.AddSingleton(clock);
        }

        // A node disposes of its store, and a test has one for two nodes.
        builder.Services.AddSactSession().UseStore(
            _ => store is IDisposable or IAsyncDisposable ? SwitchableStore.Over((IEndedSessionStore)store).Store : store);
        var authentication = builder.Services.AddAuthentication(tickets ? "Cookies" : SactSessionDefaults.AuthenticationScheme);
        _ = tickets
            ? authentication.AddCookie(static o => o.Cookie.Name = "auth").AddSactTicketStore()
            : authentication.AddSactSession();
        authentication.AddOpenIdConnect(o =>
        {
            o.Authority = provider.Issuer;
            o.RequireHttpsMetadata = false;
            o.ClientId = TestProvider.Client;
            o.ClientSecret = TestProvider.Secret;
            o.ResponseType = "code";
            o.ResponseMode = "query";
            o.SaveTokens = true;
            configure?.Invoke(o);
        }).AddSactOpenIdConnect(settings);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseSactSession();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/me", (HttpContext context) => context.User.Claims.First(static claim => claim.Type.EndsWith(
            "nameidentifier", StringComparison.Ordinal)).Value).RequireAuthorization();
        app.MapGet("/why", async (ISactSession session) => $"{await session.GetAsync() is not null} {session.EndReason}");
        app.MapGet("/login", () => Results.Challenge(
            new AuthenticationProperties { RedirectUri = "/me" }, [OpenIdConnectDefaults.AuthenticationScheme]));
        app.MapGet("/logout", () => Results.SignOut(null, [OpenIdConnectDefaults.AuthenticationScheme]));
        app.MapGet("/leave", async (ISactSession session) => await session.DeleteAsync());
        app.MapGet("/everywhere", async (ISactSession session) => await session.DeleteAllSessionsAsync());
        app.MapGet("/token", async (HttpContext context) => await context.GetSactAccessTokenAsync() ?? "none");
        app.MapGet("/replace-token/{token}", async (string token, HttpContext context) =>
        {
            // As the framework's documentation does it, once the user has consented again.
            var result = await context.AuthenticateAsync();
            var later = (clock ?? TimeProvider.System).GetUtcNow().AddHours(1);
            result.Properties!.StoreTokens(
            [
                new() { Name = "access_token", Value = token },
                new() { Name = "refresh_token", Value = "refresh-of-" + token },
                new() { Name = "expires_at", Value = later.ToString("o", CultureInfo.InvariantCulture) },
            ]);
            await context.SignInAsync(result.Principal!, result.Properties);
        });
        app.MapGet("/refresh-claims", async (HttpContext context) =>
        {
            var result = await context.AuthenticateAsync();
            await context.SignInAsync(result.Principal!, result.Properties);
        });
        app.MapGet("/framework-token", async (HttpContext context) => await context.GetTokenAsync("access_token") ?? "none");
        app.MapSactBackChannelLogout();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestNode(app, log);
    }

    public async Task<(HttpStatusCode Status, string Body)> LogoutAsync(string token)
    {
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        return await LogoutAsync(form);
    }

    public async Task<(HttpStatusCode Status, string Body)> LogoutAsync(HttpContent content)
    {
        using var response = await Client.PostAsync("/signout-backchannel", content, TestContext.Current.CancellationToken);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.False(response.Headers.Contains("Set-Cookie"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
