namespace Sact.Session.Tests;

/// <summary>Rule 4: replacing at once refuses the old id from then on; of parallel callers the losers get false.</summary>
[Trait("abuse", "C12")]
[Trait("abuse", "C12e")]
public sealed class ImmediateRenewal
{
    [Fact]
    public async Task RefusesTheOldIdAtOnceAndNobodyElse()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string phone = await bed.SeenAsync();
        string bob = await bed.SeenAsync("bob");

        string renewed = (await bed.RenewAsync(id, immediately: true))!;

        Assert.Null(await bed.WhoAsync(id));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
        Assert.Equal("alice", await bed.WhoAsync(phone));
        Assert.Equal("bob", await bed.WhoAsync(bob));
        Assert.Equal(0, bed.EventCount(4));
    }

    [Fact]
    public async Task RefusesPendingAndPreviousToo()
    {
        var bed = new Bed();
        string previous = await bed.SeenAsync();
        string current = await bed.RotateAsync(previous);
        bed.Clock.Advance(SecretsBed.Grace);
        string pending = (await bed.RenewAsync(current))!;

        string renewed = (await bed.RenewAsync(current, immediately: true))!;

        Assert.Null(await bed.WhoAsync(previous));
        Assert.Null(await bed.WhoAsync(current));
        Assert.Null(await bed.WhoAsync(pending));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Fact]
    public async Task ByAPendingIdWorks()
    {
        var bed = new Bed();
        string pending = (await bed.RenewAsync(await bed.SeenAsync()))!;

        string renewed = (await bed.RenewAsync(pending, immediately: true))!;

        Assert.Null(await bed.WhoAsync(pending));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Fact]
    public async Task LeavesItsOwnRequestSignedIn()
    {
        var bed = new Bed();
        var exchange = bed.Request(await bed.SeenAsync());
        Assert.True(await exchange.Session.RenewAsync(immediately: true));

        Assert.Equal("alice", (await exchange.Session.GetAsync(reload: true))?.UserId);
        Assert.True(await exchange.Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.True(await exchange.Session.RenewAsync(immediately: true));
        Assert.Single(exchange.SetCookies);
        Assert.Equal("alice", await bed.WhoAsync(exchange.SentId));
    }

    [Fact]
    [Trait("abuse", "D5")]
    public async Task HasOneWinnerAmongParallelCallersAndTheLosersGetFalse()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var gate = new Gate();
        int updating = 0;
        bed.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var slow = bed.Request(id);
        var losing = slow.Session.RenewAsync(immediately: true).AsTask();
        await gate.Reached;
        var fast = bed.Request(id);
        Assert.True(await fast.Session.RenewAsync(immediately: true));
        gate.Open();

        Assert.False(await losing);
        Assert.Null(slow.SentId);
        Assert.Null(await slow.Session.GetAsync());
        Assert.Equal("alice", await bed.WhoAsync(fast.SentId));
    }

    [Fact]
    public async Task MeetingAParallelOrdinaryRenewalStillReplaces()
    {
        // The ordinary one changes the rotors this one was decided upon; that is a conflict, not a loss.
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var gate = new Gate();
        int updating = 0;
        bed.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var exchange = bed.Request(id);
        var replacing = exchange.Session.RenewAsync(immediately: true).AsTask();
        await gate.Reached;
        string pending = (await bed.RenewAsync(id))!;
        gate.Open();

        Assert.True(await replacing);
        Assert.Null(await bed.WhoAsync(id));
        Assert.Null(await bed.WhoAsync(pending));
        Assert.Equal("alice", await bed.WhoAsync(exchange.SentId));
    }

    [Fact]
    [Trait("abuse", "D5")]
    public async Task AtRandomHasOneWinner()
    {
        var bed = new Bed();
        for (int round = 0; round < 200; round++)
        {
            string id = await bed.SeenAsync($"user{round}");

            var outcomes = await SecretsBed.SideBySide(4, async _ =>
            {
                var exchange = bed.Request(id);
                return (Won: await exchange.Session.RenewAsync(immediately: true), exchange.SentId);
            });

            var winner = Assert.Single(outcomes, outcome => outcome.Won);
            Assert.All(outcomes, outcome => Assert.Equal(outcome.Won, outcome.SentId is not null));
            Assert.Equal($"user{round}", await bed.WhoAsync(winner.SentId));
            Assert.Null(await bed.WhoAsync(id));
        }
    }
}
