using System.Net;
using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>
/// The provider signs a user out while a cluster moves the slot of the alias, or of the session. Some keys of the slot are here and some
/// there.
/// </summary>
public sealed class LogoutDuringResharding
{
    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    [Trait("abuse", "E8")]
    public async Task BySessionEndsTheSession(bool slotOfTheAlias, bool movesIndex, bool movesRecords)
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = OpenRedis(cluster.Configuration);
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, store);
        var browser = await TestBrowser.SignInAsync(node);
        provider.SessionId = "sid-2";
        var spared = await TestBrowser.SignInAsync(node);
        string owner = slotOfTheAlias ? ProviderNames.AliasOfSession(provider.Issuer, TestProvider.Client, "sid-1") : "sub-alice";
        RedisKey index = IndexOf(store, owner);
        RedisKey[] records = [.. (await ListAsync(store, owner)).Select(static record => (RedisKey)RedisSubject.NameOf(record.Key))];
        Assert.Equal(slotOfTheAlias ? 1 : 2, records.Length);
        int slot = (int)(await cluster.Nodes[0].Behind.ExecuteAsync("CLUSTER", "KEYSLOT", index));
        int from = await cluster.OwnerAsync(slot), to = (from + 1) % cluster.Nodes.Count;
        await cluster.BeginMoveAsync(slot, from, to);
        RedisKey[] moved = [.. movesIndex ? [index] : Array.Empty<RedisKey>(), .. movesRecords ? records : []];
        if (moved.Length > 0)
        {
            await cluster.MoveKeysAsync(moved, from, to);
        }

        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(provider.LogoutToken()));

        Assert.Empty(node.Refusals);
        Assert.Equal("False IdentityProvider", (await browser.VisitAsync(node, "/why")).Body);
        Assert.Equal("sub-alice", await spared.WhoAsync(node));
    }

    [Fact]
    [Trait("abuse", "E8")]
    public async Task OfManySessionsMissesNone()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = OpenRedis(cluster.Configuration);
        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(provider, store);
        var browsers = new List<TestBrowser>();
        for (int i = 0; i < 20; i++)
        {
            provider.SessionId = "sid-" + i;
            browsers.Add(await TestBrowser.SignInAsync(node));
        }

        string alias = ProviderNames.AliasOfSubject(provider.Issuer, TestProvider.Client, "sub-alice");
        foreach (string owner in (string[])[alias, "sub-alice"])
        {
            int slot = (int)(await cluster.Nodes[0].Behind.ExecuteAsync("CLUSTER", "KEYSLOT", (RedisKey)IndexOf(store, owner)));
            int from = await cluster.OwnerAsync(slot), to = (from + 1) % cluster.Nodes.Count;
            await cluster.BeginMoveAsync(slot, from, to);
            Assert.Equal(10, await cluster.MoveKeysAsync(slot, from, to, 10));
        }

        Assert.Equal((HttpStatusCode.OK, ""), await node.LogoutAsync(provider.LogoutToken(null)));

        foreach (var browser in browsers)
        {
            Assert.Equal("", await browser.WhoAsync(node));
        }
    }
}
