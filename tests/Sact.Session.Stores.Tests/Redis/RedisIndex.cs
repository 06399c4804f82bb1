using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

public sealed class RedisIndex(SharedRedis shared)
{
    [Fact]
    [Trait("abuse", "E10")]
    public async Task StaysBoundedWithoutACapThroughAHundredThousandSignIns()
    {
        const int Batch = 1000;
        var server = await shared.GetAsync();
        await using var store = OpenRedis(server.Configuration);
        string index = IndexOf(store, "alice");

        // Those that live longest are the first in the index, and must not hide the dead behind them.
        var living = await SignInManyAsync(store, 40);
        long longest = 0;
        for (int batch = 0; batch < 100; batch++)
        {
            var sessions = await SignInManyAsync(store, Batch);

            // As their TTL would, which is longer than any test.
            await server.Database.KeyDeleteAsync([.. sessions.Select(session => (RedisKey)RedisSubject.NameOf(session.Key))]);
            longest = Math.Max(longest, await server.Database.SortedSetLengthAsync(index));
        }

        Assert.InRange(longest, Batch, 3 * Batch);
        Assert.Equal(living.Count, (await ListAsync(store)).Count);
        Assert.Equal(living.Count, await server.Database.SortedSetLengthAsync(index));
        await store.ClearAsync();
    }

    [Fact]
    [Trait("abuse", "E10")]
    public async Task IsNeverLongerThanTheCap()
    {
        var server = await shared.GetAsync();
        await using var store = OpenRedis(server.Configuration);
        for (int i = 0; i < 500; i++)
        {
            await store.CreateAsync(NewSession(store), new SessionCap(5));
            Assert.True(await server.Database.SortedSetLengthAsync(IndexOf(store, "alice")) <= 5);
        }

        await store.ClearAsync();
    }

    [Fact]
    [Trait("abuse", "E11")]
    public async Task AndRecordsHaveATtlAtEveryMoment()
    {
        var server = await shared.GetAsync();
        await using var store = OpenRedis(server.Configuration);
        bool done = false;
        async Task WatchAsync()
        {
            for (bool last = false; !last;)
            {
                last = Volatile.Read(ref done);
                await foreach (var key in server.Behind.KeysAsync(pattern: store.Prefix + ":*"))
                {
                    // -1: it is there and would stay for ever. -2: it has gone since.
                    Assert.NotEqual(-1, (long)await server.Behind.ExecuteAsync("PTTL", key));
                }
            }
        }

        async Task WorkAsync(int worker)
        {
            for (int i = 0; i < 60; i++)
            {
                var session = NewSession(store, $"user-{worker % 3}");
                await store.CreateAsync(session, i % 2 == 0 ? new SessionCap(4) : null);
                await store.UpdateAsync(session, Set("a", "1"));
                await store.UpdateAsync(
                    session,
                    new SessionChange
                    {
                        Touch = new SessionTouch(TimeProvider.System.GetUtcNow()),
                        Renewal = SessionRenewal.Propose(
                        session.LineageHash, session.CreatedAt, session)
                    });
                await ListAsync(store, session.UserId!);
                await (i % 3 == 0 ? store.DeleteAsync(session).AsTask()
                    : i % 20 == 10 ? store.DeleteActiveSessionsAsync(session.UserId!).AsTask()
                    : Task.CompletedTask);
            }
        }

        var watching = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(WatchAsync)));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => WorkAsync(worker))));
        Volatile.Write(ref done, true);
        await watching;
        Assert.True(await store.ClearAsync() > 0, "Nothing was left to be looked at.");
    }
}

public sealed class RedisRoutingTag(SharedRedis shared)
{
    [Fact]
    public async Task OfAnotherUserIsRefusedWithTheMend()
    {
        await using var store = OpenRedis((await shared.GetAsync()).Configuration);
        var stray = NewSession(store, "alice");
        var session = new SessionRecord
        {
            Key = store.GetSessionKey(store.CreateSessionId("bob")),
            UserId = "alice",
            State = SessionState.SignedIn,
            LineageHash = stray.LineageHash,
            CurrentHash = stray.CurrentHash,
            Lifetimes = Lifetimes,
            CreatedAt = stray.CreatedAt,
            LastSeenAt = stray.CreatedAt,
            AuthenticatedAt = stray.CreatedAt,
        };

        var refusal = await Assert.ThrowsAsync<ArgumentException>(async () => await store.CreateAsync(session));

        Assert.Contains("CreateSessionId(userId)", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await store.GetAsync(session.Key));
    }
}

public sealed class RedisRoutingKey(SharedRedis shared)
{
    private const string Secret = "a-secret-routing-key";

    [Fact]
    public async Task ThatIsAnotherIsRefusedByEveryCallUntilAllSessionsHaveEnded()
    {
        string configuration = (await shared.GetAsync()).Configuration;
        await using var before = OpenRedis(configuration);
        var session = NewSession(before);
        await before.CreateAsync(session);
        RedisStore Changed() => OpenRedis(configuration, options => (options.Prefix, options.RoutingKey) = (before.Prefix, Secret));
        await using var after = Changed();
        foreach (var call in new Func<Task>[]
        {
            () => after.GetAsync(session.Key).AsTask(),
            () => after.CreateAsync(NewSession(after)).AsTask(),
            () => after.UpdateAsync(session, Set("a", "1")).AsTask(),
            () => after.DeleteAsync(session).AsTask(),
            () => ListAsync(after),
            () => after.DeleteActiveSessionsAsync("alice").AsTask(),
            () => after.CountActiveSessionsAsync().AsTask(),
        })
        {
            var fault = await Assert.ThrowsAsync<SessionStoreException>(call);
            Assert.Contains("RoutingKey", fault.Message, StringComparison.Ordinal);
            Assert.Contains("ClearAsync", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
        }

        await using (var again = OpenRedis(configuration, options => options.Prefix = before.Prefix))
        {
            Assert.NotNull(await again.GetAsync(session.Key));
        }

        Assert.Equal(1, await after.ClearAsync());
        Assert.Null(await before.GetAsync(session.Key));
        await after.CreateAsync(NewSession(after));
        Assert.Single(await ListAsync(after));
        await using var late = OpenRedis(configuration, options => options.Prefix = before.Prefix);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await late.GetAsync(session.Key));
    }

    [Fact]
    public async Task OfTwoAtOnceIsTheFirstOne()
    {
        string configuration = (await shared.GetAsync()).Configuration, prefix = NewPrefix();
        var stores = Enumerable.Range(0, 8).Select(
            i => OpenRedis(configuration, options => (options.Prefix, options.RoutingKey) = (prefix, $"key-{i % 2}"))).ToArray();

        bool[] works = await Task.WhenAll(stores.Select(async store =>
        {
            try
            {
                await store.CreateAsync(NewSession(store));
                return true;
            }
            catch (SessionStoreException)
            {
                return false;
            }
        }));

        Assert.Equal(4, works.Count(true.Equals));
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(works[i % 2], works[i]));
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    [Trait("abuse", "E11")]
    public async Task IsRememberedWithoutBeingToldForLongerThanAnySessionAndRenewedEveryDay()
    {
        var server = await shared.GetAsync();
        var clock = new StoreContractClock(TimeProvider.System.GetUtcNow());
        await using var store = OpenRedis(server.Configuration, options => (options.RoutingKey, options.TimeProvider) = (Secret, clock));
        await store.CreateAsync(NewSession(store));
        string name = store.Prefix + ":routing";
        async Task<TimeSpan> LeftAsync() => (await server.Database.KeyTimeToLiveAsync(name))!.Value;

        Assert.True(await LeftAsync() > TimeSpan.FromDays(401));
        Assert.DoesNotContain(Secret, (string)(await server.Database.StringGetAsync(name))!, StringComparison.Ordinal);
        await server.Database.KeyExpireAsync(name, TimeSpan.FromDays(400));
        await store.CountActiveSessionsAsync();
        Assert.True(await LeftAsync() < TimeSpan.FromDays(401));
        clock.Advance(TimeSpan.FromDays(1));
        await store.CountActiveSessionsAsync();
        Assert.True(await LeftAsync() > TimeSpan.FromDays(401));
    }
}
