using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>What each thing costs, in calls to the store, exactly.</summary>
public sealed class RoundTrips
{
    [Fact]
    public async Task OfARequestThatDoesNotAskAreNone()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        var exchange = bed.Request(id);

        Assert.Empty(bed.Store.Calls);
        Assert.Empty(exchange.Sent);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("__Host-sid=malformed")]
    [InlineData("__Host-sid=")]
    [InlineData("other=1; another=2")]
    public async Task WithoutAWellFormedCookieAreNoneWhateverIsCalled(string? header)
    {
        var bed = new Bed();
        var session = bed.RequestWithHeader(header).Session;

        Assert.Null(await session.GetAsync());
        Assert.Null(await session.GetAnyAsync(reload: true));
        Assert.False(await session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.False(await session.ModifyAsync<int>("n", n => n + 1));
        Assert.False(await session.RemoveAsync("n"));
        Assert.False(await session.RenewAsync());
        Assert.Empty(await session.GetActiveSessionsAsync());
        Assert.Equal(0, await session.DeleteOtherSessionsAsync());
        await session.DeleteAsync();

        Assert.Empty(bed.Store.Calls);
    }

    [Fact]
    public async Task WithTwoDifferentCookiesAreNone()
    {
        var bed = new Bed();
        string one = await bed.SeenAsync();
        string other = await bed.SeenAsync();

        Assert.Null(await bed.RequestWithHeader($"__Host-sid={one}; __Host-sid={other}").Session.GetAsync());

        Assert.Empty(bed.Store.Calls);
    }

    [Fact]
    public async Task OfAnUnknownIdAreOneRead()
    {
        var bed = new Bed();
        var session = bed.Request(bed.Store.CreateSessionId()).Session;

        Assert.Null(await session.GetAsync());
        Assert.Null(await session.GetAsync());

        Assert.Equal(["get"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfTheFirstPresentationAreAReadAndATouch()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        bed.Store.Reset();

        Assert.NotNull(await bed.WhoAsync(id));

        Assert.Equal(["get", "update"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfAReadAreOneUntilTheTouchIsDue()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await bed.WhoAsync(id));
        Assert.Equal(["get"], bed.Store.Calls);

        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        bed.Store.Reset();
        Assert.NotNull(await bed.WhoAsync(id));
        Assert.Equal(["get", "update"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfAllReadsInOneRequestAreOne()
    {
        var bed = new Bed();
        var session = bed.Request(await bed.SeenAsync()).Session;

        await session.GetAsync();
        await session.GetAnyAsync();
        await Task.WhenAll(session.GetAsync().AsTask(), session.GetAsync().AsTask());

        Assert.Equal(["get"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfAReloadAreOneMore()
    {
        var bed = new Bed();
        var session = bed.Request(await bed.SeenAsync()).Session;

        await session.GetAsync();
        await session.GetAsync(reload: true);

        Assert.Equal(["get", "get"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfAnUpdateAreAReadAndAWriteAndTheRestIsRemembered()
    {
        var bed = new Bed();
        var session = bed.Request(await bed.SeenAsync()).Session;

        Assert.True(await session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.Equal(["get", "update"], bed.Store.Calls);

        Assert.Equal(1, (await session.GetAsync())!.Get<int>("n"));
        Assert.True(await session.ModifyAsync<int>("n", n => n + 1));
        Assert.True(await session.RemoveAsync("n"));
        Assert.Equal(["get", "update", "update", "update"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfASignInAreOne()
    {
        var bed = new Bed();

        await bed.SignInAsync();

        Assert.Equal(["create"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfASignInOverALiveSessionAreThree()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        await bed.Request(id).Session.SetAsync("alice");

        Assert.Equal(["get", "delete", "create"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfASignOutAreTwoEvenOfASessionNeverSeen()
    {
        // What is about to end is not noted as seen.
        var bed = new Bed();
        string id = await bed.SignInAsync();
        bed.Store.Reset();

        await bed.Request(id).Session.DeleteAsync();

        Assert.Equal(["get", "delete"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfARenewalAreTwo()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        await bed.RenewAsync(id);

        Assert.Equal(["get", "update"], bed.Store.Calls);
    }

    [Fact]
    public async Task OfTheDeviceMethodsAreTwoEach()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string other = await bed.SeenAsync();

        await bed.Request(id).Session.GetActiveSessionsAsync();
        Assert.Equal(["get", "list"], bed.Store.Calls);

        bed.Store.Reset();
        await bed.Request(id).Session.DeleteSessionAsync(bed.Store.GetSessionKey(other));
        Assert.Equal(["get", "get", "delete"], bed.Store.Calls);

        bed.Store.Reset();
        await bed.Request(id).Session.DeleteOtherSessionsAsync();
        Assert.Equal(["get", "delete_user"], bed.Store.Calls);

        bed.Store.Reset();
        await bed.Request(id).Session.DeleteAllSessionsAsync();
        Assert.Equal(["get", "delete_user"], bed.Store.Calls);
    }
}

/// <summary>The public constructor: no dependency injection, no middleware, a plain context.</summary>
public sealed class WithoutDependencyInjection
{
    [Fact]
    public async Task ASessionSignsInReadsUpdatesRenewsAndSignsOut()
    {
        var store = new MemoryStore();
        var options = new SactSessionOptions();

        var (login, loginResponse) = Request(null);
        await login.SetAsync("alice", new() { ["role"] = "admin" });
        string id = Sent(loginResponse);

        var (reading, readResponse) = Request(id);
        Assert.Equal(("alice", "admin"), ((await reading.GetAsync())!.UserId, (await reading.GetAsync())!["role"]));
        Assert.Equal(0, readResponse.Headers.SetCookie.Count);

        var (updating, _) = Request(id);
        Assert.True(await updating.UpdateAsync(new() { ["role"] = "user" }));

        var (renewing, renewResponse) = Request(id);
        Assert.True(await renewing.RenewAsync());
        string renewed = Sent(renewResponse);
        Assert.NotEqual(id, renewed);
        Assert.Equal("user", (await Request(renewed).Session.GetAsync())!["role"]);

        var (leaving, leaveResponse) = Request(renewed);
        await leaving.DeleteAsync();
        Assert.Equal("", Sent(leaveResponse));
        Assert.Null(await Request(renewed).Session.GetAsync());
        Assert.Null(await Request(id).Session.GetAsync());

        (Session<MemoryStore> Session, HttpResponse Response) Request(string? cookie)
        {
            var context = new DefaultHttpContext();
            context.Request.Headers.Cookie = cookie is null ? default : $"__Host-sid={cookie}";
            return (new Session<MemoryStore>(context.Request, context.Response, store, options), context.Response);
        }

        static string Sent(HttpResponse response) => response.Headers.SetCookie.Single()!["__Host-sid=".Length..].Split(';')[0];
    }

    [Fact]
    public void RequestAndResponseMustBeOfOneContext()
    {
        var one = new DefaultHttpContext();
        var other = new DefaultHttpContext();

        Assert.Throws<ArgumentException>(() => new Session<MemoryStore>(one.Request, other.Response, new MemoryStore(), new SactSessionOptions()));
    }
}
