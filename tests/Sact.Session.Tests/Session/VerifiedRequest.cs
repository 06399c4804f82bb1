namespace Sact.Session.Tests;

/// <summary>
/// Rule 6: an id that a request has verified stays verified for that request. Later reads check liveness, lineage and step-ups, but not the
/// rotor.
/// </summary>
[Trait("abuse", "C12")]
public sealed class VerifiedRequest
{
    [Fact]
    [Trait("abuse", "C12j")]
    public async Task AnOpenStreamStaysSignedInThroughRenewals()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var stream = host.Request(id);
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        for (int hour = 0; hour < 5; hour++)
        {
            host.Clock.Advance(TimeSpan.FromHours(1));
            id = await host.RotateAsync(id);
            Assert.Equal("alice", (await stream.Session.GetAsync())?.UserId);
            Assert.True(await stream.Session.UpdateAsync(new() { ["hour"] = hour }));
        }

        Assert.Equal((0, 0), (host.EventCount(3), host.EventCount(4)));
    }

    [Fact]
    [Trait("abuse", "C12e")]
    public async Task AnOpenStreamIsSignedOutByAnImmediateRenewal()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var stream = host.Request(id);
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        string renewed = (await host.RenewAsync(id, immediately: true))!;

        Assert.Null(await stream.Session.GetAsync());
        Assert.False(await stream.Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.Equal(0, await stream.Session.DeleteOtherSessionsAsync());
        Assert.Equal("alice", await host.WhoAsync(renewed));
        Assert.False((await host.RecordOf(renewed))!.Fields.Contains("n"));
        Assert.Equal(0, host.EventCount(4));
    }

    [Fact]
    public async Task AnOpenStreamIsSignedOutByASignOut()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var stream = host.Request(id);
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        await host.Request(id).Session.DeleteAsync();

        Assert.Null(await stream.Session.GetAsync());
        Assert.False(await stream.Session.UpdateAsync(new() { ["n"] = 1 }));
    }

    [Fact]
    public async Task AnOpenStreamIsSignedOutAtTheAbsoluteDeadlineAndKeptAliveUntilThen()
    {
        var host = new SessionHost();
        var stream = host.Request(await host.SeenAsync());
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();

        for (int day = 1; day < 28; day++)
        {
            host.Clock.Advance(TimeSpan.FromDays(1));
            Assert.NotNull(await stream.Session.GetAsync());
        }

        host.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await stream.Session.GetAsync());
    }

    [Fact]
    public async Task AnOpenStreamReadsTheStoreEachTime()
    {
        var host = new SessionHost();
        var stream = host.Request(await host.SeenAsync());
        Assert.NotNull(await stream.Session.GetAsync());
        stream.StartResponse();
        host.Store.Reset();

        await stream.Session.GetAsync();
        await stream.Session.GetAsync();

        Assert.Equal(["get", "get"], host.Store.Calls);
    }

    [Fact]
    public async Task AReloadChecksTheSessionAndNotTheRotor()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var slow = host.Request(id);
        Assert.NotNull(await slow.Session.GetAsync());
        await host.RotateAsync(id);
        host.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("alice", (await slow.Session.GetAsync(reload: true))?.UserId);
        Assert.Equal(0, host.EventCount(4));
    }

    [Fact]
    public async Task AnotherSessionUnderTheSameKeyIsRefused()
    {
        // A faulty client library returns another caller's record at the second read of a request.
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var slow = host.Request(id);
        Assert.NotNull(await slow.Session.GetAsync());
        var other = Handmade.Record(host, Forged.LineageOnly(id), SessionState.SignedIn, "mallory");
        host.Store.Substitute = (_, _) => other;

        Assert.Null(await slow.Session.GetAsync(reload: true));
        Assert.Equal(1, host.EventCount(13));
    }

    [Fact]
    public async Task AnUnverifiedIdIsCheckedAgainAtEachReload()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        await host.RotateAsync(old);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var exchange = host.Request(old);
        Assert.Null(await exchange.Session.GetAsync());
        host.Clock.Advance(RenewalTimes.ReplayMargin);

        Assert.Null(await exchange.Session.GetAsync(reload: true));
        Assert.Equal(1, host.EventCount(4));
    }
}
