using System.Net;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>One of a user's sessions cannot be read, as one of a newer format. It must not keep the others alive.</summary>
public sealed class SessionsThatCannotBeRead
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task DoNotKeepTheOthersAlive(int which)
    {
        await using var provider = await TestProvider.StartAsync();
        var inner = new MemoryStore();
        var (store, faults) = SwitchableStore.Over(inner);
        await using var node = await TestNode.StartAsync(provider, store);
        TestBrowser[] browsers =
            [await TestBrowser.SignInAsync(node), await TestBrowser.SignInAsync(node), await TestBrowser.SignInAsync(node)];
        var unreadable = (await PostgreSqlStores.ListAsync(inner, "sub-alice"))[which].Key;
        faults.Fails = (method, about) => method == nameof(IGenericStore.GetAsync) && about is SessionKey key && key == unreadable;
        string token = provider.LogoutToken(null);

        // The provider must try again: one session lives on.
        Assert.Equal((HttpStatusCode.ServiceUnavailable, ""), await node.LogoutAsync(token));

        Assert.Equal(unreadable, Assert.Single(await PostgreSqlStores.ListAsync(inner, "sub-alice")).Key);
        Assert.Equal(2, Ends(node));
        faults.Fails = null;
        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(token));
        Assert.Equal(3, Ends(node));
        foreach (var browser in browsers)
        {
            Assert.Equal("", await browser.WhoAsync(node));
        }
    }

    private static int Ends(TestNode node) => node.Log.Entries.Count(
        static entry => entry.Id == 8 && entry.Text.Contains("ended: identity", StringComparison.Ordinal));
}
