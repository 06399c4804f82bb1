using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Tries again until a call succeeds; what it throws meanwhile must be a fault of the store.</summary>
internal static class Recovery
{
    public static async Task<T> OfAsync<T>(Func<Task<T>> call)
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(ServerProcess.PollInterval))
        {
            try
            {
                return await call();
            }
            catch (SessionStoreException) when (since.Elapsed < TimeSpan.FromMinutes(2))
            {
            }
        }
    }
}

public sealed class RedisDownAtStart
{
    [Fact]
    [Trait("abuse", "E1")]
    public async Task LetsTheApplicationStartAnswers503AndRecovers()
    {
        await using var server = await RedisServer.StartAsync();
        await server.StopAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSactSession(options => options.StoreTimeout = TimeSpan.FromSeconds(2)).UseRedis(
            server.Configuration + ",connectTimeout=1000,asyncTimeout=1000");
        await using var provider = services.BuildServiceProvider();
        var application = new ApplicationBuilder(provider);
        application.UseSactSession();
        application.Run(async context =>
        {
            if (context.Request.Path != "/public")
            {
                await context.GetSactSession<RedisStore>().SetAsync("alice");
            }
        });
        var pipeline = application.Build();
        async Task<int> RequestAsync(string path)
        {
            var context = new DefaultHttpContext { RequestServices = provider };
            context.Request.Scheme = "https";
            context.Request.Path = path;
            await pipeline(context);
            return context.Response.StatusCode;
        }

        Assert.Equal(503, await RequestAsync("/login"));
        Assert.Equal(200, await RequestAsync("/public"));
        await server.StartAgainAsync();
        for (var since = Stopwatch.StartNew(); await RequestAsync("/login") != 200;)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(2), "The application did not recover.");
        }
    }
}

public sealed class RedisDownInMidRequest
{
    [Fact]
    [Trait("abuse", "E2")]
    public async Task IsAFaultWithinStoreTimeoutAndSignOutDeletesTheCookie()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = OpenRedis(server.Configuration);
        var alice = new RedisBrowser(store, new SactSessionOptions { StoreTimeout = TimeSpan.FromSeconds(1) });
        await alice.SignInAsync();
        await alice.AskAsync<bool>(async session =>
        {
            Assert.NotNull(await session.GetAsync());
            await server.StopAsync();
            await Assert.ThrowsAsync<SessionStoreException>(async () => await session.UpdateAsync(new() { ["theme"] = "dark" }));
            return true;
        });
        await Assert.ThrowsAsync<SessionStoreException>(alice.ReadAsync);
        Assert.NotNull(alice.Cookie);

        await Assert.ThrowsAsync<SessionStoreException>(alice.SignOutAsync);

        Assert.Null(alice.Cookie);
    }
}

public sealed class RedisThatIsSlow
{
    [Fact]
    [Trait("abuse", "E3")]
    public async Task IsAFaultAtStoreTimeoutAndHoldsUpNobodyElse()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        await using var store = OpenRedis(proxy.Configuration);
        var alice = new RedisBrowser(store, new SactSessionOptions { StoreTimeout = TimeSpan.FromSeconds(1) });
        await alice.SignInAsync();
        await alice.ReadAsync();
        proxy.HoldAnswers();
        for (int i = 0; i < 3; i++)
        {
            var fault = await Assert.ThrowsAsync<SessionStoreException>(alice.ReadAsync);
            Assert.Contains("StoreTimeout", fault.Message, StringComparison.Ordinal);
            Assert.True(
                await alice.AskAsync<bool>(session => new(session.GetSessionId().Length == 56)),
                "A request that needs no store was held up.");
        }

        var write = await Assert.ThrowsAsync<SessionStoreException>(
            () => new RedisBrowser(store, new SactSessionOptions { StoreTimeout = TimeSpan.FromSeconds(1) }).SignInAsync());
        Assert.True(write.OutcomeUnknown);
        proxy.DeliverAnswers();
        Assert.NotNull(await Recovery.OfAsync(alice.ReadAsync));
    }

    [Fact]
    [Trait("abuse", "E4")]
    public async Task BecauseItsSocketsAreHalfOpenIsAFaultAndRecovers()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        await using var store = OpenRedis(proxy.Configuration + ",asyncTimeout=500,syncTimeout=500,keepAlive=1,connectTimeout=1000");
        var alice = new RedisBrowser(store, new SactSessionOptions { StoreTimeout = TimeSpan.FromSeconds(1) });
        await alice.SignInAsync();
        await alice.ReadAsync();
        proxy.LetGoDead();

        await Assert.ThrowsAsync<SessionStoreException>(alice.ReadAsync);

        Assert.NotNull(await Recovery.OfAsync(alice.ReadAsync));
    }
}

public sealed class RedisFailover
{
    [Fact]
    [Trait("abuse", "E5")]
    public async Task IsFollowedByTheWriteThatIsRefused()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await master.StartReplicaAsync();
        await using var store = OpenRedis(RedisServer.ConfigurationAt(master.Port, replica.Port));
        var session = NewSession(store);
        await store.CreateAsync(session);
        for (var since = Stopwatch.StartNew(); !await replica.Database.KeyExistsAsync(RedisSubject.NameOf(session.Key));)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "The replica did not receive the session.");
            await Task.Delay(ServerProcess.PollInterval);
        }

        await replica.Behind.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await master.Behind.ExecuteAsync("REPLICAOF", "127.0.0.1", replica.Port);

        var update = await store.UpdateAsync(session, Set("a", "1"));

        Assert.Equal(SessionUpdateStatus.Applied, update.Status);
        Assert.True(await store.DeleteAsync(session));
        Assert.Null(await store.GetAsync(session.Key));
        Assert.Equal(SessionEndReason.SignedOut, (await store.FindAsync(session.Key)).Ended?.Reason);
        Assert.True(await replica.Database.KeyTimeToLiveAsync(RedisSubject.NameOf(session.Key)) <= EndedMarker.Lifetime);
    }

    /// <summary>
    /// For the time until the client has noticed, a master that was deposed is asked as if nothing had happened, and while it follows the
    /// new one its own data is gone.
    /// </summary>
    [Theory]
    [InlineData("create")]
    [InlineData("update")]
    [InlineData("delete")]
    [InlineData("delete of the user")]
    [InlineData("delete of all")]
    [Trait("abuse", "E5")]
    public async Task LeavesNoMasterBehindThatSaysThereIsNoSession(string write)
    {
        await using var deposed = await RedisServer.StartAsync();
        await using var successor = await RedisServer.StartAsync();
        await using var store = OpenRedis(deposed.Configuration);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await deposed.Behind.ExecuteAsync("REPLICAOF", "127.0.0.1", successor.Port);
        await deposed.WaitForAsync("replication", "master_link_status", "up");

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(store, session, write));

        Assert.Contains("READONLY", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
    }

    [Theory]
    [InlineData("update")]
    [InlineData("delete")]
    [InlineData("delete of the user")]
    [Trait("abuse", "E5")]
    public async Task LeavesNoMasterBehindThatSaysSoWithoutItsReplicas(string write)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = OpenRedis(server.Configuration);
        Assert.Empty(await ListAsync(store));
        await server.Behind.ConfigSetAsync("min-replicas-to-write", "1");

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(store, NewSession(store), write));

        Assert.Contains("NOREPLICAS", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
    }

    private static async Task WriteAsync(RedisStore store, SessionRecord session, string write)
    {
        switch (write)
        {
            case "create":
                await store.CreateAsync(NewSession(store));
                break;
            case "update":
                await store.UpdateAsync(session, Set("a", "1"));
                break;
            case "delete":
                await store.DeleteAsync(session);
                break;
            case "delete of the user":
                await store.DeleteActiveSessionsAsync(session.UserId!);
                break;
            default:
                await store.ClearAsync();
                break;
        }
    }

    [Fact]
    [Trait("abuse", "E12")]
    public async Task LosesNoSignOutThatAReplicaHasConfirmed()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await master.StartReplicaAsync();
        await using var store = OpenRedis(
            master.Configuration, options => (options.RequireReplicas, options.ReplicaTimeout) = (1, TimeSpan.FromSeconds(30)));
        var session = NewSession(store);
        var other = NewSession(store);
        await store.CreateAsync(session);
        await store.CreateAsync(other);
        Assert.True(await store.DeleteAsync(session));

        await master.StopAsync();
        await replica.Behind.ExecuteAsync("REPLICAOF", "NO", "ONE");

        await using var after = OpenRedis(replica.Configuration, options => options.Prefix = store.Prefix);
        Assert.Null(await after.GetAsync(session.Key));
        Assert.Equal(other.Key, Assert.Single(await ListAsync(after)).Key);
    }

    [Fact]
    [Trait("abuse", "E12")]
    public async Task ThatNoReplicaConfirmsInTimeLeavesTheOutcomeUnknown()
    {
        await using var master = await RedisServer.StartAsync();
        var replica = await master.StartReplicaAsync();
        await using var store = OpenRedis(
            master.Configuration, options => (options.RequireReplicas, options.ReplicaTimeout) = (1, TimeSpan.FromSeconds(30)));
        var session = NewSession(store);
        await store.CreateAsync(session);
        await replica.DisposeAsync();
        await using var impatient = OpenRedis(
            master.Configuration,
            options => (options.RequireReplicas, options.ReplicaTimeout, options.Prefix) =
                (1, TimeSpan.FromMilliseconds(50), store.Prefix));

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await impatient.DeleteAsync(session));

        Assert.True(fault.OutcomeUnknown);
        Assert.Contains("RequireReplicas", fault.Message, StringComparison.Ordinal);
        Assert.Null(await impatient.GetAsync(session.Key));
    }

    /// <summary>The new master knows nothing of the write, and its replicas have all that it has.</summary>
    [Fact]
    [Trait("abuse", "E5")]
    [Trait("abuse", "E12")]
    public async Task IsNotConfirmedByReplicasOfAnotherMaster()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await master.StartReplicaAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(RedisServer.ConfigurationAt(master.Port, replica.Port));
        var options = new RedisStoreOptions
        {
            Connection = connection,
            Prefix = NewPrefix(),
            RequireReplicas = 1,
            ReplicaTimeout = TimeSpan.FromSeconds(30),
        };
        await using var link = new RedisLink(options, TimeProvider.System, TimeProvider.System, NullLogger.Instance);
        RedisKey key = options.Prefix + ":key";

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await link.RunAsync(write: true, key, async database =>
        {
            await database.StringSetAsync(key, "written", flags: CommandFlags.DemandMaster);
            await replica.Behind.ExecuteAsync("REPLICAOF", "NO", "ONE");
            await master.Behind.ExecuteAsync("REPLICAOF", "127.0.0.1", replica.Port);
            await master.WaitForAsync("replication", "master_link_status", "up");
            await connection.ConfigureAsync();
            return true;
        }));

        Assert.True(fault.OutcomeUnknown);
        Assert.Contains("another server is the master", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "E12")]
    public async Task ThatNoReplicaConfirmsIsNotSettledByTheWordOfTheMaster()
    {
        await using var master = await RedisServer.StartAsync();
        await using var store = OpenRedis(master.Configuration);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await using var careful = OpenRedis(
            master.Configuration,
            options => (options.RequireReplicas, options.ReplicaTimeout, options.Prefix) =
                (1, TimeSpan.FromMilliseconds(50), store.Prefix));

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await careful.UpdateAsync(session, Set("a", "1")));

        Assert.True(fault.OutcomeUnknown);
        Assert.Contains("RequireReplicas", fault.Message, StringComparison.Ordinal);
        Assert.Single((await careful.GetAsync(session.Key))!.Fields);
    }

    [Theory]
    [InlineData("-wait")]
    [InlineData("-exists")]
    [Trait("abuse", "E9")]
    [Trait("abuse", "E12")]
    public async Task WhoseReplicasCannotBeAskedForLeavesTheOutcomeUnknown(string forbidden)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = OpenRedis(server.Configuration, options => options.RequireReplicas = 1);
        await server.Behind.ExecuteAsync("ACL", "SETUSER", "default", forbidden);
        var session = NewSession(store);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(session));

        Assert.True(fault.OutcomeUnknown);
        Assert.Contains("NOPERM", fault.Message, StringComparison.Ordinal);
        Assert.NotNull(await store.GetAsync(session.Key));
    }
}

public sealed class RedisOutOfMemory
{
    private const int TouchFailed = 11;

    [Fact]
    [Trait("abuse", "E6")]
    public async Task ReadsTouchesAreOnlyCountedSignInIsRefusedAndSignOutWorks()
    {
        await using var server = await RedisServer.StartAsync();
        var clock = new StoreContractClock(TimeProvider.System.GetUtcNow());
        await using var store = OpenRedis(server.Configuration, options => options.TimeProvider = clock);
        using var events = new Events();
        var options = new SactSessionOptions { TimeProvider = clock, LoggerFactory = events };
        var alice = new RedisBrowser(store, options);
        await alice.SignInAsync();
        await alice.ReadAsync();
        Assert.DoesNotContain(TouchFailed, events.Seen);
        var seen = (await alice.ReadAsync())!.LastSeenAt;
        await server.Behind.ConfigSetAsync("maxmemory", "1");
        clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(seen, (await alice.ReadAsync())!.LastSeenAt);
        Assert.Single(events.Seen, TouchFailed);
        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => new RedisBrowser(store, options).SignInAsync());
        Assert.Contains("OOM", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
        await Assert.ThrowsAsync<SessionStoreException>(
            () => alice.AskAsync<bool>(session => session.UpdateAsync(new() { ["theme"] = "dark" })));
        await using (var late = OpenRedis(server.Configuration, more => (more.Prefix, more.TimeProvider) = (store.Prefix, clock)))
        {
            Assert.Single(await ListAsync(late));
        }

        var key = (await alice.ReadAsync())!.Key;
        await alice.SignOutAsync();
        Assert.Null(alice.Cookie);
        Assert.Null(await store.GetAsync(key));
        await server.Behind.ConfigSetAsync("maxmemory", "0");
        await new RedisBrowser(store, options).SignInAsync();
    }

    [Fact]
    [Trait("abuse", "E6")]
    [Trait("abuse", "D12")]
    public async Task LeavesNoHalfOfASignInBehindAtTheCap()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = OpenRedis(server.Configuration);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await server.Behind.ConfigSetAsync("maxmemory", "1");
        var refused = NewSession(store);

        // The cap ends one first, which frees memory; either way records and index agree.
        bool created = false;
        try
        {
            created = (await store.CreateAsync(refused, new SessionCap(1))).Status == SessionCreationStatus.Created;
        }
        catch (SessionStoreException)
        {
        }

        Assert.Equal(created ? refused.Key : session.Key, Assert.Single(await ListAsync(store)).Key);
        Assert.Equal(1, await store.CountActiveSessionsAsync());
    }
}

public sealed class RedisThatIsLoading
{
    [Fact]
    [Trait("abuse", "E9")]
    public async Task SaysSoAndRecovers()
    {
        // It would load for minutes, until it is told to make haste.
        await using var server = await RedisServer.StartAsync(
            "--key-load-delay", "100000", "--loading-process-events-interval-bytes", "1024");
        await using var store = OpenRedis(server.Configuration + ",connectTimeout=1000");
        var sessions = await SignInManyAsync(store, 3000);
        await server.Behind.ExecuteAsync("SAVE");
        await server.StopAsync();
        await server.BeginAgainAsync();

        bool told = false;
        var found = await Recovery.OfAsync(async () =>
        {
            try
            {
                return await store.GetAsync(sessions[0].Key);
            }
            catch (SessionStoreException fault)
            {
                Assert.DoesNotContain(RedisServer.Password, fault.ToString(), StringComparison.Ordinal);
                if (!told && fault.Message.Contains("LOADING", StringComparison.Ordinal))
                {
                    told = true;
                    await server.TellAsync("CONFIG SET key-load-delay 0");
                }

                throw;
            }
        });

        Assert.NotNull(found);
        Assert.True(told, "Nothing said that the server was loading.");
    }
}
