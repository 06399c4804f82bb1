namespace Sact.Session.Tests;

/// <summary>Rule 5: an id accepted only by the grace never receives a new secret and raises nothing; all else is as usual.</summary>
[Trait("abuse", "C12")]
[Trait("abuse", "C12f")]
public sealed class IdInItsGrace
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetsNoNewSecret(bool immediately)
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string renewed = await bed.RotateAsync(old);
        var stands = await bed.RecordOf(old);
        var exchange = bed.Request(old);

        Assert.Equal(!immediately, await exchange.Session.RenewAsync(immediately));

        Assert.Empty(exchange.SetCookies);
        Assert.Same(stands, await bed.RecordOf(old));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetsNoneEvenIfTheRequestOutlivesTheGrace(bool immediately)
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string renewed = await bed.RotateAsync(old);
        var exchange = bed.Request(old);
        Assert.NotNull(await exchange.Session.GetAsync());
        bed.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(!immediately, await exchange.Session.RenewAsync(immediately));

        Assert.Empty(exchange.SetCookies);
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task GetsNoneIfItWasSupersededWhileItsRequestRan(bool immediately, bool reloads)
    {
        // A thief who keeps a request open with the current id would otherwise come by the next one, long after the id itself is refused.
        var bed = new Bed();
        string old = await bed.SeenAsync();
        var slow = bed.Request(old);
        Assert.NotNull(await slow.Session.GetAsync());
        string renewed = await bed.RotateAsync(old);
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        if (reloads)
        {
            Assert.NotNull(await slow.Session.GetAsync(reload: true));
        }

        Assert.Equal(!immediately, await slow.Session.RenewAsync(immediately));

        Assert.Empty(slow.SetCookies);
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Fact]
    public async Task IsNotPutBackBySetCookie()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        await bed.RotateAsync(old);
        var exchange = bed.Request(old);
        Assert.NotNull(await exchange.Session.GetAsync());

        exchange.Session.SetCookie();

        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    public async Task IsNotPutBackWhileANewerOneIsOnItsWay()
    {
        // The client may have the pending id already. Were the current one sent after it, the client would go on with an id that is about to be refused.
        var bed = new Bed();
        string id = await bed.SeenAsync();
        string pending = (await bed.RenewAsync(id))!;
        var late = bed.Request(id);
        Assert.NotNull(await late.Session.GetAsync());

        late.Session.SetCookie();

        Assert.Empty(late.SetCookies);
        Assert.Equal("alice", await bed.WhoAsync(pending));
    }

    [Fact]
    public async Task TheNewestIdIsSentOnceMoreBySetCookie()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var current = bed.Request(id);
        Assert.NotNull(await current.Session.GetAsync());
        current.Session.SetCookie();
        Assert.Equal(id, current.SentId);

        var renewing = bed.Request(id);
        Assert.True(await renewing.Session.RenewAsync());
        string renewed = renewing.SentId!;
        renewing.Session.SetCookie();
        Assert.Equal(renewed, renewing.SentId);
    }

    [Fact]
    public async Task ReadsWritesListsAndSignsOutAsUsual()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string renewed = await bed.RotateAsync(old);
        await bed.SeenAsync();
        var exchange = bed.Request(old);

        Assert.Equal("alice", (await exchange.Session.GetAsync())?.UserId);
        Assert.True(await exchange.Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.True(await exchange.Session.ModifyAsync<int>("n", n => n + 1));
        Assert.Equal(2, (await bed.Request(renewed).Session.GetAsync())!.Get<int>("n"));
        Assert.Equal(2, (await exchange.Session.GetActiveSessionsAsync()).Count);
        Assert.Equal(1, await exchange.Session.DeleteOtherSessionsAsync());
        await exchange.Session.DeleteAsync();

        Assert.Null(await bed.WhoAsync(renewed));
        Assert.Equal("", exchange.SentId);
    }

    [Fact]
    public async Task SigningInWithItEndsItsSession()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        string renewed = await bed.RotateAsync(old);
        var exchange = bed.Request(old);

        await exchange.Session.SetAsync("alice");

        Assert.Null(await bed.WhoAsync(renewed));
        Assert.Equal("alice", await bed.WhoAsync(exchange.SentId));
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }
}
