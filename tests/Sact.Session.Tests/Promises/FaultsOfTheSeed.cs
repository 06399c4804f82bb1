using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>What was wrong with <c>@sact/session</c> and must stay dead. Each method names a fault and shows that it is not there.</summary>
public sealed class FaultsOfTheSeed
{
    [Fact]
    public async Task ItAdoptsAnyIdTheClientSends()
    {
        var bed = new Bed();
        string invented = bed.Store.CreateSessionId("alice");
        var exchange = bed.Request(invented);

        Assert.Null(await exchange.Session.GetAsync());
        await exchange.Session.SetAsync("alice");

        Assert.NotEqual(invented[..24], exchange.SentId![..24]);
        Assert.Null(await bed.Request(invented).Session.GetAnyAsync());
        Assert.Throws<InvalidOperationException>(() => bed.Request(invented).Session.SetCookie());
    }

    [Fact]
    public async Task ItKeepsTheIdAtSignIn()
    {
        var bed = new Bed();
        var visit = bed.Request();
        Assert.True(await visit.Session.StartAsync());
        var login = bed.Request(visit.SentId);
        string before = login.Session.GetSessionId();

        await login.Session.SetAsync("alice");

        Assert.NotEqual(before, login.Session.GetSessionId());
        Assert.Equal(login.SentId, login.Session.GetSessionId());
        Assert.Null(await bed.Request(before).Session.GetAnyAsync());
    }

    [Fact]
    public async Task ItLeavesTheCookieBehindAtSignOut()
    {
        var bed = new Bed();
        var exchange = bed.Request(await bed.SeenAsync());

        await exchange.Session.DeleteAsync();

        string deletion = Assert.Single(exchange.SetCookies);
        Assert.StartsWith("__Host-sid=;", deletion, StringComparison.Ordinal);
        Assert.Contains("expires=Thu, 01 Jan 1970", deletion, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ItLeavesTheUsersIndexEntryBehindAtSignOut()
    {
        var bed = new Bed();
        long empty = bed.Memory.SizeInBytes;
        await bed.Request(await bed.SeenAsync()).Session.DeleteAsync();

        await foreach (var left in bed.Memory.GetActiveSessionsAsync("alice"))
        {
            Assert.Fail($"{left.Key} is still listed.");
        }

        var users = (System.Collections.ICollection)typeof(MemoryStore)
            .GetField("_users", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.GetValue(bed.Memory)!;
        Assert.Empty(users);
        Assert.Equal(empty, bed.Memory.SizeInBytes);
    }

    [Fact]
    public async Task ItsMemoryStoreNeverExpires()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Null(await bed.WhoAsync(id));

        // And what has expired is destroyed, by the creation of others alone.
        bed.Clock.Advance(SessionRecord.SkewMargin);
        long before = bed.Memory.SizeInBytes;
        await bed.SignInAsync("bob");
        await bed.SignInAsync("carol");
        Assert.True(bed.Memory.SizeInBytes <= 2 * before);
        Assert.Equal(2, await bed.Memory.ClearAsync());
        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    [Fact]
    public async Task ItsRedisSetMergesWhereMemoryReplaces()
    {
        // Here set is two verbs: signing in replaces everything, updating merges, in whatever store.
        var bed = new Bed();
        string id = await bed.SignInAsync("alice", new() { ["a"] = 1, ["b"] = 2 });
        Assert.True(await bed.Request(id).Session.UpdateAsync(new() { ["b"] = 3, ["c"] = 4 }));
        var merged = (await bed.Request(id).Session.GetAsync())!;
        Assert.Equal((1, 3, 4), (merged.Get<int>("a"), merged.Get<int>("b"), merged.Get<int>("c")));

        var login = bed.Request(id);
        await login.Session.SetAsync("alice", new() { ["d"] = 5 });
        Assert.Equal(["d"], (await bed.Request(login.SentId).Session.GetAsync())!.Fields.Select(field => field.Key));
    }

    [Fact]
    public async Task ASecondSetCookieOverwritesTheFirst()
    {
        var bed = new Bed();
        var exchange = bed.Request();
        exchange.Context.Response.Headers.Append("Set-Cookie", "application=1; path=/");

        exchange.Session.SetCustomCookie("theme", "dark");
        await exchange.Session.SetAsync("alice");
        exchange.Session.SetCustomCookie("language", "de");

        string[] names = [.. exchange.SetCookies.Select(line => line.Split('=')[0])];
        Assert.Equal(["__Host-sid", "application", "language", "theme"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ItsTransactionCrossesRedisClusterSlots()
    {
        // A user's session keys share the routing tag, which is what a cluster puts them and their index into one slot by.
        var store = new MemoryStore();
        string[] tags = [.. Enumerable.Range(0, 100).Select(_ => store.GetSessionKey(store.CreateSessionId("alice")).RoutingTag)];

        Assert.Single(tags.Distinct());
        Assert.Equal(3, tags[0].Length);
    }

    [Fact]
    public async Task GetActiveSessionsThrows()
    {
        var bed = new Bed();
        Assert.Empty(await bed.Request().Session.GetActiveSessionsAsync());

        string id = await bed.SeenAsync();
        Assert.Single(await bed.Request(id).Session.GetActiveSessionsAsync());

        await bed.Request(id).Session.DeleteAsync();
        Assert.Empty(await bed.Request(id).Session.GetActiveSessionsAsync());
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task EveryReadSendsACookie(Served served)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);

        // The first presentation, one after the touch interval, one of nobody, one of a malformed id.
        foreach (string? id in new[] { login.SentId(), login.SentId(), null, "malformed" })
        {
            using var me = await site.SendAsync("/me", id);
            Assert.Equal(id?.Length == 56 ? "alice" : "nobody", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Empty(me.SetCookies());
            site.Clock.Advance(TimeSpan.FromMinutes(16));
        }
    }

    [Fact]
    public async Task ASlowReadUndoesANewerSignIn()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync("alice");
        var gate = new Gate();
        int reads = 0;
        bed.Store.After = async (verb, _) =>
        {
            if (verb == "get" && Interlocked.Increment(ref reads) == 1)
            {
                await gate.PassAsync();
            }
        };
        var slow = bed.Request(old);
        var reading = slow.Session.GetAsync().AsTask();
        await gate.Reached;
        var login = bed.Request(old);
        await login.Session.SetAsync("bob");
        gate.Open();
        await reading;

        // Its answer comes last, and has nothing in it that would replace the newer cookie.
        Assert.Empty(slow.SetCookies);
        Assert.Equal("bob", await bed.WhoAsync(login.SentId));
    }
}
