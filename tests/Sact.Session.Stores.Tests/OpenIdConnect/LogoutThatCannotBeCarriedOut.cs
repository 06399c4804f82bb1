using System.Net;
using System.Net.Sockets;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>The store or the provider is down. The answer lets the provider try again, and the same token is accepted then.</summary>
public sealed class LogoutThatCannotBeCarriedOut
{
    [Theory]
    [InlineData("GetAsync")]
    [InlineData("CreateAsync")]
    [InlineData("GetActiveSessionsAsync")]
    [InlineData("EndAsync")]
    public async Task BecauseOfTheStoreIsAnsweredWith503AndAcceptedLater(string method)
    {
        await using var provider = await TestProvider.StartAsync();
        var (store, down) = SwitchableStore.Over(new MemoryStore());
        await using var node = await TestNode.StartAsync(provider, store);
        var browser = await TestBrowser.SignInAsync(node);
        string token = provider.LogoutToken();
        down.Down.Add(method);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, ""), await node.LogoutAsync(token));

        Assert.Contains("store failed", Assert.Single(node.Refusals), StringComparison.Ordinal);
        down.Down.Clear();
        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(token));
        Assert.Equal("", await browser.WhoAsync(node));
    }

    [Fact]
    public async Task BecauseTheKeysCannotBeReadIsAnsweredWith503()
    {
        await using var provider = await TestProvider.StartAsync();
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        int port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await using var node = await TestNode.StartAsync(
            provider, new MemoryStore(), configure: o => o.MetadataAddress = $"http://127.0.0.1:{port}/none");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, ""), await node.LogoutAsync(provider.LogoutToken()));

        Assert.Contains("cannot be read", Assert.Single(node.Refusals), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BecauseAStoreFailsAtASignInBeginsNoSession()
    {
        await using var provider = await TestProvider.StartAsync();
        var inner = new MemoryStore();
        var (store, down) = SwitchableStore.Over(inner);
        await using var node = await TestNode.StartAsync(provider, store);
        down.Down.Add("GetAsync");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await new TestBrowser().VisitAsync(node, "/login")).Status);

        Assert.Equal(0, await inner.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }
}
