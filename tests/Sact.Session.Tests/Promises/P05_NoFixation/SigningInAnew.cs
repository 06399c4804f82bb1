namespace Sact.Session.Tests;

/// <summary>Fixation and privilege: signing in always makes a new id, ends the verified session that was presented, and inherits nothing.</summary>
public sealed class SigningInAnew
{
    [Fact]
    [Trait("abuse", "C4")]
    [Trait("abuse", "C17")]
    public async Task OverAnAnonymousSessionMakesANewIdAndInheritsNothing()
    {
        // The attacker begins the session, plants data, and has the victim sign in over it.
        var bed = new Bed();
        var start = bed.Request();
        Assert.True(await start.Session.StartAsync(new() { ["role"] = "admin", ["cart"] = 3 }));
        string planted = start.SentId!;

        var login = bed.Request(planted);
        await login.Session.SetAsync("alice", new() { ["theme"] = "dark" });

        Assert.NotEqual(planted[..24], login.SentId![..24]);
        var me = await bed.Request(login.SentId).Session.GetAsync();
        Assert.Equal(["theme"], me!.Fields.Select(field => field.Key));
        Assert.Null(await bed.Request(planted).Session.GetAnyAsync());
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C5")]
    public async Task OverAnotherUsersSessionMakesANewIdAndInheritsNothing()
    {
        var bed = new Bed();
        string bobs = await bed.SeenAsync("bob", new() { ["role"] = "admin" });

        var login = bed.Request(bobs);
        await login.Session.SetAsync("alice");

        Assert.Null(await bed.WhoAsync(bobs));
        var me = await bed.Request(login.SentId).Session.GetAsync();
        Assert.Equal("alice", me!.UserId);
        Assert.Empty(me.Fields);
        Assert.NotEqual(bobs[..24], login.SentId![..24]);
        Assert.Empty(await ListAsync(bed, "bob"));
    }

    [Fact]
    [Trait("abuse", "C6")]
    public async Task AgainAsTheSameUserMakesANewIdAndTheOldOneIsDead()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync("alice", new() { ["a"] = 1 });

        var login = bed.Request(old);
        await login.Session.SetAsync("alice", new() { ["b"] = 2 });

        Assert.Null(await bed.WhoAsync(old));
        Assert.Equal(["b"], (await bed.Request(login.SentId).Session.GetAsync())!.Fields.Select(field => field.Key));
        Assert.Single(await ListAsync(bed, "alice"));
        Assert.Single(login.SetCookies);
    }

    [Fact]
    [Trait("abuse", "C7")]
    public async Task AfterSigningOutInTheSameRequestLeavesOneSessionAndOneCookie()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync("alice");
        var exchange = bed.Request(old);

        await exchange.Session.DeleteAsync();
        await exchange.Session.SetAsync("bob");

        Assert.Single(exchange.SetCookies);
        Assert.Equal("bob", await bed.WhoAsync(exchange.SentId));
        Assert.Null(await bed.WhoAsync(old));
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C7")]
    public async Task AndOutInTheSameRequestLeavesNoSessionAndOneDeletion()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync("alice");
        var exchange = bed.Request(old);

        await exchange.Session.SetAsync("bob");
        await exchange.Session.DeleteAsync();

        Assert.Equal("", exchange.SentId);
        Assert.Single(exchange.SetCookies);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C7")]
    public async Task TwiceInTheSameRequestLeavesOneSessionAndOneCookie()
    {
        var bed = new Bed();
        var exchange = bed.Request();

        await exchange.Session.SetAsync("alice");
        await exchange.Session.SetAsync("bob");

        Assert.Single(exchange.SetCookies);
        Assert.Equal("bob", await bed.WhoAsync(exchange.SentId));
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C6")]
    public async Task KillsEverySecretOfTheOldSession()
    {
        var bed = new Bed();
        string previous = await bed.SeenAsync();
        string current = await bed.RotateAsync(previous);
        bed.Clock.Advance(SecretsBed.Grace);
        string pending = (await bed.RenewAsync(current))!;

        await bed.Request(current).Session.SetAsync("alice");

        Assert.All(await Task.WhenAll(new[] { previous, current, pending }.Select(bed.WhoAsync)), Assert.Null);
    }

    [Fact]
    public async Task WithATroubledStoreNeverLeavesTwoSessions()
    {
        // Ending comes first: a crash between the two signs out.
        var bed = new Bed();
        string old = await bed.SeenAsync();
        bed.Store.Before = (verb, _) => verb == "create" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = bed.Request(old);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.SetAsync("alice"));

        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync());
        Assert.Null(await exchange.Session.GetAsync());
    }

    private static async Task<List<SessionRecord>> ListAsync(Bed bed, string userId)
    {
        var records = new List<SessionRecord>();
        await foreach (var record in bed.Memory.GetActiveSessionsAsync(userId))
        {
            records.Add(record);
        }

        return records;
    }
}
