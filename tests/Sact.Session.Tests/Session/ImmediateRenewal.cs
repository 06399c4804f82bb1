namespace Sact.Session.Tests;

/// <summary>Rule 4: an immediate renewal refuses the old id from then on. Of parallel callers, the losers get false.</summary>
[Trait("abuse", "C12")]
[Trait("abuse", "C12e")]
public sealed class ImmediateRenewal
{
    [Fact]
    public async Task RefusesTheOldIdAtOnceAndSignsOutNobodyElse()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string phone = await host.SeenAsync();
        string bob = await host.SeenAsync("bob");

        string renewed = (await host.RenewAsync(id, immediately: true))!;

        Assert.Null(await host.WhoAsync(id));
        Assert.Equal("alice", await host.WhoAsync(renewed));
        Assert.Equal("alice", await host.WhoAsync(phone));
        Assert.Equal("bob", await host.WhoAsync(bob));
        Assert.Equal(0, host.EventCount(4));
    }

    [Fact]
    public async Task RefusesPendingAndPreviousIdsToo()
    {
        var host = new SessionHost();
        string previous = await host.SeenAsync();
        string current = await host.RotateAsync(previous);
        host.Clock.Advance(RenewalTimes.Grace);
        string pending = (await host.RenewAsync(current))!;

        string renewed = (await host.RenewAsync(current, immediately: true))!;

        Assert.Null(await host.WhoAsync(previous));
        Assert.Null(await host.WhoAsync(current));
        Assert.Null(await host.WhoAsync(pending));
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Fact]
    public async Task WorksWithAPendingId()
    {
        var host = new SessionHost();
        string pending = (await host.RenewAsync(await host.SeenAsync()))!;

        string renewed = (await host.RenewAsync(pending, immediately: true))!;

        Assert.Null(await host.WhoAsync(pending));
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Fact]
    public async Task KeepsItsRequestSignedIn()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SeenAsync());
        Assert.True(await exchange.Session.RenewAsync(immediately: true));

        Assert.Equal("alice", (await exchange.Session.GetAsync(reload: true))?.UserId);
        Assert.True(await exchange.Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.True(await exchange.Session.RenewAsync(immediately: true));
        Assert.Single(exchange.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(exchange.SentId));
    }

    [Fact]
    [Trait("abuse", "D5")]
    public async Task HasOneWinnerAmongParallelCallersAndTheLosersGetFalse()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var gate = new Gate();
        int updating = 0;
        host.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var slow = host.Request(id);
        var losing = slow.Session.RenewAsync(immediately: true).AsTask();
        await gate.Reached;
        var fast = host.Request(id);
        Assert.True(await fast.Session.RenewAsync(immediately: true));
        gate.Open();

        Assert.False(await losing);
        Assert.Null(slow.SentId);
        Assert.Null(await slow.Session.GetAsync());
        Assert.Equal("alice", await host.WhoAsync(fast.SentId));
    }

    [Fact]
    public async Task StillReplacesTheIdDuringAParallelOrdinaryRenewal()
    {
        // The ordinary renewal changes the rotors that the immediate one has read. That is a conflict, not a lost race.
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var gate = new Gate();
        int updating = 0;
        host.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var exchange = host.Request(id);
        var replacing = exchange.Session.RenewAsync(immediately: true).AsTask();
        await gate.Reached;
        string pending = (await host.RenewAsync(id))!;
        gate.Open();

        Assert.True(await replacing);
        Assert.Null(await host.WhoAsync(id));
        Assert.Null(await host.WhoAsync(pending));
        Assert.Equal("alice", await host.WhoAsync(exchange.SentId));
    }

    [Fact]
    [Trait("abuse", "D5")]
    public async Task HasOneWinnerInRandomRaces()
    {
        var host = new SessionHost();
        for (int round = 0; round < 200; round++)
        {
            string id = await host.SeenAsync($"user{round}");

            var outcomes = await SideBySide.RunAsync(4, async _ =>
            {
                var exchange = host.Request(id);
                return (Won: await exchange.Session.RenewAsync(immediately: true), exchange.SentId);
            });

            var winner = Assert.Single(outcomes, outcome => outcome.Won);
            Assert.All(outcomes, outcome => Assert.Equal(outcome.Won, outcome.SentId is not null));
            Assert.Equal($"user{round}", await host.WhoAsync(winner.SentId));
            Assert.Null(await host.WhoAsync(id));
        }
    }
}
