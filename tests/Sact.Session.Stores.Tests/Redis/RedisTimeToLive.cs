using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>The TTL of a record follows its deadline, and the index outlives the records. Neither comes from a clock.</summary>
public sealed class RedisTimeToLive(SharedRedis shared)
{
    private static readonly TimeSpan s_slack = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("alice", 0)]
    [InlineData("alice", -1000)]
    [InlineData("alice", 1000)]
    [InlineData(null, 0)]
    [Trait("abuse", "E11")]
    [Trait("abuse", "G2")]
    public async Task FollowsTheDeadlineWhateverTheClockShows(string? user, int days)
    {
        var server = await shared.GetAsync();
        var clock = new StoreContractClock(TimeProvider.System.GetUtcNow().AddDays(days));
        await using var store = OpenRedis(server.Configuration, options => options.TimeProvider = clock);
        var now = clock.GetUtcNow();
        var session = NewSession(store, user) with { CreatedAt = now, LastSeenAt = now, AuthenticatedAt = user is null ? null : now };
        await store.CreateAsync(session);
        await IsAsync(server, RedisSubject.NameOf(session.Key), Lifetimes.FirstUseTimeout);

        await server.Database.KeyExpireAsync(RedisSubject.NameOf(session.Key), TimeSpan.FromMinutes(30));
        await store.UpdateAsync(session, Set("a", "1"));
        await IsAsync(server, RedisSubject.NameOf(session.Key), TimeSpan.FromMinutes(20));

        await store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(now) });
        await IsAsync(server, RedisSubject.NameOf(session.Key), Lifetimes.IdleTimeout);
        await store.ClearAsync();
    }

    [Fact]
    [Trait("abuse", "E11")]
    public async Task OfAnIndexIsThatOfTheLongestSession()
    {
        var server = await shared.GetAsync();
        await using var store = OpenRedis(server.Configuration);
        string index = IndexOf(store, "alice");
        var session = NewSession(store);
        await store.CreateAsync(session);
        await IsAsync(server, index, Lifetimes.AbsoluteTimeout);
        var hour = TimeSpan.FromHours(1);
        await store.CreateAsync(NewSession(store) with { Lifetimes = new(hour, hour, hour) });
        await IsAsync(server, index, Lifetimes.AbsoluteTimeout);

        // As it is when the session is old.
        await server.Database.KeyExpireAsync(index, TimeSpan.FromHours(1));
        await store.UpdateAsync(session, Set("a", "1"));
        await IsAsync(server, index, TimeSpan.FromMinutes(50));
        await store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(session.CreatedAt) });
        await IsAsync(server, index, Lifetimes.IdleTimeout);
        await store.ClearAsync();
    }

    [Fact]
    [Trait("abuse", "E11")]
    public async Task OfAnIndexGrowsWithARaisedSession()
    {
        var server = await shared.GetAsync();
        await using var store = OpenRedis(server.Configuration);
        string index = IndexOf(store, "alice");
        var brief = new SessionLifetimes(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        var session = NewSession(store) with { State = SessionState.Pending, Lifetimes = brief };
        await store.CreateAsync(session);

        var raised = await store.UpdateAsync(session, new SessionChange
        {
            Renewal = SessionRenewal.Replace(session.LineageHash, session.CreatedAt, session),
            Raise = new SessionRaise(1, session.CreatedAt, signsIn: true, Lifetimes),
        });

        Assert.Equal(SessionUpdateStatus.Applied, raised.Status);
        await IsAsync(server, index, Lifetimes.AbsoluteTimeout);
        await IsAsync(server, RedisSubject.NameOf(session.Key), Lifetimes.FirstUseTimeout);
        Assert.Equal(
            raised.Record!.AbsoluteDeadline.ToUnixTimeSeconds(), await server.Database.SortedSetScoreAsync(index, session.Key.KeyPart));
        await store.ClearAsync();
    }

    private static async Task IsAsync(RedisServer server, RedisKey key, TimeSpan limit)
    {
        var left = await server.Database.KeyTimeToLiveAsync(key);
        Assert.NotNull(left);
        Assert.InRange(left.Value, limit + SessionRecord.SkewMargin - s_slack, limit + SessionRecord.SkewMargin);
    }
}
