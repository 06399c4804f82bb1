namespace Sact.Session.Tests;

/// <summary>The exact number of store calls of each operation.</summary>
public sealed class StoreRoundTrips
{
    [Fact]
    public async Task ARequestThatDoesNotUseTheSessionCostsNone()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        var exchange = host.Request(id);

        Assert.Empty(host.Store.Calls);
        Assert.Empty(exchange.Sent);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("__Host-sid=malformed")]
    [InlineData("__Host-sid=")]
    [InlineData("other=1; another=2")]
    public async Task WithoutAWellFormedCookieNoMethodCostsOne(string? header)
    {
        var host = new SessionHost();
        var session = host.RequestWithHeader(header).Session;

        Assert.Null(await session.GetAsync());
        Assert.Null(await session.GetAnyAsync(reload: true));
        Assert.False(await session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.False(await session.ModifyAsync<int>("n", n => n + 1));
        Assert.False(await session.RemoveAsync("n"));
        Assert.False(await session.RenewAsync());
        Assert.Empty(await session.GetActiveSessionsAsync());
        Assert.Equal(0, await session.DeleteOtherSessionsAsync());
        await session.DeleteAsync();

        Assert.Empty(host.Store.Calls);
    }

    [Fact]
    public async Task TwoDifferentCookiesCostNone()
    {
        var host = new SessionHost();
        string one = await host.SeenAsync();
        string other = await host.SeenAsync();

        Assert.Null(await host.RequestWithHeader($"__Host-sid={one}; __Host-sid={other}").Session.GetAsync());

        Assert.Empty(host.Store.Calls);
    }

    [Fact]
    public async Task AnUnknownIdCostsOneRead()
    {
        var host = new SessionHost();
        var session = host.Request(host.Store.CreateSessionId()).Session;

        Assert.Null(await session.GetAsync());
        Assert.Null(await session.GetAsync());

        Assert.Equal(["get"], host.Store.Calls);
    }

    [Fact]
    public async Task TheFirstUseOfACookieCostsAReadAndATouch()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        host.Store.Reset();

        Assert.NotNull(await host.WhoAsync(id));

        Assert.Equal(["get", "update"], host.Store.Calls);
    }

    [Fact]
    public async Task AReadCostsOneUntilATouchIsDue()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await host.WhoAsync(id));
        Assert.Equal(["get"], host.Store.Calls);

        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        host.Store.Reset();
        Assert.NotNull(await host.WhoAsync(id));
        Assert.Equal(["get", "update"], host.Store.Calls);
    }

    [Fact]
    public async Task AllReadsInOneRequestCostOne()
    {
        var host = new SessionHost();
        var session = host.Request(await host.SeenAsync()).Session;

        await session.GetAsync();
        await session.GetAnyAsync();
        await Task.WhenAll(session.GetAsync().AsTask(), session.GetAsync().AsTask());

        Assert.Equal(["get"], host.Store.Calls);
    }

    [Fact]
    public async Task AReloadCostsOneMore()
    {
        var host = new SessionHost();
        var session = host.Request(await host.SeenAsync()).Session;

        await session.GetAsync();
        await session.GetAsync(reload: true);

        Assert.Equal(["get", "get"], host.Store.Calls);
    }

    [Fact]
    public async Task AnUpdateCostsAReadAndAWriteAndLaterOnesOnlyAWrite()
    {
        var host = new SessionHost();
        var session = host.Request(await host.SeenAsync()).Session;

        Assert.True(await session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.Equal(["get", "update"], host.Store.Calls);

        Assert.Equal(1, (await session.GetAsync())!.Get<int>("n"));
        Assert.True(await session.ModifyAsync<int>("n", n => n + 1));
        Assert.True(await session.RemoveAsync("n"));
        Assert.Equal(["get", "update", "update", "update"], host.Store.Calls);
    }

    [Fact]
    public async Task ASignInCostsOne()
    {
        var host = new SessionHost();

        await host.SignInAsync();

        Assert.Equal(["create"], host.Store.Calls);
    }

    [Fact]
    public async Task ASignInOverALiveSessionCostsThree()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        await host.Request(id).Session.SetAsync("alice");

        Assert.Equal(["get", "delete", "create"], host.Store.Calls);
    }

    [Fact]
    public async Task ASignOutCostsTwoEvenBeforeTheFirstUse()
    {
        // A session that is about to end is not touched.
        var host = new SessionHost();
        string id = await host.SignInAsync();
        host.Store.Reset();

        await host.Request(id).Session.DeleteAsync();

        Assert.Equal(["get", "delete"], host.Store.Calls);
    }

    [Fact]
    public async Task ARenewalCostsTwo()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        await host.RenewAsync(id);

        Assert.Equal(["get", "update"], host.Store.Calls);
    }

    [Fact]
    public async Task DeviceMethodsCostTwoAndEndingByKeyOrAllCostsThree()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string other = await host.SeenAsync();

        await host.Request(id).Session.GetActiveSessionsAsync();
        Assert.Equal(["get", "list"], host.Store.Calls);

        host.Store.Reset();
        await host.Request(id).Session.DeleteSessionAsync(host.Store.GetSessionKey(other));
        Assert.Equal(["get", "get", "delete"], host.Store.Calls);

        host.Store.Reset();
        await host.Request(id).Session.DeleteOtherSessionsAsync();
        Assert.Equal(["get", "delete_user"], host.Store.Calls);

        host.Store.Reset();
        await host.Request(id).Session.DeleteAllSessionsAsync();
        Assert.Equal(["get", "delete_user", "delete"], host.Store.Calls);
    }
}
