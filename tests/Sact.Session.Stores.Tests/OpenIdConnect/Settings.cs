using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>What an application sets around the package, and what it forgets.</summary>
public sealed class Settings
{
    [Fact]
    public async Task WithEventsOfATypeCallTheseEvents()
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(
            provider,
            new MemoryStore(),
            configure: static o => o.EventsType = typeof(LocalUsers),
            services: static services => services.AddScoped<LocalUsers>());
        var browser = await TestBrowser.SignInAsync(node);

        // The user id is the application's. The provider knows only the subject.
        Assert.Equal("local-7", await browser.WhoAsync(node));
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken(null))).Status);
        Assert.Equal("", await browser.WhoAsync(node));
    }

    [Fact]
    public async Task WithAnExternalCookieCarryTheSessionOfTheProviderOver()
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(
            provider,
            new MemoryStore(),
            configure: static o =>
            {
                o.SignInScheme = "External";
                o.Events.OnTicketReceived = static context =>
                {
                    context.ReturnUri = "/callback";
                    return Task.CompletedTask;
                };
            },
            services: static services =>
            {
                services.AddAuthentication().AddCookie("External");
                services.AddSingleton<IStartupFilter>(new ExternalCallback(SactSessionDefaults.AuthenticationScheme));
            });
        var browser = await TestBrowser.SignInAsync(node);

        Assert.Equal("local-7", await browser.WhoAsync(node));
        Assert.StartsWith("access-", (await browser.VisitAsync(node, "/token")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken())).Status);
        Assert.Equal("", await browser.WhoAsync(node));
    }

    [Fact]
    public async Task WithoutThePackageSayWhatIsMissing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        builder.Services.AddSactSession();
        await using var app = builder.Build();

        var fault = Assert.Throws<InvalidOperationException>(() => app.MapSactBackChannelLogout());

        Assert.Contains("needs AddSactOpenIdConnect()", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutTheSchemeSayWhatIsMissing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        builder.Services.AddAuthentication().AddSactSession().AddSactOpenIdConnect();
        await using var app = builder.Build();

        var fault = Assert.Throws<InvalidOperationException>(() => app.MapSactBackChannelLogout());

        Assert.Contains("no OpenID Connect scheme 'OpenIdConnect'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutSessionsSayWhatIsMissing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        builder.Services.AddAuthentication("Cookies").AddCookie().AddOpenIdConnect(static o =>
        {
            o.Authority = "https://login.example";
            o.ClientId = "shop";
        }).AddSactOpenIdConnect();
        await using var app = builder.Build();

        var fault = Assert.Throws<InvalidOperationException>(() => app.MapSactBackChannelLogout());

        Assert.Contains("not kept in sessions", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(SactOpenIdConnectOptions.MaxLogoutTokenAge), 59)]
    [InlineData(nameof(SactOpenIdConnectOptions.MaxLogoutTokenAge), 3601)]
    [InlineData(nameof(SactOpenIdConnectOptions.ClockSkew), -1)]
    [InlineData(nameof(SactOpenIdConnectOptions.ClockSkew), 601)]
    [InlineData(nameof(SactOpenIdConnectOptions.RefreshBefore), -1)]
    [InlineData(nameof(SactOpenIdConnectOptions.RefreshBefore), 3601)]
    public async Task OutOfTheirRangeStopTheStart(string option, int seconds)
    {
        await using var provider = await TestProvider.StartAsync();

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => TestNode.StartAsync(
            provider,
            new MemoryStore(),
            settings: o => typeof(SactOpenIdConnectOptions).GetProperty(option)!.SetValue(o, TimeSpan.FromSeconds(seconds))));

        Assert.Contains($"Change SactOpenIdConnectOptions.{option}.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfAUserIdThatIsReservedAreRefused()
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        var session = new Session<MemoryStore>(context.Request, context.Response, new MemoryStore(), new SactSessionOptions());

        await Assert.ThrowsAsync<ArgumentException>(async () => await session.SetAsync("$alias:x"));
    }

    [Fact]
    public async Task OfATicketWithAUserIdThatIsReservedAreRefused()
    {
        await using var provider = await TestProvider.StartAsync();
        provider.User = "$alias:x";
        var store = new MemoryStore();
        await using var node = await TestNode.StartAsync(provider, store, tickets: true);

        Assert.Equal(HttpStatusCode.InternalServerError, (await new TestBrowser().VisitAsync(node, "/login")).Status);

        Assert.Contains("$alias:", node.Log.Text, StringComparison.Ordinal);
        Assert.Equal(0, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Gives users of the provider an id of the application.</summary>
    private sealed class LocalUsers : OpenIdConnectEvents
    {
        public override Task TokenValidated(TokenValidatedContext context)
        {
            context.Principal = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, "local-7")], "local"));
            return Task.CompletedTask;
        }
    }
}
