namespace Sact.Session.Tests;

/// <summary>A second factor completes a pending session or raises a signed-in one. Either gets a new id at once.</summary>
[Trait("abuse", "C12e")]
public sealed class SteppingUp
{
    [Fact]
    [Trait("abuse", "C14")]
    public async Task APendingSessionIsNotAUserUntilItIsRaised()
    {
        var host = new SessionHost();
        var first = host.Request(null);
        await first.Session.SetPendingAsync("alice", new() { ["next"] = "/inbox" });
        string pending = first.SentId!;

        var waiting = host.Request(pending);
        Assert.Null(await waiting.Session.GetAsync());
        Assert.False(await waiting.Session.UpdateAsync(new() { ["theme"] = "dark" }));
        Assert.False(await waiting.Session.RenewAsync());
        Assert.Empty(await waiting.Session.GetActiveSessionsAsync());
        Assert.Equal(
            ("alice", SessionState.Pending),
            ((await waiting.Session.GetAnyAsync())!.PendingUserId, (await waiting.Session.GetAnyAsync())!.State));

        var second = host.Request(pending);
        Assert.True(await second.Session.RaiseAsync(2));
        string signedIn = second.SentId!;

        Assert.NotEqual(pending, signedIn);
        Assert.Null(await host.Request(pending).Session.GetAnyAsync());
        var alice = (await host.Request(signedIn).Session.GetAsync())!;
        Assert.Equal(("alice", 2, "/inbox"), (alice.UserId, alice.AssuranceLevel, alice["next"]));
    }

    [Fact]
    public async Task PendingTimeoutAppliesUntilTheSessionIsRaised()
    {
        var host = new SessionHost();
        var slow = host.Request(null);
        await slow.Session.SetPendingAsync("alice");
        host.Clock.Advance(host.Options.PendingTimeout);
        Assert.Null(await host.Request(slow.SentId).Session.GetAnyAsync());
        Assert.False(await host.Request(slow.SentId).Session.RaiseAsync(2));

        var quick = host.Request(null);
        await quick.Session.SetPendingAsync("alice");
        host.Clock.Advance(host.Options.PendingTimeout - RenewalTimes.Second);
        var raised = host.Request(quick.SentId);
        Assert.True(await raised.Session.RaiseAsync(2));
        host.Clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal("alice", await host.WhoAsync(raised.SentId!));
    }

    [Fact]
    public async Task NeverLowersTheLevel()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var raise = host.Request(id);
        Assert.True(await raise.Session.RaiseAsync(3));
        host.Clock.Advance(TimeSpan.FromHours(1));

        var again = host.Request(raise.SentId);
        Assert.False((await again.Session.GetAsync())!.IsFresh(TimeSpan.FromMinutes(5)));
        Assert.True(await again.Session.RaiseAsync(1));

        var data = (await host.Request(again.SentId).Session.GetAsync())!;
        Assert.Equal(3, data.AssuranceLevel);
        Assert.True(data.IsFresh(TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task RefusesTheOldIdAtOnceAndSignsOutNobodyElse()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string phone = await host.SeenAsync();
        var raise = host.Request(id);
        Assert.True(await raise.Session.RaiseAsync(2));

        Assert.Null(await host.WhoAsync(id));
        Assert.Equal("alice", await host.WhoAsync(phone));
        Assert.Equal("alice", await host.WhoAsync(raise.SentId!));
    }

    [Fact]
    [Trait("abuse", "C12f")]
    public async Task AnIdWithinTheGraceRaisesNothing()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string current = await host.RotateAsync(old);

        var late = host.Request(old);
        Assert.False(await late.Session.RaiseAsync(2));

        Assert.Null(late.SentId);
        Assert.Equal(1, (await host.Request(current).Session.GetAsync())!.AssuranceLevel);
    }

    [Fact]
    public async Task ExactlyOneOfParallelCallersSucceeds()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        var outcomes = await SideBySide.RunAsync(8, async _ =>
        {
            var exchange = host.Request(id);
            return await exchange.Session.RaiseAsync(2) ? exchange.SentId : null;
        });

        string winner = Assert.Single(outcomes, sent => sent is not null)!;
        Assert.Equal("alice", await host.WhoAsync(winner));
    }

    [Fact]
    public async Task WithoutAUserFails()
    {
        var host = new SessionHost();
        Assert.False(await host.Request(null).Session.RaiseAsync(2));
        var anonymous = host.Request(null);
        await anonymous.Session.StartAsync();
        Assert.False(await host.Request(anonymous.SentId).Session.RaiseAsync(2));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.Request(null).Session.RaiseAsync(256).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() =>
            host.Request(null).Session.RaiseAsync(2, new SessionSignInOptions { AssuranceLevel = 3 }).AsTask());
    }
}
