namespace Sact.Session.Tests;

/// <summary>A further factor: a pending session is completed, one that is signed in is raised, each with a new id at once.</summary>
[Trait("abuse", "C12e")]
public sealed class SteppingUp
{
    [Fact]
    [Trait("abuse", "C14")]
    public async Task PendingIsNobodyUntilRaised()
    {
        var bed = new Bed();
        var first = bed.Request(null);
        await first.Session.SetPendingAsync("alice", new() { ["next"] = "/inbox" });
        string pending = first.SentId!;

        var waiting = bed.Request(pending);
        Assert.Null(await waiting.Session.GetAsync());
        Assert.False(await waiting.Session.UpdateAsync(new() { ["theme"] = "dark" }));
        Assert.False(await waiting.Session.RenewAsync());
        Assert.Empty(await waiting.Session.GetActiveSessionsAsync());
        Assert.Equal(("alice", SessionState.Pending), ((await waiting.Session.GetAnyAsync())!.PendingUserId, (await waiting.Session.GetAnyAsync())!.State));

        var second = bed.Request(pending);
        Assert.True(await second.Session.RaiseAsync(2));
        string signedIn = second.SentId!;

        Assert.NotEqual(pending, signedIn);
        Assert.Null(await bed.Request(pending).Session.GetAnyAsync());
        var alice = (await bed.Request(signedIn).Session.GetAsync())!;
        Assert.Equal(("alice", 2, "/inbox"), (alice.UserId, alice.AssuranceLevel, alice["next"]));
    }

    [Fact]
    public async Task PendingLivesForItsOwnTimeAndThenForTheOptions()
    {
        var bed = new Bed();
        var slow = bed.Request(null);
        await slow.Session.SetPendingAsync("alice");
        bed.Clock.Advance(bed.Options.PendingTimeout);
        Assert.Null(await bed.Request(slow.SentId).Session.GetAnyAsync());
        Assert.False(await bed.Request(slow.SentId).Session.RaiseAsync(2));

        var quick = bed.Request(null);
        await quick.Session.SetPendingAsync("alice");
        bed.Clock.Advance(bed.Options.PendingTimeout - SecretsBed.Second);
        var raised = bed.Request(quick.SentId);
        Assert.True(await raised.Session.RaiseAsync(2));
        bed.Clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal("alice", await bed.WhoAsync(raised.SentId!));
    }

    [Fact]
    public async Task RaisesAndNeverLowers()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var raise = bed.Request(id);
        Assert.True(await raise.Session.RaiseAsync(3));
        bed.Clock.Advance(TimeSpan.FromHours(1));

        var again = bed.Request(raise.SentId);
        Assert.False((await again.Session.GetAsync())!.IsFresh(TimeSpan.FromMinutes(5)));
        Assert.True(await again.Session.RaiseAsync(1));

        var data = (await bed.Request(again.SentId).Session.GetAsync())!;
        Assert.Equal(3, data.AssuranceLevel);
        Assert.True(data.IsFresh(TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task TheOldIdIsRefusedAtOnceAndNobodyElse()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string phone = await bed.SeenAsync();
        var raise = bed.Request(id);
        Assert.True(await raise.Session.RaiseAsync(2));

        Assert.Null(await bed.WhoAsync(id));
        Assert.Equal("alice", await bed.WhoAsync(phone));
        Assert.Equal("alice", await bed.WhoAsync(raise.SentId!));
    }

    [Fact]
    [Trait("abuse", "C12f")]
    public async Task AnIdInItsGraceRaisesNothing()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string current = await bed.RotateAsync(old);

        var late = bed.Request(old);
        Assert.False(await late.Session.RaiseAsync(2));

        Assert.Null(late.SentId);
        Assert.Equal(1, (await bed.Request(current).Session.GetAsync())!.AssuranceLevel);
    }

    [Fact]
    public async Task OfParallelCallersOneSucceeds()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        var outcomes = await SecretsBed.SideBySide(8, async _ =>
        {
            var exchange = bed.Request(id);
            return await exchange.Session.RaiseAsync(2) ? exchange.SentId : null;
        });

        string winner = Assert.Single(outcomes, sent => sent is not null)!;
        Assert.Equal("alice", await bed.WhoAsync(winner));
    }

    [Fact]
    public async Task NobodyIsRaisedWithoutASession()
    {
        var bed = new Bed();
        Assert.False(await bed.Request(null).Session.RaiseAsync(2));
        var anonymous = bed.Request(null);
        await anonymous.Session.StartAsync();
        Assert.False(await bed.Request(anonymous.SentId).Session.RaiseAsync(2));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => bed.Request(null).Session.RaiseAsync(256).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => bed.Request(null).Session.RaiseAsync(2, new SessionSignInOptions { AssuranceLevel = 3 }).AsTask());
    }
}
