using System.Net;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>Somebody loads the front-channel logout URL in the browser of a user who is signed in.</summary>
public sealed class FrontChannel
{
    [Fact]
    public async Task WithIssuerAndSessionOfTheSessionEndsIt()
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore());
        var browser = await TestBrowser.SignInAsync(node);
        var copy = browser.Copy();

        Assert.Equal(
            (HttpStatusCode.OK, ""),
            await browser.VisitAsync(node, $"/signout-oidc?iss={Uri.EscapeDataString(provider.Issuer)}&sid=sid-1"));

        Assert.Empty(node.Refusals);
        Assert.Equal("False IdentityProvider", (await copy.VisitAsync(node, "/why")).Body);
        Assert.Equal("False ", (await browser.VisitAsync(node, "/why")).Body);
    }

    [Theory]
    [InlineData("", "lacks")]
    [InlineData("?iss=ISSUER", "lacks")]
    [InlineData("?sid=sid-1", "lacks")]
    [InlineData("?iss=ISSUER&sid=", "lacks")]
    [InlineData("?iss=ISSUER&sid=sid-2", "not those")]
    [InlineData("?iss=http://evil.example&sid=sid-1", "not those")]
    [InlineData("?iss=ISSUER&sid=sid-2&sid=sid-1", "not those")]
    [Trait("abuse", "K34")]
    public async Task WithoutThemEndsNothing(string query, string reason)
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore());
        var browser = await TestBrowser.SignInAsync(node);

        Assert.Equal(
            (HttpStatusCode.OK, ""),
            await browser.VisitAsync(
                node, "/signout-oidc" + query.Replace("ISSUER", Uri.EscapeDataString(provider.Issuer), StringComparison.Ordinal)));

        Assert.Contains(reason, Assert.Single(node.Refusals), StringComparison.Ordinal);
        Assert.Equal("sub-alice", await browser.WhoAsync(node));
    }

    [Fact]
    public async Task WithoutTheCookieEndsNothing()
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore());
        var browser = await TestBrowser.SignInAsync(node);

        await new TestBrowser().VisitAsync(node, $"/signout-oidc?iss={Uri.EscapeDataString(provider.Issuer)}&sid=sid-1");

        Assert.Contains("no session", Assert.Single(node.Refusals), StringComparison.Ordinal);
        Assert.Equal("sub-alice", await browser.WhoAsync(node));
    }

    [Fact]
    public async Task ThatTheApplicationHandlesIsLeftToIt()
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(
            provider, new MemoryStore(), configure: static o => o.Events.OnRemoteSignOut = context =>
            {
                context.Response.StatusCode = 418;
                context.HandleResponse();
                return Task.CompletedTask;
            });
        var browser = await TestBrowser.SignInAsync(node);

        var (status, _) = await browser.VisitAsync(node, $"/signout-oidc?iss={Uri.EscapeDataString(provider.Issuer)}&sid=sid-1");

        Assert.Equal(418, (int)status);
        Assert.Equal("sub-alice", await browser.WhoAsync(node));
    }
}
