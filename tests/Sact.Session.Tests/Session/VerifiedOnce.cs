namespace Sact.Session.Tests;

/// <summary>Rule 6: an id verified once in a request stays verified for that request. Later reads look at liveness, lineage and step-ups, not at the rotor.</summary>
[Trait("abuse", "C12")]
public sealed class VerifiedOnce
{
    [Fact]
    [Trait("abuse", "C12j")]
    public async Task AnOpenStreamLivesThroughRenewalsElsewhere()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var stream = bed.Request(id);
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        for (int hour = 0; hour < 5; hour++)
        {
            bed.Clock.Advance(TimeSpan.FromHours(1));
            id = await bed.RotateAsync(id);
            Assert.Equal("alice", (await stream.Session.GetAsync())?.UserId);
            Assert.True(await stream.Session.UpdateAsync(new() { ["hour"] = hour }));
        }

        Assert.Equal((0, 0), (bed.EventCount(3), bed.EventCount(4)));
    }

    [Fact]
    [Trait("abuse", "C12e")]
    public async Task AnOpenStreamIsSignedOutByAnImmediateReplacementElsewhere()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var stream = bed.Request(id);
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        string renewed = (await bed.RenewAsync(id, immediately: true))!;

        Assert.Null(await stream.Session.GetAsync());
        Assert.False(await stream.Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.Equal(0, await stream.Session.DeleteOtherSessionsAsync());
        Assert.Equal("alice", await bed.WhoAsync(renewed));
        Assert.False((await bed.RecordOf(renewed))!.Fields.Contains("n"));
        Assert.Equal(0, bed.EventCount(4));
    }

    [Fact]
    public async Task AnOpenStreamIsSignedOutByASignOutElsewhere()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var stream = bed.Request(id);
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        await bed.Request(id).Session.DeleteAsync();

        Assert.Null(await stream.Session.GetAsync());
        Assert.False(await stream.Session.UpdateAsync(new() { ["n"] = 1 }));
    }

    [Fact]
    public async Task AnOpenStreamIsSignedOutAtTheAbsoluteDeadlineAndKeptAliveUntilThen()
    {
        var bed = new Bed();
        var stream = bed.Request(await bed.SeenAsync());
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        for (int day = 1; day < 28; day++)
        {
            bed.Clock.Advance(TimeSpan.FromDays(1));
            Assert.NotNull(await stream.Session.GetAsync());
        }

        bed.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await stream.Session.GetAsync());
    }

    [Fact]
    public async Task AnOpenStreamReadsEveryTimeItIsAsked()
    {
        var bed = new Bed();
        var stream = bed.Request(await bed.SeenAsync());
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();
        bed.Store.Reset();

        await stream.Session.GetAsync();
        await stream.Session.GetAsync();

        Assert.Equal(["get", "get"], bed.Store.Calls);
    }

    [Fact]
    public async Task ReloadingLooksAtTheSessionNotAtTheRotor()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var slow = bed.Request(id);
        Assert.NotNull(await slow.Session.GetAsync());
        await bed.RotateAsync(id);
        bed.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("alice", (await slow.Session.GetAsync(reload: true))?.UserId);
        Assert.Equal(0, bed.EventCount(4));
    }

    [Fact]
    public async Task AnotherSessionUnderTheKeyIsNotTakenForTheVerifiedOne()
    {
        // A broken client library that answers with another caller's record, between two reads of one request.
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var slow = bed.Request(id);
        Assert.NotNull(await slow.Session.GetAsync());
        var other = Handmade.Record(bed, Forged.LineageOnly(id), SessionState.SignedIn, "mallory");
        bed.Store.Substitute = (_, _) => other;

        Assert.Null(await slow.Session.GetAsync(reload: true));
        Assert.Equal(1, bed.EventCount(13));
    }

    [Fact]
    public async Task AnUnverifiedIdIsJudgedAnewAtEachReload()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        await bed.RotateAsync(old);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        var exchange = bed.Request(old);
        Assert.Null(await exchange.Session.GetAsync());
        bed.Clock.Advance(SecretsBed.ReplayMargin);

        Assert.Null(await exchange.Session.GetAsync(reload: true));
        Assert.Equal(1, bed.EventCount(4));
    }
}
