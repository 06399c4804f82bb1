using System.Net;
using Microsoft.AspNetCore.Http;
using Sact.Session.Stores.Tests.EntityFramework;
using Sact.Session.Stores.Tests.Servers;
using Sact.Session.Stores.Tests.Sqlite;

namespace Sact.Session.Stores.Tests;

/// <summary>What a session does over any store: caps, two steps, lifetimes, clients, administration. A store is one line of it.</summary>
public abstract class SessionsOverAStore
{
    private static readonly SessionClient s_laptop = new("Laptop/1.0 \"é\" 👍", "192.0.2.1");
    private static readonly SessionClient s_phone = new("Phone/2.0", "2001:db8::7");

    private protected abstract ValueTask<StoreContractSubject> SubjectAsync();

    [Theory]
    [InlineData(SessionCapPolicy.EndOldest)]
    [InlineData(SessionCapPolicy.EndLeastRecentlyUsed)]
    [InlineData(SessionCapPolicy.Refuse)]
    [Trait("abuse", "D11")]
    public async Task TheCapIsExactUnderParallelSignIns(SessionCapPolicy policy)
    {
        await using var bed = await OpenAsync(options => (options.MaxSessionsPerUser, options.MaxSessionsPolicy) = (5, policy));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await bed.SignInAsync();
            }
            catch (SessionCapReachedException)
            {
                return null;
            }
        })));

        var live = new List<string>();
        foreach (string? id in outcomes.Where(id => id is not null))
        {
            if (await bed.WhoAsync(id) == "alice")
            {
                live.Add(id!);
            }
        }

        Assert.Equal(5, live.Count);
        Assert.Equal(policy == SessionCapPolicy.Refuse ? 5 : 24, outcomes.Count(id => id is not null));
        Assert.Equal(5, (await bed.Request(live[0]).GetActiveSessionsAsync()).Count);
        Assert.Equal("bob", await bed.WhoAsync(await bed.SignInAsync("bob")));
    }

    [Fact]
    public async Task TheCapEndsTheOldestOrTheLeastRecentlyUsed()
    {
        foreach (var policy in (SessionCapPolicy[])[SessionCapPolicy.EndOldest, SessionCapPolicy.EndLeastRecentlyUsed])
        {
            await using var bed = await OpenAsync(options => (options.MaxSessionsPerUser, options.MaxSessionsPolicy) = (2, policy));
            string oldest = await bed.SignInAsync();
            await bed.WhoAsync(oldest);
            bed.Clock.Advance(TimeSpan.FromHours(1));
            string unused = await bed.SignInAsync();
            await bed.WhoAsync(unused);
            bed.Clock.Advance(TimeSpan.FromHours(1));
            await bed.WhoAsync(oldest);
            await bed.SignInAsync();

            Assert.Equal(
                policy == SessionCapPolicy.EndOldest ? (null, "alice") : ("alice", null),
                (await bed.WhoAsync(oldest), await bed.WhoAsync(unused)));
        }
    }

    [Fact]
    [Trait("abuse", "C12e")]
    [Trait("abuse", "C14")]
    public async Task APendingSignInIsNobodyUntilRaisedOnce()
    {
        await using var bed = await OpenAsync();
        var password = bed.Request();
        await password.SetPendingAsync("alice", new() { ["next"] = "/inbox" });
        string pending = password.SessionId!;
        Assert.Null(await bed.WhoAsync(pending));
        Assert.False(await bed.Request(pending).UpdateAsync(new() { ["a"] = 1 }));
        Assert.Equal("alice", (await bed.Request(pending).GetAnyAsync())?.PendingUserId);

        var raised = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var session = bed.Request(pending);
            return await session.RaiseAsync(2) ? session.SessionId : null;
        })));

        string id = Assert.Single(raised, sent => sent is not null)!;
        var me = (await bed.Request(id).GetAsync())!;
        Assert.Equal(("alice", 2, "/inbox"), (me.UserId, me.AssuranceLevel, me["next"]));
        Assert.Null(await bed.Request(pending).GetAnyAsync());

        var late = bed.Request();
        await late.SetPendingAsync("alice");
        bed.Clock.Advance(bed.Options.PendingTimeout);
        Assert.Null(await bed.Request(late.SessionId).GetAnyAsync());
        Assert.False(await bed.Request(late.SessionId).RaiseAsync(2));
    }

    [Fact]
    public async Task ASignInHasItsOwnLifetimesAndARaiseChangesThem()
    {
        await using var bed = await OpenAsync();
        var kiosk = bed.Request();
        await kiosk.SetAsync(
            "alice",
            new SessionSignInOptions
            {
                IsPersistent = true,
                IdleTimeout = TimeSpan.FromMinutes(10),
                AbsoluteTimeout = TimeSpan.FromMinutes(30),
            });
        Assert.True((await bed.Request(kiosk.SessionId).GetAsync())!.IsPersistent);
        bed.Clock.Advance(TimeSpan.FromMinutes(9));
        var raise = bed.Request(kiosk.SessionId);
        Assert.True(await raise.RaiseAsync(2, new SessionSignInOptions { IdleTimeout = TimeSpan.FromMinutes(5), IsPersistent = false }));
        Assert.False((await bed.Request(raise.SessionId).GetAsync())!.IsPersistent);
        bed.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(await bed.WhoAsync(raise.SessionId));
    }

    [Fact]
    public async Task TheClientIsKeptFromTheSignInAndTheLastTouch()
    {
        await using var bed = await OpenAsync(options => options.CaptureClient = true);
        var login = bed.Request(null, s_laptop);
        await login.SetAsync("alice");
        await bed.Request(login.SessionId, s_phone).GetAsync();
        var other = bed.Request(null, s_phone);
        await other.SetAsync("alice");

        var listed = await bed.Request(other.SessionId, s_phone).GetActiveSessionsAsync();

        var first = Assert.Single(listed, device => !device.IsCurrent);
        Assert.Equal((s_laptop, s_phone), (first.SignInClient, first.LastSeenClient));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "K8")]
    public async Task TwentyParallelRequestsOfOneDueSessionWriteOnce(bool captureClient)
    {
        const int Requests = 20;
        var reads = Requests * TimeSpan.FromMilliseconds(20);
        await using var bed = await OpenAsync(options => options.CaptureClient = captureClient);
        string id = await bed.SignInAsync();

        // The first time because the cookie arrives, the second time because "last seen" is due.
        for (int round = 0; round < 2; round++)
        {
            var store = new UpdatesTogether(bed.Store, bed.Clock, Requests);
            var seen = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => Task.Run(async () =>
                await bed.Request(id, new SessionClient($"Tab/{i}", null), store).GetAsync())));

            Assert.All(seen, session => Assert.Equal("alice", session?.UserId));
            Assert.Equal((Requests, 1), (store.Updates, store.Versions));
            bed.Clock.Advance(TimeSpan.FromMinutes(20));
        }

        var record = (await bed.Store.GetAsync(bed.Store.GetSessionKey(id)))!;

        // The reads of the twenty requests set the clock back by 20 milliseconds each.
        Assert.InRange(bed.Clock.GetUtcNow() - record.LastSeenAt, TimeSpan.FromMinutes(20) - reads, TimeSpan.FromMinutes(21));
    }

    /// <summary>The promoted id has come back now, so this request counts as seen, however short the time since the last one.</summary>
    [Fact]
    public async Task ATouchTogetherWithAPromotionIsNotDropped()
    {
        await using var bed = await OpenAsync();
        string old = await bed.SignInAsync();
        await bed.WhoAsync(old);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        var renewing = bed.Request(old);
        Assert.True(await renewing.RenewAsync());
        bed.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("alice", await bed.WhoAsync(renewing.SessionId));

        var record = (await bed.Store.GetAsync(bed.Store.GetSessionKey(old)))!;
        Assert.Equal((bed.Clock.GetUtcNow(), null), (record.LastSeenAt, record.PendingHash));
    }

    [Fact]
    public async Task APasswordChangeKeepsOnlyThisSessionUnderANewId()
    {
        await using var bed = await OpenAsync();
        string phone = await bed.SignInAsync();
        string laptop = await bed.SignInAsync();
        string bobs = await bed.SignInAsync("bob");
        var change = bed.Request(laptop);

        Assert.Equal(1, await change.DeleteOtherSessionsAsync(renewCurrent: true));

        Assert.Equal(
            (null, null, "alice", "bob"),
            (await bed.WhoAsync(phone), await bed.WhoAsync(laptop), await bed.WhoAsync(change.SessionId), await bed.WhoAsync(bobs)));
    }

    [Fact]
    [Trait("abuse", "C9")]
    public async Task AnAdministratorEndsAUsersOrAllAndCounts()
    {
        await using var bed = await OpenAsync();
        string[] alices = [await bed.SignInAsync(), await bed.SignInAsync()];
        string bobs = await bed.SignInAsync("bob");
        Assert.False(await bed.Request(bobs).DeleteSessionAsync(bed.Store.GetSessionKey(alices[0])));
        Assert.Equal(3, await bed.Store.CountActiveSessionsAsync());
        Assert.Equal(2, await bed.Store.DeleteActiveSessionsAsync("alice"));
        Assert.Equal(
            (null, null, "bob", 1L),
            (
                await bed.WhoAsync(alices[0]),
                await bed.WhoAsync(alices[1]),
                await bed.WhoAsync(bobs),
                await bed.Store.CountActiveSessionsAsync()));
        Assert.Equal(1, await bed.Store.ClearAsync());
        Assert.Equal((null, 0L), (await bed.WhoAsync(bobs), await bed.Store.CountActiveSessionsAsync()));
    }

    /// <summary>No store but the memory store keeps room for users, so the session limits what anybody can begin.</summary>
    [Fact]
    [Trait("abuse", "J7")]
    public async Task AFloodOfVisitorsStopsAtTheLimitAndUsersSignIn()
    {
        await using var bed = await OpenAsync(options => options.MaxAnonymousSessionsPerMinute = 10);
        var begun = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await bed.Request().StartAsync(new() { ["cart"] = 1 });
            }
            catch (AnonymousSessionLimitException)
            {
                return false;
            }
        })));

        Assert.Equal((10, 10L), (begun.Count(one => one), await bed.Store.CountActiveSessionsAsync()));
        Assert.Equal("alice", await bed.WhoAsync(await bed.SignInAsync()));
    }

    private async Task<OpenBed> OpenAsync(Action<SactSessionOptions>? configure = null)
    {
        var subject = await SubjectAsync();
        var clock = new StoreContractClock(subject.ServerNow);
        var store = await subject.OpenAsync(clock, $"sessions-{Interlocked.Increment(ref s_beds)}", TestContext.Current.CancellationToken);
        var options = new SactSessionOptions { TimeProvider = clock, StoreTimeout = TimeSpan.FromMinutes(1) };
        configure?.Invoke(options);
        return new OpenBed(subject, store, clock, options);
    }

    private static int s_beds;

    private sealed record OpenBed(
        StoreContractSubject Subject, IGenericStore Store, StoreContractClock Clock, SactSessionOptions Options) : IAsyncDisposable
    {
        public Session<IGenericStore> Request(string? id = null, SessionClient? client = null, IGenericStore? store = null)
        {
            var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
            context.Request.Headers.Cookie = id is null ? default : $"__Host-sid={id}";
            context.Request.Headers.UserAgent = client?.UserAgent;
            context.Connection.RemoteIpAddress = client?.RemoteAddress is { } address ? IPAddress.Parse(address) : null;
            return new Session<IGenericStore>(context.Request, context.Response, store ?? Store, Options);
        }

        public async Task<string> SignInAsync(string userId = "alice")
        {
            var session = Request();
            await session.SetAsync(userId);
            return session.SessionId!;
        }

        public async Task<string?> WhoAsync(string? id) => (await Request(id).GetAsync())?.UserId;

        public ValueTask DisposeAsync() => Subject.DisposeAsync();
    }
}

public sealed class SessionsOverMemory : SessionsOverAStore
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new MemorySubject());
}

public sealed class SessionsOverSqlite : SessionsOverAStore
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new SqliteSubject(inMemory: false));
}

public sealed class SessionsOverPostgreSql(SharedPostgres shared) : SessionsOverAStore
{
    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new PostgreSqlSubject(await shared.GetAsync());
}

public sealed class SessionsOverGarnet(GarnetFixture server) : SessionsOverAStore, IClassFixture<GarnetFixture>
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new RedisSubject([server.Connection]));
}

public sealed class SessionsOverRedis(SharedRedis shared) : SessionsOverAStore
{
    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new RedisSubject(await shared.ConnectionsAsync());
}

public sealed class SessionsOverRedisCluster(SharedRedisCluster shared) : SessionsOverAStore
{
    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new RedisSubject(await shared.ConnectionsAsync());
}

public sealed class SessionsOverEntityFrameworkSqlite(SqliteOfEntityFramework fixture)
    : SessionsOverAStore, IClassFixture<SqliteOfEntityFramework>
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new EntityFrameworkSubject(fixture));
}

public sealed class SessionsOverEntityFrameworkPostgreSql(PostgresOfEntityFramework fixture)
    : SessionsOverAStore, IClassFixture<PostgresOfEntityFramework>
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new EntityFrameworkSubject(fixture));
}
