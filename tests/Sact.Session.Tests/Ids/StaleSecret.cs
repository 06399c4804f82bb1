namespace Sact.Session.Tests;

/// <summary>Rule 3: a matching lineage with a rotor that is not good is refused, and past the margin is a replayed secret.</summary>
[Trait("abuse", "C12")]
public sealed class StaleSecret
{
    [Fact]
    [Trait("abuse", "C12b")]
    public async Task IsGoodForTheGraceAndNotOneInstantLonger()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        await bed.RotateAsync(old);

        bed.Clock.Advance(SecretsBed.Grace - TimeSpan.FromMilliseconds(1));
        Assert.Equal("alice", await bed.WhoAsync(old));

        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await bed.WhoAsync(old));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task IsRefusedWithoutEndingTheSessionUpToTheMargin()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string renewed = await bed.RotateAsync(old);
        bed.Clock.Advance(SecretsBed.ReplayMargin);
        var stands = await bed.RecordOf(old);
        bed.Store.Reset();

        Assert.Null(await bed.WhoAsync(old));

        Assert.Equal(["get"], bed.Store.Calls);
        Assert.Same(stands, await bed.RecordOf(old));
        Assert.Equal((1, 0), (bed.EventCount(3), bed.EventCount(4)));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task EndsTheSessionPastTheMarginWithOneEventAndOneCount()
    {
        using var meters = new Meters();
        var bed = new Bed(options => options.MeterFactory = meters);
        string old = await bed.SeenAsync();
        string renewed = await bed.RotateAsync(old);
        bed.Clock.Advance(SecretsBed.ReplayMargin + TimeSpan.FromMilliseconds(1));
        bed.Store.Reset();

        Assert.Null(await bed.WhoAsync(old));

        Assert.Equal(["get", "delete"], bed.Store.Calls);
        Assert.Null(await bed.RecordOf(old));
        Assert.Null(await bed.WhoAsync(renewed));
        Assert.Null(await bed.WhoAsync(old));
        Assert.Equal(1, bed.EventCount(4));
        Assert.Equal(1, meters.Sum("sact.session.replayed"));
        Assert.Equal(1, meters.Sum("sact.session.ended"));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task ReplayedTwiceAtOnceIsStillOneEventAndOneCount()
    {
        using var meters = new Meters();
        var bed = new Bed(options => options.MeterFactory = meters);
        string old = await bed.SeenAsync();
        await bed.RotateAsync(old);
        bed.Clock.Advance(SecretsBed.ReplayMargin + SecretsBed.Second);
        var gate = new Gate();
        int deleting = 0;
        bed.Store.Before = async (verb, _) =>
        {
            // The first to end the session waits until the second has read it too.
            if (verb == "delete" && Interlocked.Increment(ref deleting) == 1)
            {
                await gate.PassAsync();
            }
        };

        var first = bed.WhoAsync(old);
        await gate.Reached;
        Assert.Null(await bed.WhoAsync(old));
        gate.Open();

        Assert.Null(await first);
        Assert.Equal(2, bed.Store.Count("delete"));
        Assert.Equal(1, bed.EventCount(4));
        Assert.Equal(1, meters.Sum("sact.session.replayed"));
        Assert.Equal(1, meters.Sum("sact.session.ended"));
    }

    [Theory]
    [Trait("abuse", "C12c")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OfThreeRenewalsAgoIsKnownAllTheSame(bool pastTheMargin)
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string id = old;
        for (int i = 0; i < 3; i++)
        {
            bed.Clock.Advance(TimeSpan.FromMinutes(1));
            id = await bed.RotateAsync(id);
        }

        bed.Clock.Advance(pastTheMargin ? TimeSpan.FromMinutes(11) : SecretsBed.Second);

        Assert.Null(await bed.WhoAsync(old));
        Assert.Equal(pastTheMargin ? null : "alice", await bed.WhoAsync(id));
        Assert.Equal(pastTheMargin ? 1 : 0, bed.EventCount(4));
    }

    [Fact]
    public async Task ThatWasNeverGoodCountsFromTheCreation()
    {
        // Without a renewal there is no promotion to count from.
        var bed = new Bed();
        string id = await bed.SeenAsync();

        bed.Clock.Advance(SecretsBed.ReplayMargin);
        Assert.Null(await bed.WhoAsync(Forged.Rotor(id)));
        Assert.Equal("alice", await bed.WhoAsync(id));

        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await bed.WhoAsync(Forged.Rotor(id)));
        Assert.Null(await bed.WhoAsync(id));
        Assert.Equal(1, bed.EventCount(4));
    }

    [Fact]
    public async Task IsRefusedEvenIfTheStoreCannotEndTheSession()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string renewed = await bed.RotateAsync(old);
        bed.Clock.Advance(TimeSpan.FromHours(1));
        bed.Store.Before = (verb, _) => verb == "delete" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;

        Assert.Null(await bed.WhoAsync(old));
        Assert.Equal((0, 1), (bed.EventCount(4), bed.EventCount(18)));

        bed.Store.Before = null;
        Assert.Equal("alice", await bed.WhoAsync(renewed));
        Assert.Null(await bed.WhoAsync(old));
        Assert.Null(await bed.WhoAsync(renewed));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("renew")]
    [InlineData("sign out")]
    [InlineData("end others")]
    public async Task ChangesAndEndsNothingWithinTheMargin(string call)
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        await bed.RotateAsync(old);
        await bed.SignInAsync("alice");
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        var stands = await bed.RecordOf(old);
        bed.Store.Reset();
        var session = bed.Request(old).Session;

        switch (call)
        {
            case "update": Assert.False(await session.UpdateAsync(new() { ["n"] = 1 })); break;
            case "renew": Assert.False(await session.RenewAsync()); break;
            case "sign out": await session.DeleteAsync(); break;
            default: Assert.Equal(0, await session.DeleteOtherSessionsAsync()); break;
        }

        Assert.Equal(["get"], bed.Store.Calls);
        Assert.Same(stands, await bed.RecordOf(old));
        Assert.Equal(2, await bed.Memory.CountActiveSessionsAsync());
    }
}
