namespace Sact.Session.Tests;

/// <summary>Signing in always makes a new id, ends the verified session that was presented, and inherits nothing.</summary>
public sealed class SigningInAgain
{
    [Fact]
    [Trait("abuse", "C4")]
    [Trait("abuse", "C17")]
    public async Task OverAnAnonymousSessionMakesANewIdAndInheritsNothing()
    {
        // The attacker starts the session, plants data, and makes the victim sign in over it.
        var host = new SessionHost();
        var start = host.Request();
        Assert.True(await start.Session.StartAsync(new() { ["role"] = "admin", ["cart"] = 3 }));
        string planted = start.SentId!;

        var login = host.Request(planted);
        await login.Session.SetAsync("alice", new() { ["theme"] = "dark" });

        Assert.NotEqual(planted[..24], login.SentId![..24]);
        var me = await host.Request(login.SentId).Session.GetAsync();
        Assert.Equal(["theme"], me!.Fields.Select(field => field.Key));
        Assert.Null(await host.Request(planted).Session.GetAnyAsync());
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C5")]
    public async Task OverAnotherUsersSessionMakesANewIdAndInheritsNothing()
    {
        var host = new SessionHost();
        string bobs = await host.SeenAsync("bob", new() { ["role"] = "admin" });

        var login = host.Request(bobs);
        await login.Session.SetAsync("alice");

        Assert.Null(await host.WhoAsync(bobs));
        var me = await host.Request(login.SentId).Session.GetAsync();
        Assert.Equal("alice", me!.UserId);
        Assert.Empty(me.Fields);
        Assert.NotEqual(bobs[..24], login.SentId![..24]);
        Assert.Empty(await ListAsync(host, "bob"));
    }

    [Fact]
    [Trait("abuse", "C6")]
    public async Task AsTheSameUserMakesANewIdAndEndsTheOldOne()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync("alice", new() { ["a"] = 1 });

        var login = host.Request(old);
        await login.Session.SetAsync("alice", new() { ["b"] = 2 });

        Assert.Null(await host.WhoAsync(old));
        Assert.Equal(["b"], (await host.Request(login.SentId).Session.GetAsync())!.Fields.Select(field => field.Key));
        Assert.Single(await ListAsync(host, "alice"));
        Assert.Single(login.SetCookies);
    }

    [Fact]
    [Trait("abuse", "C7")]
    public async Task AfterSigningOutInTheSameRequestLeavesOneSessionAndOneCookie()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync("alice");
        var exchange = host.Request(old);

        await exchange.Session.DeleteAsync();
        await exchange.Session.SetAsync("bob");

        Assert.Single(exchange.SetCookies);
        Assert.Equal("bob", await host.WhoAsync(exchange.SentId));
        Assert.Null(await host.WhoAsync(old));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C7")]
    public async Task AndSigningOutInTheSameRequestLeavesNoSessionAndOneDeletion()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync("alice");
        var exchange = host.Request(old);

        await exchange.Session.SetAsync("bob");
        await exchange.Session.DeleteAsync();

        Assert.Equal("", exchange.SentId);
        Assert.Single(exchange.SetCookies);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C7")]
    public async Task TwiceInTheSameRequestLeavesOneSessionAndOneCookie()
    {
        var host = new SessionHost();
        var exchange = host.Request();

        await exchange.Session.SetAsync("alice");
        await exchange.Session.SetAsync("bob");

        Assert.Single(exchange.SetCookies);
        Assert.Equal("bob", await host.WhoAsync(exchange.SentId));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C6")]
    public async Task EndsEverySecretOfTheOldSession()
    {
        var host = new SessionHost();
        string previous = await host.SeenAsync();
        string current = await host.RotateAsync(previous);
        host.Clock.Advance(RenewalTimes.Grace);
        string pending = (await host.RenewAsync(current))!;

        await host.Request(current).Session.SetAsync("alice");

        Assert.All(await Task.WhenAll(new[] { previous, current, pending }.Select(host.WhoAsync)), Assert.Null);
    }

    [Fact]
    public async Task WithAFailingStoreNeverLeavesTwoSessions()
    {
        // The old session ends first, so a crash between the two steps signs the user out.
        var host = new SessionHost();
        string old = await host.SeenAsync();
        host.Store.Before = (verb, _) => verb == "create" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = host.Request(old);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.SetAsync("alice"));

        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
        Assert.Null(await exchange.Session.GetAsync());
    }

    private static async Task<List<SessionRecord>> ListAsync(SessionHost host, string userId)
    {
        var records = new List<SessionRecord>();
        await foreach (var record in host.Memory.GetActiveSessionsAsync(userId))
        {
            records.Add(record);
        }

        return records;
    }
}
