namespace Sact.Session.Tests;

/// <summary>
/// Rule 5: an id that only the grace accepts never receives a new secret and never raises a level. Everything else works as usual.
/// </summary>
[Trait("abuse", "C12")]
[Trait("abuse", "C12f")]
public sealed class IdWithinTheRenewalGrace
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetsNoNewSecret(bool immediately)
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string renewed = await host.RotateAsync(old);
        var stored = await host.RecordOf(old);
        var exchange = host.Request(old);

        Assert.Equal(!immediately, await exchange.Session.RenewAsync(immediately));

        Assert.Empty(exchange.SetCookies);
        Assert.Same(stored, await host.RecordOf(old));
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetsNoNewSecretEvenIfTheRequestOutlivesTheGrace(bool immediately)
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string renewed = await host.RotateAsync(old);
        var exchange = host.Request(old);
        Assert.NotNull(await exchange.Session.GetAsync());
        host.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(!immediately, await exchange.Session.RenewAsync(immediately));

        Assert.Empty(exchange.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task GetsNoNewSecretIfItIsReplacedDuringItsRequest(bool immediately, bool reloads)
    {
        // Otherwise a thief who keeps a request open with the current id would receive the next id, long after the current one is refused.
        var host = new SessionHost();
        string old = await host.SeenAsync();
        var slow = host.Request(old);
        Assert.NotNull(await slow.Session.GetAsync());
        string renewed = await host.RotateAsync(old);
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        if (reloads)
        {
            Assert.NotNull(await slow.Session.GetAsync(reload: true));
        }

        Assert.Equal(!immediately, await slow.Session.RenewAsync(immediately));

        Assert.Empty(slow.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Fact]
    public async Task SetCookieDoesNotSendItAgain()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        await host.RotateAsync(old);
        var exchange = host.Request(old);
        Assert.NotNull(await exchange.Session.GetAsync());

        exchange.Session.SetCookie();

        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    public async Task SetCookieDoesNotSendItWhileANewerIdIsPending()
    {
        // The client may already have the pending id. If the current id were sent after it, the client would keep an id that is about to be
        // refused.
        var host = new SessionHost();
        string id = await host.SeenAsync();
        string pending = (await host.RenewAsync(id))!;
        var late = host.Request(id);
        Assert.NotNull(await late.Session.GetAsync());

        late.Session.SetCookie();

        Assert.Empty(late.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(pending));
    }

    [Fact]
    public async Task SetCookieSendsTheNewestIdAgain()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var current = host.Request(id);
        Assert.NotNull(await current.Session.GetAsync());
        current.Session.SetCookie();
        Assert.Equal(id, current.SentId);

        var renewing = host.Request(id);
        Assert.True(await renewing.Session.RenewAsync());
        string renewed = renewing.SentId!;
        renewing.Session.SetCookie();
        Assert.Equal(renewed, renewing.SentId);
    }

    [Fact]
    public async Task ReadsWritesListsAndSignsOutAsUsual()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string renewed = await host.RotateAsync(old);
        await host.SeenAsync();
        var exchange = host.Request(old);

        Assert.Equal("alice", (await exchange.Session.GetAsync())?.UserId);
        Assert.True(await exchange.Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.True(await exchange.Session.ModifyAsync<int>("n", n => n + 1));
        Assert.Equal(2, (await host.Request(renewed).Session.GetAsync())!.Get<int>("n"));
        Assert.Equal(2, (await exchange.Session.GetActiveSessionsAsync()).Count);
        Assert.Equal(1, await exchange.Session.DeleteOtherSessionsAsync());
        await exchange.Session.DeleteAsync();

        Assert.Null(await host.WhoAsync(renewed));
        Assert.Equal("", exchange.SentId);
    }

    [Fact]
    public async Task SigningInWithItEndsItsSession()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        string renewed = await host.RotateAsync(old);
        var exchange = host.Request(old);

        await exchange.Session.SetAsync("alice");

        Assert.Null(await host.WhoAsync(renewed));
        Assert.Equal("alice", await host.WhoAsync(exchange.SentId));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }
}
