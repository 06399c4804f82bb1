namespace Sact.Session.Tests.Cookies;

/// <summary>SetCookie(): the session's own cookie once more, or its deletion.</summary>
public sealed class SendingAgain
{
    [Fact]
    [Trait("abuse", "B12")]
    public async Task AnIdThatOnlyTheClientVouchesForIsNotSentBack()
    {
        var bed = new Bed();
        foreach (string? id in new[] { bed.Memory.CreateSessionId("alice"), null, "x" })
        {
            var exchange = bed.Request(id);
            Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
            await exchange.Session.GetAsync();
            Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
            exchange.Session.GetSessionId();
            Assert.Contains("not sent back", Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie()).Message, StringComparison.Ordinal);
            Assert.Empty(exchange.SetCookies);
        }
    }

    [Fact]
    [Trait("abuse", "B12")]
    public async Task ARealKeyWithAnInventedSecretIsNotSentBack()
    {
        var bed = new Bed();
        string real = await bed.SignInAsync("alice");
        var exchange = bed.Request(real[..24] + bed.Memory.CreateSessionId()[24..]);
        await exchange.Session.GetAsync();

        Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    [Trait("abuse", "B12")]
    public async Task AnEndedSessionsIdIsNotSentBack()
    {
        var bed = new Bed();
        var exchange = bed.Request(await bed.SignInAsync("alice"));
        await exchange.Session.DeleteAsync();

        Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
        Assert.Equal("", exchange.SentId);
    }

    [Fact]
    public async Task AVerifiedIdIs()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");
        var exchange = bed.Request(id);
        await exchange.Session.GetAsync();

        exchange.Session.SetCookie();

        Assert.Equal(id, exchange.SentId);
        Assert.Equal("no-store", exchange.Sent.CacheControl);
    }

    [Fact]
    public async Task AfterARenewalTheNewIdIs()
    {
        var bed = new Bed();
        var exchange = bed.Request(await bed.SignInAsync("alice"));
        await exchange.Session.RenewAsync();
        string? renewed = exchange.SentId;

        exchange.Session.SetCookie();

        Assert.NotNull(renewed);
        Assert.Equal(renewed, exchange.SentId);
    }

    [Fact]
    [Trait("abuse", "C12")]
    public async Task AnIdInItsGraceIsNot()
    {
        // The client has a newer one; sending this would put the old one back.
        var bed = new Bed();
        string old = await bed.SignInAsync("alice");
        var renewal = bed.Request(old);
        await renewal.Session.RenewAsync();
        Assert.Equal("alice", await bed.WhoAsync(renewal.SentId));
        var late = bed.Request(old);
        Assert.NotNull(await late.Session.GetAsync());

        late.Session.SetCookie();

        Assert.Empty(late.SetCookies);
    }

    [Fact]
    public async Task UnsettingLeavesTheSession()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");
        bed.Store.Reset();
        var exchange = bed.Request(id);

        exchange.Session.SetCookie(unset: true);

        Assert.Equal("", exchange.SentId);
        Assert.Empty(bed.Store.Calls);
        Assert.Equal("alice", await bed.WhoAsync(id));
    }
}
