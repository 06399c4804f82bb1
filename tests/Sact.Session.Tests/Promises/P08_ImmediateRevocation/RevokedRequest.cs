namespace Sact.Session.Tests;

public sealed class RevokedRequest
{
    /// <summary>
    /// A thief's slow request has read the session before the owner ended it. It must neither end nor list the owner's sessions.
    /// </summary>
    [Fact]
    [Trait("abuse", "C9")]
    public async Task NeitherListsNorEndsTheSessionsOfItsRevoker()
    {
        var host = new SessionHost();
        string owner = await host.SignInAsync();
        var thief = host.Request(await host.SignInAsync());
        Assert.NotNull(await thief.Session.GetAsync());
        Assert.Equal(1, await host.Request(owner).Session.DeleteOtherSessionsAsync());

        Assert.Empty(await thief.Session.GetActiveSessionsAsync());
        Assert.Equal(0, await thief.Session.DeleteOtherSessionsAsync());
        Assert.False(await thief.Session.DeleteSessionAsync(host.Store.GetSessionKey(owner)));

        Assert.Equal("alice", await host.WhoAsync(owner));
    }

    /// <summary>A response that never starts does not mean a short request. A hub on long polling keeps one open for hours.</summary>
    [Fact]
    [Trait("abuse", "I6")]
    public async Task IsDetectedHalfAMinuteLaterEvenIfItsResponseNeverStarts()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var hub = host.Request(id);
        Assert.NotNull(await hub.Session.GetAsync());
        await host.Request(id).Session.DeleteAsync();

        host.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Null(await hub.Session.GetAsync());
    }

    /// <summary>The time of day may be corrected by hours while the request runs.</summary>
    [Fact]
    [Trait("abuse", "I6")]
    public async Task IsDetectedThoughTheClockWasSetBack()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var hub = host.Request(id);
        Assert.NotNull(await hub.Session.GetAsync());
        await host.Request(id).Session.DeleteAsync();

        host.Clock.AdjustTime(host.Clock.GetUtcNow() - TimeSpan.FromHours(1));
        host.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Null(await hub.Session.GetAsync());
    }
}
