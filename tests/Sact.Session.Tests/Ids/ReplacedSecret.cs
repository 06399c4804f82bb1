namespace Sact.Session.Tests;

/// <summary>
/// Rule 3: a matching lineage with a rotor that is no longer valid is refused. After the replay margin it is a replayed secret.
/// </summary>
[Trait("abuse", "C12")]
public sealed class ReplacedSecret
{
    [Fact]
    [Trait("abuse", "C12b")]
    public async Task IsValidForTheGraceAndNotOneInstantLonger()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        await host.RotateAsync(old);

        host.Clock.Advance(RenewalTimes.Grace - TimeSpan.FromMilliseconds(1));
        Assert.Equal("alice", await host.WhoAsync(old));

        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await host.WhoAsync(old));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task IsRefusedWithoutEndingTheSessionUntilTheReplayMargin()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string renewed = await host.RotateAsync(old);
        host.Clock.Advance(RenewalTimes.ReplayMargin);
        var stored = await host.RecordOf(old);
        host.Store.Reset();

        Assert.Null(await host.WhoAsync(old));

        Assert.Equal(["get"], host.Store.Calls);
        Assert.Same(stored, await host.RecordOf(old));
        Assert.Equal((1, 0), (host.EventCount(3), host.EventCount(4)));
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task EndsTheSessionAfterTheReplayMarginWithOneEventAndOneCount()
    {
        using var meters = new SummingMeterFactory();
        var host = new SessionHost(options => options.MeterFactory = meters);
        string old = await host.SeenAsync();
        string renewed = await host.RotateAsync(old);
        host.Clock.Advance(RenewalTimes.ReplayMargin + TimeSpan.FromMilliseconds(1));
        host.Store.Reset();

        Assert.Null(await host.WhoAsync(old));

        Assert.Equal(["get", "delete"], host.Store.Calls);
        Assert.Null(await host.RecordOf(old));
        Assert.Null(await host.WhoAsync(renewed));
        Assert.Null(await host.WhoAsync(old));
        Assert.Equal(1, host.EventCount(4));
        Assert.Equal(1, meters.Sum("sact.session.replayed"));
        Assert.Equal(1, meters.Sum("sact.session.ended"));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task ReplayedTwiceInParallelCausesOneEventAndOneCount()
    {
        using var meters = new SummingMeterFactory();
        var host = new SessionHost(options => options.MeterFactory = meters);
        string old = await host.SeenAsync();
        await host.RotateAsync(old);
        host.Clock.Advance(RenewalTimes.ReplayMargin + RenewalTimes.Second);
        var gate = new Gate();
        int deleting = 0;
        host.Store.Before = async (verb, _) =>
        {
            // The first request to end the session waits until the second has read it.
            if (verb == "delete" && Interlocked.Increment(ref deleting) == 1)
            {
                await gate.PassAsync();
            }
        };

        var first = host.WhoAsync(old);
        await gate.Reached;
        Assert.Null(await host.WhoAsync(old));
        gate.Open();

        Assert.Null(await first);
        Assert.Equal(2, host.Store.Count("delete"));
        Assert.Equal(1, host.EventCount(4));
        Assert.Equal(1, meters.Sum("sact.session.replayed"));
        Assert.Equal(1, meters.Sum("sact.session.ended"));
    }

    [Theory]
    [Trait("abuse", "C12c")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ThreeRenewalsOldIsStillRecognised(bool pastTheMargin)
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string id = old;
        for (int i = 0; i < 3; i++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            id = await host.RotateAsync(id);
        }

        host.Clock.Advance(pastTheMargin ? TimeSpan.FromMinutes(11) : RenewalTimes.Second);

        Assert.Null(await host.WhoAsync(old));
        Assert.Equal(pastTheMargin ? null : "alice", await host.WhoAsync(id));
        Assert.Equal(pastTheMargin ? 1 : 0, host.EventCount(4));
    }

    [Fact]
    public async Task WithoutARenewalTheReplayMarginCountsFromTheCreation()
    {
        // Without a renewal there is no promotion to count from.
        var host = new SessionHost();
        string id = await host.SeenAsync();

        host.Clock.Advance(RenewalTimes.ReplayMargin);
        Assert.Null(await host.WhoAsync(Forged.Rotor(id)));
        Assert.Equal("alice", await host.WhoAsync(id));

        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await host.WhoAsync(Forged.Rotor(id)));
        Assert.Null(await host.WhoAsync(id));
        Assert.Equal(1, host.EventCount(4));
    }

    [Fact]
    public async Task IsRefusedEvenIfTheStoreCannotEndTheSession()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string renewed = await host.RotateAsync(old);
        host.Clock.Advance(TimeSpan.FromHours(1));
        host.Store.Before = (verb, _) => verb == "delete" ? throw new SessionStoreException("down") : ValueTask.CompletedTask;

        Assert.Null(await host.WhoAsync(old));
        Assert.Equal((0, 1), (host.EventCount(4), host.EventCount(18)));

        host.Store.Before = null;
        Assert.Equal("alice", await host.WhoAsync(renewed));
        Assert.Null(await host.WhoAsync(old));
        Assert.Null(await host.WhoAsync(renewed));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("renew")]
    [InlineData("sign out")]
    [InlineData("end others")]
    public async Task ChangesAndEndsNothingWithinTheReplayMargin(string call)
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        await host.RotateAsync(old);
        await host.SignInAsync("alice");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var stored = await host.RecordOf(old);
        host.Store.Reset();
        var session = host.Request(old).Session;

        switch (call)
        {
            case "update": Assert.False(await session.UpdateAsync(new() { ["n"] = 1 })); break;
            case "renew": Assert.False(await session.RenewAsync()); break;
            case "sign out": await session.DeleteAsync(); break;
            default: Assert.Equal(0, await session.DeleteOtherSessionsAsync()); break;
        }

        Assert.Equal(["get"], host.Store.Calls);
        Assert.Same(stored, await host.RecordOf(old));
        Assert.Equal(2, await host.Memory.CountActiveSessionsAsync());
    }
}
