using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Counted on the wire, between the store and the server.</summary>
public sealed class PostgreSqlRoundTrips(SharedPostgres shared)
{
    [Fact]
    public async Task OfEveryCallAreAsFewAsTheContractSays()
    {
        await using var proxy = new PostgresProxy(await shared.GetAsync());
        await using var store = Open(proxy.ConnectionString);
        await store.CountActiveSessionsAsync();
        var session = NewSession(store);
        var other = NewSession(store);
        var stale = session;

        async Task TakesAsync(int most, string call, Func<Task> run)
        {
            int before = proxy.RoundTrips;
            await run();
            Assert.True(proxy.RoundTrips == before + most, $"{call} took {proxy.RoundTrips - before} round trips.");
        }

        async Task UpdateAsync(string call, int most, Func<SessionChange> change) => await TakesAsync(most, call, async () =>
        {
            var update = await store.UpdateAsync(session, change());
            Assert.Equal(SessionUpdateStatus.Applied, update.Status);
            session = update.Record!;
        });

        await TakesAsync(1, "Creating", async () => await store.CreateAsync(session));
        await TakesAsync(1, "Creating again", async () => await store.CreateAsync(session));
        await TakesAsync(
            1,
            "Creating under a cap that has room",
            async () => Assert.Empty((await store.CreateAsync(other, new SessionCap(2))).Ended));

        // At a full cap it reads the user's sessions and adds again.
        await TakesAsync(
            2,
            "Creating under a cap that refuses",
            async () =>
                Assert.Equal(
                    SessionCreationStatus.CapReached,
                    (await store.CreateAsync(NewSession(store), new SessionCap(2, SessionCapPolicy.Refuse))).Status));
        await TakesAsync(
            3,
            "Creating under a cap, which ends another",
            async () => Assert.Single((await store.CreateAsync(NewSession(store), new SessionCap(2, SessionCapPolicy.EndOldest))).Ended));
        await store.ClearAsync();
        await store.CreateAsync(session);
        await store.CreateAsync(other);
        await TakesAsync(1, "Reading", async () => Assert.NotNull(await store.GetAsync(session.Key)));
        await UpdateAsync("Changing a field", 1, () => Set("a", "1"));
        await UpdateAsync("Touching", 1, () => new SessionChange { Touch = new SessionTouch(session.CreatedAt) });
        await UpdateAsync(
            "Renewing",
            1,
            () => new SessionChange { Renewal = SessionRenewal.Replace(session.LineageHash, session.CreatedAt, session) });

        // A refusal is believed only of a record that was read after the call began, and so is a change that changes nothing.
        await TakesAsync(
            1,
            "A conflict",
            async () =>
                Assert.Equal(
                    SessionUpdateStatus.Conflict, (await store.UpdateAsync(session, new SessionChange { Generation = 7 })).Status));
        await UpdateAsync("Touching again", 1, () => new SessionChange { Touch = new SessionTouch(session.CreatedAt) });

        // The lost race shows the row, a lock reads it once more, and a write follows.
        session = stale;
        await UpdateAsync("Changing what another caller has changed", 3, () => Set("b", "2"));
        await TakesAsync(1, "Listing", async () => Assert.Equal(2, (await ListAsync(store)).Count));
        await TakesAsync(1, "Counting", async () => Assert.Equal(2, await store.CountActiveSessionsAsync()));
        await TakesAsync(1, "Ending", async () => Assert.True(await store.DeleteAsync(session)));

        // It reads the sessions, because each of them leaves a marker of its own.
        await TakesAsync(2, "Ending a user's", async () => Assert.Equal(1, await store.DeleteActiveSessionsAsync("alice")));
        await TakesAsync(1, "Cleaning up", async () => await store.DeleteExpiredAsync(100));
        await TakesAsync(1, "Ending all", async () => await store.ClearAsync());
    }
}
