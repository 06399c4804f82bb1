using System.Net;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>The user signs out in the application.</summary>
public sealed class SigningOutHere
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AtTheProviderTooEndsTheSessionFirst(bool tickets)
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore(), tickets: tickets);
        var browser = await TestBrowser.SignInAsync(node);
        var copy = browser.Copy();

        Assert.Equal((HttpStatusCode.OK, "signed out at the provider"), await browser.VisitAsync(node, "/logout"));

        Assert.Equal("", await copy.WhoAsync(node));
        Assert.Equal(3, Assert.Single(provider.Hints).Split('.').Length);
    }

    /// <summary>Where the metadata of the provider cannot be read, the framework does not even run the events of the sign-out.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AtTheProviderTooEndsTheSessionAlsoIfTheProviderIsDown(bool tickets)
    {
        var provider = await TestProvider.StartAsync();
        var (store, keys) = (new MemoryStore(), new EphemeralDataProtectionProvider());
        Action<IServiceCollection> share = services => services.AddSingleton<IDataProtectionProvider>(keys);
        await using var node = await TestNode.StartAsync(provider, store, tickets: tickets, services: share);
        await using var fresh = await TestNode.StartAsync(provider, store, tickets: tickets, services: share);
        var browser = await TestBrowser.SignInAsync(node);
        var copy = browser.Copy();
        await provider.DisposeAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, (await browser.VisitAsync(fresh, "/logout")).Status);

        Assert.Equal("", await copy.WhoAsync(node));
        Assert.Equal(0, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/logout")]
    [InlineData("/leave")]
    [InlineData("/everywhere")]
    public async Task RevokesTheRefreshToken(string path)
    {
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, new MemoryStore());
        var browser = await TestBrowser.SignInAsync(node);

        await browser.VisitAsync(node, path);

        Assert.True(await provider.Revoking.WaitAsync(s_soon, TestContext.Current.CancellationToken));
        Assert.StartsWith("refresh-", Assert.Single(provider.Revoked), StringComparison.Ordinal);
        Assert.DoesNotContain(provider.Revoked.Single(), node.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThatTheApplicationStopsRightAfterStillRevokes()
    {
        await using var provider = await TestProvider.StartAsync();
        await using (var node = await TestNode.StartAsync(provider, new MemoryStore()))
        {
            var browser = await TestBrowser.SignInAsync(node);
            await browser.VisitAsync(node, "/leave");
        }

        Assert.Single(provider.Revoked);
    }

    [Fact]
    public async Task WithoutARevocationEndpointIsNoError()
    {
        await using var provider = await TestProvider.StartAsync();
        provider.HasRevocation = false;
        var node = await TestNode.StartAsync(provider, new MemoryStore());
        var browser = await TestBrowser.SignInAsync(node);
        await browser.VisitAsync(node, "/leave");
        Assert.Equal("", await browser.WhoAsync(node));
        await node.DisposeAsync();

        Assert.DoesNotContain(node.Log.Entries, static entry => entry.Id == 407);
    }

    [Fact]
    public async Task WhileTheProviderIsDownIsLoggedAndDone()
    {
        var provider = await TestProvider.StartAsync();
        var node = await TestNode.StartAsync(provider, new MemoryStore());
        var browser = await TestBrowser.SignInAsync(node);
        await provider.DisposeAsync();

        Assert.Equal(HttpStatusCode.OK, (await browser.VisitAsync(node, "/leave")).Status);

        Assert.Equal("", await browser.WhoAsync(node));
        await node.DisposeAsync();
        Assert.Single(node.Log.Entries, static entry => entry.Id == 407);
    }

    [Fact]
    public async Task IsNotWhatASecondSignInDoes()
    {
        // Many providers end the whole grant with one refresh token, the new one's included.
        await using var provider = await TestProvider.StartAsync();
        await using (var node = await TestNode.StartAsync(provider, new MemoryStore()))
        {
            var browser = await TestBrowser.SignInAsync(node);
            await browser.VisitAsync(node, "/login");
            Assert.Equal("sub-alice", await browser.WhoAsync(node));
        }

        Assert.Empty(provider.Revoked);
    }

    [Fact]
    public async Task ByTheProviderRevokesNothing()
    {
        await using var provider = await TestProvider.StartAsync();
        await using (var node = await TestNode.StartAsync(provider, new MemoryStore()))
        {
            await TestBrowser.SignInAsync(node);
            Assert.Equal(HttpStatusCode.OK, (await node.LogoutAsync(provider.LogoutToken())).Status);
        }

        Assert.Empty(provider.Revoked);
    }

    [Fact]
    public async Task WithRevocationSwitchedOffRevokesNothing()
    {
        await using var provider = await TestProvider.StartAsync();
        await using (var node = await TestNode.StartAsync(
            provider, new MemoryStore(), settings: static o => o.RevokeRefreshToken = false))
        {
            var browser = await TestBrowser.SignInAsync(node);
            await browser.VisitAsync(node, "/leave");
        }

        Assert.Empty(provider.Revoked);
    }
}
