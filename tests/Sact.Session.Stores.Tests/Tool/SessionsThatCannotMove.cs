namespace Sact.Session.Stores.Tests;

/// <summary>Sessions that Redis refuses as the new store, because they began before the routing key was changed.</summary>
public sealed class SessionsThatCannotMove(SharedPostgres postgres, SharedRedis redis)
{
    private const string RoutingKey = "a newer routing key";

    [Fact]
    public async Task AreServedFromTheOldStoreAndCountUnderTheCap()
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis, routingKey: RoutingKey);
        await using var to = await ToolPlace.CreateAsync("redis", postgres, redis, from.Prefix, RoutingKey);
        await using var store = new MigratingStore(from.Open(), to.Open());
        var old = PostgreSqlStores.NewSession(new MemoryStore(new MemoryStoreOptions { Prefix = from.Prefix }), "alice");
        await from.Store.CreateAsync(old);
        var first = PostgreSqlStores.NewSession(store, "alice");
        var second = PostgreSqlStores.NewSession(store, "alice");

        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(first, new SessionCap(2))).Status);
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(second, new SessionCap(2))).Status);

        Assert.NotNull(await store.GetAsync(old.Key));
        Assert.Null(await store.GetAsync(first.Key));
        Assert.NotNull(await store.GetAsync(second.Key));
        var fault = await Assert.ThrowsAnyAsync<SessionStoreException>(
            async () => await store.UpdateAsync(old, PostgreSqlStores.Set("theme", "\"dark\"")));
        Assert.Contains("RoutingKey", fault.Message, StringComparison.Ordinal);
        Assert.True(await store.DeleteAsync(old));
        Assert.Null(await store.GetAsync(old.Key));
    }
}
