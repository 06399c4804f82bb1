using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A slot goes from one node to another while a user's sessions lie in it. In the middle some of its keys are here and some there, and a
/// script over both is refused by either.
/// </summary>
public sealed class RedisResharding
{
    [Fact]
    [Trait("abuse", "E8")]
    public async Task UnderLoadReachesNobodyAsAnError()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = OpenRedis(cluster.Configuration);
        int slot = await SlotAsync(cluster, store);
        await SignInManyAsync(store, 50);
        bool done = false;
        int rounds = 0;
        async Task WorkAsync()
        {
            while (!Volatile.Read(ref done))
            {
                var session = NewSession(store);
                await store.CreateAsync(session);
                Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
                Assert.Equal(
                    SessionUpdateStatus.Applied,
                    (await store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(session.CreatedAt) })).Status);
                Assert.NotNull(await store.GetAsync(session.Key));
                Assert.Contains(await ListAsync(store), listed => listed.Key == session.Key);
                Assert.True(await store.DeleteAsync(session));
                Assert.Null(await store.GetAsync(session.Key));
                Interlocked.Increment(ref rounds);
            }
        }

        var working = Enumerable.Range(0, 4).Select(_ => Task.Run(WorkAsync)).ToArray();
        for (int move = 0; move < 6; move++)
        {
            int from = await cluster.OwnerAsync(slot);
            await cluster.MoveAsync(slot, from, (from + 1) % cluster.Nodes.Count);
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(working);
        Assert.True(rounds > 0);
        Assert.Equal(50, await store.DeleteActiveSessionsAsync("alice"));
        Assert.Empty(await ListAsync(store));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "E8")]
    public async Task HalfWayEverySessionCanBeReadChangedAndEnded(bool indexFirst)
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = OpenRedis(cluster.Configuration);
        int slot = await SlotAsync(cluster, store);
        var sessions = await SignInManyAsync(store, 40);
        int from = await cluster.OwnerAsync(slot), to = (from + 1) % cluster.Nodes.Count;
        await cluster.BeginMoveAsync(slot, from, to);
        RedisKey index = IndexOf(store, "alice");
        await cluster.MoveKeysAsync(
            [.. sessions.Take(20).Select(
                session => (RedisKey)RedisSubject.NameOf(session.Key)), .. indexFirst ? [index] : Array.Empty<RedisKey>()],
            from,
            to);

        Assert.Equal(40, (await ListAsync(store)).Count);
        foreach (var session in new[] { sessions[0], sessions[39] })
        {
            Assert.NotNull(await store.GetAsync(session.Key));
            Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
            Assert.True(
                (await store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(session.CreatedAt) })).Record!.Presented);
            Assert.True(await store.DeleteAsync(session));
            Assert.Null(await store.GetAsync(session.Key));
        }

        Assert.Equal(37, await store.DeleteActiveSessionsAsync("alice", sessions[5].Key));
        Assert.Equal(sessions[5].Key, Assert.Single(await ListAsync(store)).Key);

        // A new session and its index belong together: it waits until they can be.
        var refused = NewSession(store);
        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(refused));
        Assert.Contains("TRYAGAIN", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
        while (await cluster.MoveKeysAsync(slot, from, to, 10) > 0)
        {
        }

        await cluster.EndMoveAsync(slot, from, to);
        await store.CreateAsync(refused);
        Assert.Equal(2, (await ListAsync(store)).Count);
        Assert.Equal(2, await store.DeleteActiveSessionsAsync("alice"));
        foreach (var session in sessions)
        {
            Assert.Null(await store.GetAsync(session.Key));
        }
    }

    /// <summary>
    /// The client follows one redirect of a command. A slot that moves on before the client has learned of the move before needs two.
    /// </summary>
    [Fact]
    [Trait("abuse", "E8")]
    public async Task OfASlotThatMovesOnAndOnIsFollowed()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var time = new FakeTimeProvider();
        await using var store = new RedisStore(new() { Configuration = cluster.Configuration, Prefix = NewPrefix() }, time);
        int slot = await SlotAsync(cluster, store);
        var session = NewSession(store);
        await store.CreateAsync(session);
        int node = await cluster.OwnerAsync(slot);
        for (int round = 0; round < 3; round++)
        {
            int next = (node + 1) % cluster.Nodes.Count, last = (node + 2) % cluster.Nodes.Count;
            await cluster.MoveAsync(slot, node, next);
            await cluster.BeginMoveAsync(slot, next, last);
            await cluster.MoveKeysAsync(slot, next, last, 10);

            Assert.NotNull(await AnswerAsync(store.GetAsync(session.Key).AsTask(), time));

            await cluster.EndMoveAsync(slot, next, last);
            time.Advance(2 * RedisConnector.Patience);
            node = last;
        }
    }

    [Fact]
    [Trait("abuse", "E8")]
    [Trait("abuse", "D4")]
    public async Task DuringTheEndOfAUsersSessionsLeavesNoneAlive()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = OpenRedis(cluster.Configuration);
        int slot = await SlotAsync(cluster, store);
        for (int round = 0; round < 3; round++)
        {
            var sessions = await SignInManyAsync(store, 400);
            int from = await cluster.OwnerAsync(slot);
            Task<long>? ending = null;
            int steps = 0;
            await cluster.MoveAsync(slot, from, (from + 1) % cluster.Nodes.Count, () =>
            {
                ending ??= ++steps == 40 * (round + 1)
                    ? Task.Run(async () => await (round == 2 ? store.ClearAsync() : store.DeleteActiveSessionsAsync("alice")))
                    : null;
                return Task.CompletedTask;
            });

            Assert.Equal(sessions.Count, await ending!);
            Assert.Empty(await ListAsync(store));
            Assert.All(await Task.WhenAll(sessions.Select(session => store.GetAsync(session.Key).AsTask())), Assert.Null);
        }
    }

    [Fact]
    [Trait("abuse", "E9")]
    public async Task ThatLeavesASlotWithoutAMasterSaysSo()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = OpenRedis(cluster.Configuration);
        int slot = await SlotAsync(cluster, store);
        var session = NewSession(store);
        await store.CreateAsync(session);
        foreach (var node in cluster.Nodes)
        {
            await node.Behind.ExecuteAsync("CLUSTER", "DELSLOTS", slot);
        }

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(session.Key));

        Assert.Contains("CLUSTERDOWN", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(RedisServer.Password, fault.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Lets the pauses of a call pass, and nothing else.</summary>
    private static async Task<T> AnswerAsync<T>(Task<T> call, FakeTimeProvider time)
    {
        while (!call.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Delay(ServerProcess.PollInterval);
        }

        return await call;
    }

    private static async Task<int> SlotAsync(RedisCluster cluster, RedisStore store) =>
        (int)(await cluster.Nodes[0].Behind.ExecuteAsync("CLUSTER", "KEYSLOT", IndexOf(store, "alice")));
}
