using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>The front-channel logout URL of an application with <c>AddCookie()</c> and the ticket store.</summary>
public sealed class FrontChannelWithTickets
{
    [Theory]
    [InlineData("iss=ISSUER&sid=sid-1", "")]
    [InlineData("iss=ISSUER&sid=sid-2", "sub-alice")]
    [InlineData("iss=http://evil.example&sid=sid-1", "sub-alice")]
    [InlineData("iss=ISSUER", "sub-alice")]
    [Trait("abuse", "K34")]
    public async Task EndsTheSessionThatItNames(string query, string who)
    {
        await using var provider = await TestProvider.StartAsync();
        var store = new MemoryStore();
        await using var node = await TestNode.StartAsync(provider, store, tickets: true);
        var browser = await TestBrowser.SignInAsync(node);
        var copy = browser.Copy();

        var (status, _) = await browser.VisitAsync(
            node, "/signout-oidc?" + query.Replace("ISSUER", Uri.EscapeDataString(provider.Issuer), StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(who, await copy.WhoAsync(node));
        Assert.Equal(who, await browser.WhoAsync(node));
        Assert.Equal(who.Length == 0 ? 0 : 1, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        Assert.Equal(who.Length == 0 ? 0 : 1, node.Refusals.Count());
    }

    /// <summary>The framework signs out the scheme of the sign-in at the provider, which is not that of the local user.</summary>
    [Theory]
    [InlineData("sid-1", "")]
    [InlineData("sid-2", ExternalCallback.User)]
    [Trait("abuse", "K34")]
    public async Task EndsTheSessionOfALocalUser(string sid, string who)
    {
        await using var provider = await TestProvider.StartAsync();
        var store = new MemoryStore();
        await using var node = await TestNode.StartAsync(
            provider,
            store,
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
                services.AddSingleton<IStartupFilter>(new ExternalCallback("Cookies"));
            },
            tickets: true);
        var browser = await TestBrowser.SignInAsync(node);
        Assert.Equal(ExternalCallback.User, await browser.WhoAsync(node));
        var copy = browser.Copy();

        var (status, _) = await browser.VisitAsync(node, $"/signout-oidc?iss={Uri.EscapeDataString(provider.Issuer)}&sid={sid}");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(who, await copy.WhoAsync(node));
        Assert.Equal(who, await browser.WhoAsync(node));
        Assert.Equal(who.Length == 0 ? 0 : 1, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("abuse", "K34")]
    public async Task EndsNothingWhereTheProviderHasNamedNoSession()
    {
        await using var provider = await TestProvider.StartAsync();
        provider.SessionId = null;
        await using var node = await TestNode.StartAsync(provider, new MemoryStore(), tickets: true);
        var browser = await TestBrowser.SignInAsync(node);

        await browser.VisitAsync(node, $"/signout-oidc?iss={Uri.EscapeDataString(provider.Issuer)}&sid=sid-1");

        Assert.Equal("sub-alice", await browser.WhoAsync(node));
    }
}
