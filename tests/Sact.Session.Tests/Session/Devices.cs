using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session.Tests;

/// <summary>The signed-in user's own sessions: listing them, ending one, the others, or all.</summary>
[Trait("abuse", "C9")]
public sealed class Devices
{
    [Fact]
    public async Task AreTheUsersOwnLastSeenFirstWithThisOneMarked()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync("alice");
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        string laptop = await bed.SeenAsync("alice");
        await bed.SeenAsync("bob");

        var devices = await bed.Request(phone).Session.GetActiveSessionsAsync();

        Assert.Equal([bed.Store.GetSessionKey(laptop), bed.Store.GetSessionKey(phone)], devices.Select(device => device.Key));
        Assert.Equal([false, true], devices.Select(device => device.IsCurrent));
        Assert.All(devices, device => Assert.Equal("alice", device.UserId));
    }

    [Fact]
    public async Task ThatAreExpiredAreNotListed()
    {
        var bed = new Bed();
        await bed.SeenAsync("alice");
        bed.Clock.Advance(TimeSpan.FromDays(7));
        string laptop = await bed.SeenAsync("alice");

        Assert.Single(await bed.Request(laptop).Session.GetActiveSessionsAsync());
    }

    [Fact]
    public async Task CanBeEndedByKey()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync("alice");
        string laptop = await bed.SeenAsync("alice");
        var exchange = bed.Request(laptop);

        Assert.True(await exchange.Session.DeleteSessionAsync(bed.Store.GetSessionKey(phone)));
        Assert.False(await exchange.Session.DeleteSessionAsync(bed.Store.GetSessionKey(phone)));

        Assert.Null(await bed.WhoAsync(phone));
        Assert.Equal("alice", await bed.WhoAsync(laptop));
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    public async Task OfAnotherUserAreAnsweredLikeUnknownOnes()
    {
        var bed = new Bed();
        string mallorys = await bed.SeenAsync("mallory");
        string alices = await bed.SeenAsync("alice");
        var stands = await bed.RecordOf(alices);
        bed.Store.Reset();
        var another = bed.Request(mallorys);
        Assert.False(await another.Session.DeleteSessionAsync(bed.Store.GetSessionKey(alices)));
        var toldOfAnother = bed.Store.Calls;
        bed.Store.Reset();
        var unknown = bed.Request(mallorys);

        Assert.False(await unknown.Session.DeleteSessionAsync(bed.Store.GetSessionKey(bed.Store.CreateSessionId("alice"))));

        // The same calls, the same answer: nothing tells whether there is such a session.
        Assert.Equal(toldOfAnother, bed.Store.Calls);
        Assert.Equal(unknown.Sent.Select(header => header.ToString()), another.Sent.Select(header => header.ToString()));
        Assert.Same(stands, await bed.RecordOf(alices));
    }

    [Fact]
    public async Task OfNobodyCannotBeListedOrEnded()
    {
        var bed = new Bed();
        string alices = await bed.SeenAsync("alice");

        Assert.Empty(await bed.Request().Session.GetActiveSessionsAsync());
        Assert.False(await bed.Request().Session.DeleteSessionAsync(bed.Store.GetSessionKey(alices)));
        Assert.Equal(0, await bed.Request().Session.DeleteOtherSessionsAsync());
        Assert.Equal(0, await bed.Request().Session.DeleteAllSessionsAsync());

        Assert.Empty(bed.Store.Calls);
    }

    [Fact]
    [Trait("abuse", "C11")]
    public async Task ADefaultKeyIsAnArgumentException()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        await Assert.ThrowsAsync<ArgumentException>(async () => await bed.Request(id).Session.DeleteSessionAsync(default));
        Assert.Empty(bed.Store.Calls);
    }

    [Fact]
    public async Task TheOwnKeySignsOutCookieAndAll()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var exchange = bed.Request(id);

        Assert.True(await exchange.Session.DeleteSessionAsync(bed.Store.GetSessionKey(id)));

        Assert.Equal("", exchange.SentId);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    public async Task OthersEndAndThisOneStays()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync("alice");
        string laptop = await bed.SeenAsync("alice");
        string bobs = await bed.SeenAsync("bob");
        var exchange = bed.Request(laptop);

        Assert.Equal(1, await exchange.Session.DeleteOtherSessionsAsync());

        Assert.Null(await bed.WhoAsync(phone));
        Assert.Equal("alice", await bed.WhoAsync(laptop));
        Assert.Equal("bob", await bed.WhoAsync(bobs));
        Assert.Empty(exchange.SetCookies);
        Assert.NotNull(await exchange.Session.GetAsync());
    }

    [Fact]
    public async Task AllEndThisOneTooAndTheCookieGoes()
    {
        var bed = new Bed();
        string phone = await bed.SeenAsync("alice");
        string laptop = await bed.SeenAsync("alice");
        string bobs = await bed.SeenAsync("bob");
        var exchange = bed.Request(laptop);

        Assert.Equal(2, await exchange.Session.DeleteAllSessionsAsync());

        Assert.Equal("", exchange.SentId);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Null(await bed.WhoAsync(phone));
        Assert.Null(await bed.WhoAsync(laptop));
        Assert.Equal("bob", await bed.WhoAsync(bobs));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("delete_user")]
    public async Task AllEndingDeletesTheCookieEvenIfTheStoreFails(string failing)
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        bed.Store.Before = (verb, _) => verb == failing ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = bed.Request(id);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAllSessionsAsync());

        Assert.Equal("", exchange.SentId);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("anonymous")]
    public async Task EndingAllWithoutAUserDeletesTheCookieOnce(string who)
    {
        var bed = new Bed();
        string? id = null;
        if (who == "anonymous")
        {
            var visitor = bed.Request();
            await visitor.Session.StartAsync();
            id = visitor.SentId;
        }

        var exchange = bed.Request(id);
        exchange.Context.Features.Set<IHttpResponseFeature>(new Started());
        await exchange.Session.DeleteAllSessionsAsync();

        // A cookie that can be deleted no more is told of each time it is tried.
        Assert.Single(bed.Events, e => e.Id.Name == "CookieNotDeleted");
    }

    private sealed class Started : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
