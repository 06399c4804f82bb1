using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>A user with an unmistakable id signs in while something is wrong. Nothing that an operator sees may contain the id.</summary>
public sealed class RedisUserIds
{
    private const string User = "canary-user-7d1f";
    private const string Quick = ",connectTimeout=1000,asyncTimeout=300,syncTimeout=300";

    [Theory]
    [InlineData("healthy", "")]
    [InlineData("no answer", "")]
    [InlineData("no answer over a shared connection", "")]
    [InlineData("stopped", "")]
    [InlineData("stopped under a shared connection", "")]
    [InlineData("maxmemory 1", "OOM")]
    [InlineData("replica", "READONLY")]
    [InlineData("no replicas", "NOREPLICAS")]
    [InlineData("foreign index", "WRONGTYPE")]
    [InlineData("no scripts", "NOPERM")]
    [InlineData("no keys", "NOPERM")]
    [InlineData("no answer of replicas", "")]
    [InlineData("unreadable", "")]
    [InlineData("newer", "")]
    [Trait("abuse", "K19")]
    public async Task AppearInNoExceptionAndNoLog(string situation, string cause)
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        using var log = new CapturedLog();
        string configuration = situation is "no scripts" or "no keys"
            ? $"127.0.0.1:{server.Port},user=reader,password=correct-horse{Quick}"
            : proxy.Configuration + Quick;
        await server.Behind.ExecuteAsync("ACL", "SETUSER", "reader", "on", ">correct-horse", "~*", "&*", "+@all");
        bool shares = situation.Contains("shared", StringComparison.Ordinal);
        await using var shared = shares ? await ConnectionMultiplexer.ConnectAsync(configuration) : null;
        await using var store = OpenRedis(configuration, options =>
        {
            options.LoggerFactory = log;
            options.Connection = shared;
            options.RequireReplicas = situation == "no answer of replicas" ? 1 : 0;
            options.ReplicaTimeout = TimeSpan.FromMilliseconds(1);
        });
        await using var plain = OpenRedis(server.Configuration, options => options.Prefix = store.Prefix);
        var session = NewSession(plain, User);
        await plain.CreateAsync(session);
        Assert.NotNull(await store.GetAsync(session.Key));
        switch (situation)
        {
            case "no answer" or "no answer over a shared connection":
                proxy.HoldAnswers();
                break;
            case "stopped" or "stopped under a shared connection":
                await server.StopAsync();
                break;
            case "maxmemory 1":
                await server.Behind.ConfigSetAsync("maxmemory", "1");
                break;
            case "replica":
                await server.Behind.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
                break;
            case "no replicas":
                await server.Behind.ConfigSetAsync("min-replicas-to-write", "1");
                break;
            case "foreign index":
                await server.Database.KeyDeleteAsync(IndexOf(store, User));
                await server.Database.StringSetAsync(IndexOf(store, User), "something else");
                break;
            case "no scripts":
                await server.Behind.ExecuteAsync("ACL", "SETUSER", "reader", "-evalsha", "-eval", "-zrange");
                break;
            case "no keys":
                await server.Behind.ExecuteAsync("ACL", "SETUSER", "reader", "resetkeys", "~elsewhere:*");
                break;
            case "unreadable":
                await server.Database.StringSetRangeAsync(RedisSubject.NameOf(session.Key), 60, "?");
                break;
            case "newer":
                await server.Database.StringSetAsync(
                    RedisSubject.NameOf(session.Key), (session with { Format = SessionRecord.CurrentFormat + 1 }).Pack());
                break;
        }

        string seen = await EveryCallAsync(store, session) + log.Text;

        Assert.DoesNotContain(User, seen, StringComparison.Ordinal);
        Assert.Contains(cause, seen, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "K19")]
    public async Task AppearInNothingThatAClusterAnswers()
    {
        await using var cluster = await RedisCluster.StartAsync();
        using var log = new CapturedLog();
        await using var store = OpenRedis(cluster.Configuration + Quick, options => options.LoggerFactory = log);
        var session = NewSession(store, User);
        await store.CreateAsync(session);
        await using var asking = await ConnectionMultiplexer.ConnectAsync(cluster.Configuration);
        int slot = asking.GetHashSlot(IndexOf(store, User));
        int from = await cluster.OwnerAsync(slot), to = (from + 1) % cluster.Nodes.Count;
        await cluster.BeginMoveAsync(slot, from, to);
        await cluster.MoveKeysAsync([RedisSubject.NameOf(session.Key)], from, to);
        string seen = await EveryCallAsync(store, session);
        await cluster.Nodes[from].StopAsync();
        seen += await EveryCallAsync(store, session);

        Assert.DoesNotContain(User, seen + log.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "K19")]
    public async Task AppearInNoRefusal()
    {
        await using var store = OpenRedis("127.0.0.1:1");
        var stray = NewSession(store, "bob");
        var refusals = new List<Exception>
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await ListAsync(store, User + "\0")),
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.DeleteActiveSessionsAsync(User + new string('x', 257))),
            Assert.ThrowsAny<ArgumentException>(() => store.CreateSessionId(User + "\ud800")),
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.CreateAsync(stray.With(userId: User))),
        };

        Assert.DoesNotContain(User, string.Join('\n', refusals.Select(CapturedLog.Of)), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "K19")]
    public async Task AppearInNoKey()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = OpenRedis(server.Configuration);
        await store.CreateAsync(NewSession(store, User));
        var keys = new List<string>();
        await foreach (var key in server.Behind.KeysAsync())
        {
            keys.Add(key!);
        }

        Assert.Equal(3, keys.Count);
        Assert.Contains(IndexOf(store, User), keys);
        Assert.DoesNotContain(User, string.Join('\n', keys), StringComparison.Ordinal);

        // Nor its hash as anybody could compute it: the name of the store is hashed with it.
        await using var other = OpenRedis(server.Configuration);
        Assert.NotEqual(IndexOf(store, User)[^10..], IndexOf(other, User)[^10..]);
    }

    /// <summary>Makes every call of a store for the user, and returns all that they threw.</summary>
    private static async Task<string> EveryCallAsync(RedisStore store, SessionRecord session)
    {
        var seen = new List<string>();
        foreach (var call in new Func<Task>[]
        {
            async () => await store.GetAsync(session.Key),
            async () => await store.CreateAsync(NewSession(store, User)),
            async () => await store.CreateAsync(NewSession(store, User), new SessionCap(1)),
            async () => await store.CreateAsync(NewSession(store, User), new SessionCap(1, SessionCapPolicy.Refuse)),
            async () => await store.UpdateAsync(session, Set("a", "1")),
            async () => await store.UpdateAsync(session, new SessionChange { Touch = new SessionTouch(session.CreatedAt) }),
            async () => await ListAsync(store, User),
            async () => await store.DeleteAsync(session),
            async () => await store.DeleteActiveSessionsAsync(User),
            async () => await store.CountActiveSessionsAsync(),
            async () => await store.ClearAsync(),
        })
        {
            if (await Record.ExceptionAsync(call) is { } fault)
            {
                Assert.IsType<SessionStoreException>(fault);
                seen.Add(CapturedLog.Of(fault));
            }
        }

        return string.Join('\n', seen);
    }
}
