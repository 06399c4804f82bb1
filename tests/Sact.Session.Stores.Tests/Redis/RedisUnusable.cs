using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

public sealed class RedisConfiguration
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("password=correct-horse-battery")]
    [InlineData("localhost:6379,passwort=correct-horse-battery")]
    [InlineData("localhost:6379,ssl=perhaps,password=correct-horse-battery")]
    public void ThatIsMalformedIsRefusedAtOnceWithoutBeingRepeated(string configuration)
    {
        var refusal = Assert.Throws<ArgumentException>(() => OpenRedis(configuration));

        Assert.Contains("RedisStoreOptions.Configuration", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(RedisServer.Password, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void OutOfRangeIsRefusedByName()
    {
        Assert.Contains("Database", Refusal(options => options.Database = -2), StringComparison.Ordinal);
        Assert.Contains("RequireReplicas", Refusal(options => options.RequireReplicas = -1), StringComparison.Ordinal);
        Assert.Contains("RequireReplicas", Refusal(options => options.RequireReplicas = 65), StringComparison.Ordinal);
        Assert.Contains("ReplicaTimeout", Refusal(options => options.ReplicaTimeout = TimeSpan.Zero), StringComparison.Ordinal);
        static string Refusal(Action<RedisStoreOptions> configure) =>
            Assert.Throws<ArgumentException>(() => OpenRedis("localhost", configure)).Message;
    }
}

public sealed class RedisUnusable
{
    private const string Quick = ",connectTimeout=1000,asyncTimeout=1000";

    [Theory]
    [InlineData("allkeys-lru", "0")]
    [InlineData("allkeys-lru", "100mb")]
    [InlineData("volatile-ttl", "100mb")]
    public async Task WhereItEvictsUntilThatIsMended(string policy, string maxmemory)
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", policy, "--maxmemory", maxmemory);
        await using var store = OpenRedis(server.Configuration);
        for (int i = 0; i < 2; i++)
        {
            var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(NewSession(store)));
            Assert.Contains($"maxmemory-policy {policy}", fault.Message, StringComparison.Ordinal);
            Assert.Contains("Set maxmemory-policy to noeviction", fault.Message, StringComparison.Ordinal);
        }

        await server.Behind.ConfigSetAsync("maxmemory-policy", "noeviction");
        Assert.Equal(SessionCreation.Created(), await store.CreateAsync(NewSession(store)));
    }

    [Fact]
    [Trait("abuse", "E9")]
    public async Task WithAWrongPassword()
    {
        await using var server = await RedisServer.StartAsync();
        foreach (string configuration in (string[])[
            $"127.0.0.1:{server.Port},password=wrong-horse{Quick}", $"127.0.0.1:{server.Port}{Quick}"])
        {
            await using var store = OpenRedis(configuration);
            var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(NewSession(store)));
            Assert.Contains("password", fault.Message, StringComparison.Ordinal);
            Assert.Contains("RedisStoreOptions.Configuration", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong-horse", fault.ToString(), StringComparison.Ordinal);
            Assert.False(fault.OutcomeUnknown);
        }
    }

    [Fact]
    public async Task WithoutAServer()
    {
        await using var server = await RedisServer.StartAsync();
        await server.StopAsync();
        await using var store = OpenRedis(server.Configuration + Quick);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(NewSession(store)));

        Assert.Contains("no connection", fault.Message, StringComparison.Ordinal);
        Assert.Contains("RedisStoreOptions.Configuration", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(RedisServer.Password, fault.ToString(), StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
    }

    [Fact]
    [Trait("abuse", "E9")]
    public async Task WithoutPermission()
    {
        await using var server = await RedisServer.StartAsync();
        await server.Behind.ExecuteAsync("ACL", "SETUSER", "reader", "on", ">correct-horse", "~*", "&*", "+@all", "-evalsha", "-eval");
        await using var store = OpenRedis($"127.0.0.1:{server.Port},user=reader,password=correct-horse");

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(NewSession(store)));

        Assert.Contains("NOPERM", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", fault.ToString(), StringComparison.Ordinal);
        Assert.Null(await store.GetAsync(NewSession(store).Key));
    }

    [Fact]
    [Trait("abuse", "E9")]
    public async Task NeverWithThePermissionsThatThePageNames()
    {
        await using var server = await RedisServer.StartAsync();
        string prefix = NewPrefix();
        await server.Behind.ExecuteAsync(
            "ACL",
            "SETUSER",
            "sessions",
            "on",
            ">correct-horse",
            $"~{prefix}:*",
            "+@connection",
            "+@sortedset",
            "+@scripting",
            "+get",
            "+set",
            "+setex",
            "+del",
            "+exists",
            "+pttl",
            "+expire",
            "+pexpire",
            "+scan");
        await using var store = OpenRedis(
            $"127.0.0.1:{server.Port},user=sessions,password=correct-horse", options => options.Prefix = prefix);
        var session = NewSession(store);

        await store.CreateAsync(session, new SessionCap(1));
        Assert.NotNull(await store.GetAsync(session.Key));
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
        Assert.Equal(1, await store.CountActiveSessionsAsync());
        Assert.True(await store.DeleteAsync(session));
        Assert.False(await store.DeleteAsync(session));
        Assert.Equal(SessionEndReason.SignedOut, (await store.FindAsync(session.Key)).Ended?.Reason);
        await store.CreateAsync(NewSession(store));
        Assert.Equal(1, await store.DeleteActiveSessionsAsync("alice"));
        Assert.Equal(0, await store.ClearAsync());

        // Another process finds the routing key there, and renews its TTL.
        await using var later = OpenRedis(
            $"127.0.0.1:{server.Port},user=sessions,password=correct-horse", options => options.Prefix = prefix);
        var next = NewSession(later);
        await later.CreateAsync(next);
        Assert.NotNull(await later.GetAsync(next.Key));
        Assert.True(await server.Database.KeyTimeToLiveAsync($"{prefix}:routing") > TimeSpan.FromDays(401));
    }

    /// <summary>A process that starts while the server takes no writes serves those who are signed in.</summary>
    [Theory]
    [InlineData("NOREPLICAS")]
    [InlineData("NOPERM")]
    [Trait("abuse", "E9")]
    public async Task ForReadsNeverBecauseWritesAreRefused(string refusal)
    {
        await using var server = await RedisServer.StartAsync();
        string prefix = NewPrefix();
        await using var before = OpenRedis(server.Configuration, options => options.Prefix = prefix);
        var session = NewSession(before);
        await before.CreateAsync(session);
        await server.Behind.ExecuteAsync(
            "ACL", "SETUSER", "reader", "on", ">correct-horse", "~*", "&*", "+@all", "-expire", "-evalsha", "-eval");
        if (refusal == "NOREPLICAS")
        {
            await server.Behind.ConfigSetAsync("min-replicas-to-write", "1");
        }

        await using var store = OpenRedis(
            refusal == "NOREPLICAS" ? server.Configuration : $"127.0.0.1:{server.Port},user=reader,password=correct-horse",
            options => options.Prefix = prefix);

        Assert.NotNull(await store.GetAsync(session.Key));
        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.UpdateAsync(session, Set("a", "1")));
        Assert.Contains(refusal, fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The key is not that of a session, so nobody may look signed out.</summary>
    [Theory]
    [InlineData("hash")]
    [InlineData("string")]
    [Trait("abuse", "H2")]
    [Trait("abuse", "K24")]
    public async Task WhereSomethingElseIsStoredUnderItsRoutingKey(string type)
    {
        await using var server = await RedisServer.StartAsync();
        string prefix = NewPrefix();
        await using var before = OpenRedis(server.Configuration, options => options.Prefix = prefix);
        var session = NewSession(before);
        await before.CreateAsync(session);
        await server.Database.KeyDeleteAsync($"{prefix}:routing");
        await (type == "hash"
            ? server.Database.HashSetAsync($"{prefix}:routing", "something", "else")
            : server.Database.StringSetAsync($"{prefix}:routing", "something else"));
        await using var store = OpenRedis(server.Configuration, options => options.Prefix = prefix);

        foreach (var call in (Func<Task>[])[
            () => store.GetAsync(session.Key).AsTask(),
            () => store.FindManyAsync([session.Key]).AsTask(),
            () => store.CreateAsync(NewSession(store)).AsTask()])
        {
            var fault = await Assert.ThrowsAsync<SessionStoreException>(call);
            Assert.Contains($"under the key {prefix}:routing", fault.Message, StringComparison.Ordinal);
            Assert.False(fault.OutcomeUnknown);
        }
    }

    [Theory]
    [InlineData("string")]
    [InlineData("hash")]
    [InlineData("zset")]
    [Trait("abuse", "H2")]
    public async Task WhereSomethingElseStandsUnderItsKeys(string type)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = OpenRedis(server.Configuration);
        var session = NewSession(store);
        await store.CreateAsync(session);
        var taken = NewSession(store);
        await (type switch
        {
            "string" => server.Database.StringSetAsync(RedisSubject.NameOf(taken.Key), "something else"),
            "hash" => server.Database.HashSetAsync(RedisSubject.NameOf(taken.Key), "something", "else"),
            _ => server.Database.SortedSetAddAsync(RedisSubject.NameOf(taken.Key), "something else", 1),
        });
        Assert.Null(await store.GetAsync(taken.Key));
        Assert.Equal(SessionCreation.Exists, await store.CreateAsync(taken));
        Assert.Equal(SessionUpdate.Gone, await store.UpdateAsync(taken, Set("a", "1")));
        Assert.False(await store.DeleteAsync(taken));
        Assert.True(await server.Database.KeyExistsAsync(RedisSubject.NameOf(taken.Key)));
        Assert.Single(await ListAsync(store));
        Assert.Equal(1, await store.CountActiveSessionsAsync());

        // An index that is none stops whatever needs it, but not the end of a session whose record is at hand.
        string index = IndexOf(store, "alice");
        await server.Database.KeyDeleteAsync(index);
        await server.Database.StringSetAsync(index, "something else");
        foreach (var call in (Func<Task>[])[
            () => store.CreateAsync(NewSession(store)).AsTask(),
            () => ListAsync(store),
            () => store.DeleteActiveSessionsAsync("alice").AsTask()])
        {
            Assert.Contains(
                "GenericStoreOptions.Prefix", (await Assert.ThrowsAsync<SessionStoreException>(call)).Message, StringComparison.Ordinal);
        }

        Assert.True(await store.DeleteAsync(session));
        Assert.Null(await store.GetAsync(session.Key));
        Assert.Equal(0, await store.ClearAsync());
        Assert.False(await server.Database.KeyExistsAsync(RedisSubject.NameOf(taken.Key)));
    }
}
