using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Counted on the wire, between the store and the server.</summary>
public sealed class PostgreSqlRoundTrips(SharedPostgres shared)
{
    [Fact]
    public async Task EveryCallIsOne()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString);
        await store.CountActiveSessionsAsync();
        var session = NewSession(store);
        var other = NewSession(store);
        var replace = SessionRenewal.Replace(session.LineageHash, session.CreatedAt, session);

        async Task IsOneAsync(string call, Func<Task> run)
        {
            int before = proxy.RoundTrips;
            await run();
            Assert.True(proxy.RoundTrips == before + 1, $"{call} took {proxy.RoundTrips - before} round trips.");
        }

        await IsOneAsync("Creating", async () => await store.CreateAsync(session));
        await IsOneAsync("Creating again", async () => await store.CreateAsync(session));
        await IsOneAsync(
            "Creating under a cap, which ends another",
            async () => Assert.Single((await store.CreateAsync(other, new SessionCap(1))).Ended));
        await IsOneAsync(
            "Creating under a cap that refuses",
            async () =>
                Assert.Equal(
                    SessionCreationStatus.CapReached,
                    (await store.CreateAsync(session, new SessionCap(1, SessionCapPolicy.Refuse))).Status));
        await store.CreateAsync(session);
        await IsOneAsync("Reading", async () => Assert.NotNull(await store.GetAsync(session.Key)));
        await IsOneAsync(
            "Changing a field",
            async () => Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status));
        await IsOneAsync(
            "Touching", async () => await store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(session.CreatedAt) }));
        await IsOneAsync("Renewing", async () => await store.UpdateAsync(session, new SessionChange { Renewal = replace }));
        await IsOneAsync(
            "A conflict",
            async () =>
                Assert.Equal(
                    SessionUpdateStatus.Conflict, (await store.UpdateAsync(session, new SessionChange { Renewal = replace })).Status));
        await IsOneAsync("Listing", async () => Assert.Equal(2, (await ListAsync(store)).Count));
        await IsOneAsync("Counting", async () => Assert.Equal(2, await store.CountActiveSessionsAsync()));
        await IsOneAsync("Ending", async () => Assert.True(await store.DeleteAsync(session)));
        await IsOneAsync("Ending a user's", async () => Assert.Equal(1, await store.DeleteActiveSessionsAsync("alice")));
        await IsOneAsync("Sweeping", async () => await store.DeleteExpiredAsync(100));
        await IsOneAsync("Ending all", async () => await store.ClearAsync());
    }
}
