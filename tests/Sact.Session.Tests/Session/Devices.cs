using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session.Tests;

/// <summary>The signed-in user lists sessions, and ends one, the others or all.</summary>
[Trait("abuse", "C9")]
public sealed class Devices
{
    [Fact]
    public async Task AreListedLastSeenFirstWithTheCurrentOneMarked()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync("alice");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        string laptop = await host.SeenAsync("alice");
        await host.SeenAsync("bob");

        var devices = await host.Request(phone).Session.GetActiveSessionsAsync();

        Assert.Equal([host.Store.GetSessionKey(laptop), host.Store.GetSessionKey(phone)], devices.Select(device => device.Key));
        Assert.Equal([false, true], devices.Select(device => device.IsCurrent));
        Assert.All(devices, device => Assert.Equal("alice", device.UserId));
    }

    [Fact]
    public async Task ThatAreExpiredAreNotListed()
    {
        var host = new SessionHost();
        await host.SeenAsync("alice");
        host.Clock.Advance(TimeSpan.FromDays(7));
        string laptop = await host.SeenAsync("alice");

        Assert.Single(await host.Request(laptop).Session.GetActiveSessionsAsync());
    }

    [Fact]
    public async Task CanBeEndedByKey()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync("alice");
        string laptop = await host.SeenAsync("alice");
        var exchange = host.Request(laptop);

        Assert.True(await exchange.Session.DeleteSessionAsync(host.Store.GetSessionKey(phone)));
        Assert.False(await exchange.Session.DeleteSessionAsync(host.Store.GetSessionKey(phone)));

        Assert.Null(await host.WhoAsync(phone));
        Assert.Equal("alice", await host.WhoAsync(laptop));
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    public async Task OfAnotherUserAreAnsweredLikeUnknownOnes()
    {
        var host = new SessionHost();
        string mallorys = await host.SeenAsync("mallory");
        string alices = await host.SeenAsync("alice");
        var stored = await host.RecordOf(alices);
        host.Store.Reset();
        var another = host.Request(mallorys);
        Assert.False(await another.Session.DeleteSessionAsync(host.Store.GetSessionKey(alices)));
        var callsForAnother = host.Store.Calls;
        host.Store.Reset();
        var unknown = host.Request(mallorys);

        Assert.False(await unknown.Session.DeleteSessionAsync(host.Store.GetSessionKey(host.Store.CreateSessionId("alice"))));

        // The same calls and the same answer: nothing shows whether such a session exists.
        Assert.Equal(callsForAnother, host.Store.Calls);
        Assert.Equal(unknown.Sent.Select(header => header.ToString()), another.Sent.Select(header => header.ToString()));
        Assert.Same(stored, await host.RecordOf(alices));
    }

    [Fact]
    public async Task CannotBeListedOrEndedByAVisitor()
    {
        var host = new SessionHost();
        string alices = await host.SeenAsync("alice");

        Assert.Empty(await host.Request().Session.GetActiveSessionsAsync());
        Assert.False(await host.Request().Session.DeleteSessionAsync(host.Store.GetSessionKey(alices)));
        Assert.Equal(0, await host.Request().Session.DeleteOtherSessionsAsync());
        Assert.Equal(0, await host.Request().Session.DeleteAllSessionsAsync());

        Assert.Empty(host.Store.Calls);
    }

    [Fact]
    [Trait("abuse", "C11")]
    public async Task ADefaultKeyThrowsAnArgumentException()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Request(id).Session.DeleteSessionAsync(default));
        Assert.Empty(host.Store.Calls);
    }

    [Fact]
    public async Task EndingTheCurrentOneByKeySignsOut()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var exchange = host.Request(id);

        Assert.True(await exchange.Session.DeleteSessionAsync(host.Store.GetSessionKey(id)));

        Assert.Equal("", exchange.SentId);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    public async Task EndingTheOthersKeepsTheCurrentOne()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync("alice");
        string laptop = await host.SeenAsync("alice");
        string bobs = await host.SeenAsync("bob");
        var exchange = host.Request(laptop);

        Assert.Equal(1, await exchange.Session.DeleteOtherSessionsAsync());

        Assert.Null(await host.WhoAsync(phone));
        Assert.Equal("alice", await host.WhoAsync(laptop));
        Assert.Equal("bob", await host.WhoAsync(bobs));
        Assert.Empty(exchange.SetCookies);
        Assert.NotNull(await exchange.Session.GetAsync());
    }

    [Fact]
    public async Task EndingAllEndsTheCurrentOneAndDeletesTheCookie()
    {
        var host = new SessionHost();
        string phone = await host.SeenAsync("alice");
        string laptop = await host.SeenAsync("alice");
        string bobs = await host.SeenAsync("bob");
        var exchange = host.Request(laptop);

        Assert.Equal(2, await exchange.Session.DeleteAllSessionsAsync());

        Assert.Equal("", exchange.SentId);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Null(await host.WhoAsync(phone));
        Assert.Null(await host.WhoAsync(laptop));
        Assert.Equal("bob", await host.WhoAsync(bobs));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("delete_user")]
    public async Task EndingAllDeletesTheCookieEvenIfTheStoreFails(string failing)
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        host.Store.Before = (verb, _) => verb == failing ? throw new SessionStoreException("down") : ValueTask.CompletedTask;
        var exchange = host.Request(id);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await exchange.Session.DeleteAllSessionsAsync());

        Assert.Equal("", exchange.SentId);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("anonymous")]
    public async Task EndingAllWithoutAUserDeletesTheCookieOnce(string who)
    {
        var host = new SessionHost();
        string? id = null;
        if (who == "anonymous")
        {
            var visitor = host.Request();
            await visitor.Session.StartAsync();
            id = visitor.SentId;
        }

        var exchange = host.Request(id);
        exchange.Context.Features.Set<IHttpResponseFeature>(new Started());
        await exchange.Session.DeleteAllSessionsAsync();

        // Every attempt to delete a cookie after the response has started is logged.
        Assert.Single(host.Events, e => e.Id.Name == "CookieNotDeleted");
    }

    private sealed class Started : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
