namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A user who signs in at the provider, and what the store has of it.</summary>
public sealed class SigningIn
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IsASessionThatTheProviderEnds(bool tickets)
    {
        await using var provider = await TestProvider.StartAsync();
        var store = new MemoryStore();
        await using var node = await TestNode.StartAsync(provider, store, tickets: tickets);
        var browser = await TestBrowser.SignInAsync(node);
        Assert.Equal("sub-alice", await browser.WhoAsync(node));
        Assert.Equal(1, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));

        Assert.Equal((System.Net.HttpStatusCode.OK, ""), await node.LogoutAsync(provider.LogoutToken()));

        Assert.Empty(node.Refusals);
        Assert.Equal("", await browser.WhoAsync(node));
        Assert.Equal(0, await store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }
}
