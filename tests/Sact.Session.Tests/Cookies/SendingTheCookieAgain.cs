namespace Sact.Session.Tests;

/// <summary>SetCookie() sends the session's cookie again, or deletes it.</summary>
public sealed class SendingTheCookieAgain
{
    [Fact]
    [Trait("abuse", "B12")]
    public async Task AnUnverifiedIdIsNotSentBack()
    {
        var host = new SessionHost();
        foreach (string? id in new[] { host.Memory.CreateSessionId("alice"), null, "x" })
        {
            var exchange = host.Request(id);
            Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
            await exchange.Session.GetAsync();
            Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
            exchange.Session.GetSessionId();
            Assert.Contains(
                "not sent back",
                Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie()).Message,
                StringComparison.Ordinal);
            Assert.Empty(exchange.SetCookies);
        }
    }

    [Fact]
    [Trait("abuse", "B12")]
    public async Task ARealKeyWithAnInventedSecretIsNotSentBack()
    {
        var host = new SessionHost();
        string real = await host.SignInAsync("alice");
        var exchange = host.Request(real[..24] + host.Memory.CreateSessionId()[24..]);
        await exchange.Session.GetAsync();

        Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    [Trait("abuse", "B12")]
    public async Task AnEndedSessionsIdIsNotSentBack()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SignInAsync("alice"));
        await exchange.Session.DeleteAsync();

        Assert.Throws<InvalidOperationException>(() => exchange.Session.SetCookie());
        Assert.Equal("", exchange.SentId);
    }

    [Fact]
    public async Task AVerifiedIdIsSentBack()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        var exchange = host.Request(id);
        await exchange.Session.GetAsync();

        exchange.Session.SetCookie();

        Assert.Equal(id, exchange.SentId);

        // The response has not started. It is then shortened to "no-store".
        Assert.Equal("no-cache, no-store", exchange.Sent.CacheControl);
    }

    [Fact]
    public async Task AfterARenewalTheNewIdIsSent()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SignInAsync("alice"));
        await exchange.Session.RenewAsync();
        string? renewed = exchange.SentId;

        exchange.Session.SetCookie();

        Assert.NotNull(renewed);
        Assert.Equal(renewed, exchange.SentId);
    }

    [Fact]
    [Trait("abuse", "C12")]
    public async Task AnIdWithinTheGraceIsNotSentBack()
    {
        // The client has a newer id. Sending this one would replace it with the old one.
        var host = new SessionHost();
        string old = await host.SignInAsync("alice");
        var renewal = host.Request(old);
        await renewal.Session.RenewAsync();
        Assert.Equal("alice", await host.WhoAsync(renewal.SentId));
        var late = host.Request(old);
        Assert.NotNull(await late.Session.GetAsync());

        late.Session.SetCookie();

        Assert.Empty(late.SetCookies);
    }

    [Fact]
    public async Task UnsettingDeletesTheCookieAndKeepsTheSession()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        host.Store.Reset();
        var exchange = host.Request(id);

        exchange.Session.SetCookie(unset: true);

        Assert.Equal("", exchange.SentId);
        Assert.Empty(host.Store.Calls);
        Assert.Equal("alice", await host.WhoAsync(id));
    }
}
