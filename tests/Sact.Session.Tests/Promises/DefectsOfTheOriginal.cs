using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>
/// The defects of the TypeScript original <c>@sact/session</c>. Each method shows that this library does not have one of them.
/// </summary>
public sealed class DefectsOfTheOriginal
{
    [Fact]
    public async Task AnIdInventedByTheClientIsNotAdopted()
    {
        var host = new SessionHost();
        string invented = host.Store.CreateSessionId("alice");
        var exchange = host.Request(invented);

        Assert.Null(await exchange.Session.GetAsync());
        await exchange.Session.SetAsync("alice");

        Assert.NotEqual(invented[..24], exchange.SentId![..24]);
        Assert.Null(await host.Request(invented).Session.GetAnyAsync());
        Assert.Throws<InvalidOperationException>(() => host.Request(invented).Session.SetCookie());
    }

    [Fact]
    public async Task SigningInChangesTheId()
    {
        var host = new SessionHost();
        var visit = host.Request();
        Assert.True(await visit.Session.StartAsync());
        var login = host.Request(visit.SentId);
        string before = login.Session.GetSessionId();

        await login.Session.SetAsync("alice");

        Assert.NotEqual(before, login.Session.GetSessionId());
        Assert.Equal(login.SentId, login.Session.GetSessionId());
        Assert.Null(await host.Request(before).Session.GetAnyAsync());
    }

    [Fact]
    public async Task SigningOutDeletesTheCookie()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SeenAsync());

        await exchange.Session.DeleteAsync();

        string deletion = Assert.Single(exchange.SetCookies);
        Assert.StartsWith("__Host-sid=;", deletion, StringComparison.Ordinal);
        Assert.Contains("expires=Thu, 01 Jan 1970", deletion, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task SigningOutRemovesTheIndexEntryOfTheUser()
    {
        var host = new SessionHost();
        long empty = host.Memory.SizeInBytes;
        await host.Request(await host.SeenAsync()).Session.DeleteAsync();

        await foreach (var remaining in host.Memory.GetActiveSessionsAsync("alice"))
        {
            Assert.Fail($"{remaining.Key} is still listed.");
        }

        Assert.Equal(0, MemoryAccounting.Entries(host.Memory, "_users"));
        Assert.Equal(empty, host.Memory.SizeInBytes);
    }

    [Fact]
    public async Task SessionsInMemoryExpire()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Null(await host.WhoAsync(id));

        // Creating other sessions is enough to destroy the expired ones.
        host.Clock.Advance(SessionRecord.SkewMargin);
        long before = host.Memory.SizeInBytes;
        await host.SignInAsync("bob");
        await host.SignInAsync("carol");
        Assert.True(host.Memory.SizeInBytes <= 2 * before);
        Assert.Equal(2, await host.Memory.ClearAsync());
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    [Fact]
    public async Task SigningInReplacesMetadataAndUpdatingMergesIt()
    {
        // The original used one method for both, and its stores differed. Here signing in replaces and updating merges in every store.
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["a"] = 1, ["b"] = 2 });
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["b"] = 3, ["c"] = 4 }));
        var merged = (await host.Request(id).Session.GetAsync())!;
        Assert.Equal((1, 3, 4), (merged.Get<int>("a"), merged.Get<int>("b"), merged.Get<int>("c")));

        var login = host.Request(id);
        await login.Session.SetAsync("alice", new() { ["d"] = 5 });
        Assert.Equal(["d"], (await host.Request(login.SentId).Session.GetAsync())!.Fields.Select(field => field.Key));
    }

    [Fact]
    public async Task ASecondSetCookieKeepsTheFirst()
    {
        var host = new SessionHost();
        var exchange = host.Request();
        exchange.Context.Response.Headers.Append("Set-Cookie", "application=1; path=/");

        exchange.Session.SetCustomCookie("theme", "dark");
        await exchange.Session.SetAsync("alice");
        exchange.Session.SetCustomCookie("language", "de");

        string[] names = [.. exchange.SetCookies.Select(line => line.Split('=')[0])];
        Assert.Equal(["__Host-sid", "application", "language", "theme"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheSessionsOfAUserShareOneRedisClusterSlot()
    {
        // The session keys of a user share the routing tag. A cluster uses it to put them and their index into one slot.
        var store = new MemoryStore();
        string[] tags = [.. Enumerable.Range(0, 100).Select(_ => store.GetSessionKey(store.CreateSessionId("alice")).RoutingTag)];

        Assert.Single(tags.Distinct());
        Assert.Equal(3, tags[0].Length);
    }

    [Fact]
    public async Task ListingSessionsNeverThrows()
    {
        var host = new SessionHost();
        Assert.Empty(await host.Request().Session.GetActiveSessionsAsync());

        string id = await host.SeenAsync();
        Assert.Single(await host.Request(id).Session.GetActiveSessionsAsync());

        await host.Request(id).Session.DeleteAsync();
        Assert.Empty(await host.Request(id).Session.GetActiveSessionsAsync());
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task ReadingSendsNoCookie(Served served)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);

        // The first use, one after the touch interval, one without a cookie, and one with a malformed id.
        foreach (string? id in new[] { login.SentId(), login.SentId(), null, "malformed" })
        {
            using var me = await site.SendAsync("/me", id);
            Assert.Equal(id?.Length == 56 ? "alice" : "nobody", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Empty(me.SetCookies());
            site.Clock.Advance(TimeSpan.FromMinutes(16));
        }
    }

    [Fact]
    public async Task ASlowReadDoesNotUndoANewerSignIn()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync("alice");
        var gate = new Gate();
        int reads = 0;
        host.Store.After = async (verb, _) =>
        {
            if (verb == "get" && Interlocked.Increment(ref reads) == 1)
            {
                await gate.PassAsync();
            }
        };
        var slow = host.Request(old);
        var reading = slow.Session.GetAsync().AsTask();
        await gate.Reached;
        var login = host.Request(old);
        await login.Session.SetAsync("bob");
        gate.Open();
        await reading;

        // The slow response comes last and has nothing that replaces the newer cookie.
        Assert.Empty(slow.SetCookies);
        Assert.Equal("bob", await host.WhoAsync(login.SentId));
    }
}
