using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>Many requests without a session leave nothing behind and make no store call.</summary>
public sealed class RequestFloods
{
    [Fact]
    [Trait("abuse", "J1")]
    public async Task WithoutCookiesLeaveNoRecordAndMakeNoStoreCall()
    {
        var host = new SessionHost();
        for (int i = 0; i < 100_000; i++)
        {
            var session = host.Request().Session;
            Assert.Null(await session.GetAsync());
            Assert.False(await session.UpdateAsync([]));
        }

        Assert.Empty(host.Store.Calls);
        Assert.Equal((0, 0), (host.Memory.SizeInBytes, await host.Memory.CountActiveSessionsAsync()));
    }

    [Fact]
    [Trait("abuse", "J1")]
    public async Task WithoutCookiesMakeNoStoreCallByAnyMethod()
    {
        var host = new SessionHost();
        var exchange = host.Request();
        var session = exchange.Session;

        Assert.Null(await session.GetAnyAsync());
        Assert.False(await session.UpdateAsync(new() { ["a"] = 1 }));
        Assert.False(await session.ModifyAsync<int>("a", n => n + 1));
        Assert.False(await session.RemoveAsync("a"));
        Assert.False(await session.RenewAsync());
        Assert.Empty(await session.GetActiveSessionsAsync());
        Assert.Equal(0, await session.DeleteOtherSessionsAsync());
        Assert.False(await session.DeleteSessionAsync(host.Memory.GetSessionKey(host.Memory.CreateSessionId())));
        Assert.Equal(56, session.GetSessionId().Length);

        Assert.Empty(host.Store.Calls);
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    [Trait("abuse", "J2")]
    public async Task OfSignOutsLeaveNoRecord()
    {
        var host = new SessionHost();
        for (int i = 0; i < 10_000; i++)
        {
            // Without a cookie, with an invented well-formed id, and with a malformed value.
            var exchange = (i % 3) switch
            {
                0 => host.Request(),
                1 => host.Request(host.Memory.CreateSessionId()),
                _ => host.Request("malformed"),
            };
            await exchange.Session.DeleteAsync();
            await host.Request().Session.DeleteAllSessionsAsync();
            Assert.Equal("", exchange.SentId);
        }

        Assert.All(host.Store.Calls, verb => Assert.Equal("get", verb));
        Assert.Equal((0, 0), (host.Memory.SizeInBytes, await host.Memory.CountActiveSessionsAsync()));
    }

    [Fact]
    [Trait("abuse", "J1")]
    public async Task OfPagesThatDoNotUseTheSessionMakeNoStoreCallAndGetNoHeaders()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.MapGet("/", () => "hello");
            app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
        });
        for (int i = 0; i < 300; i++)
        {
            using var page = await site.SendAsync("/");
            using var me = await site.SendAsync("/me");
            Assert.Empty(page.Headers.Vary);
            Assert.Empty(page.SetCookies());
            Assert.Empty(me.SetCookies());
        }

        Assert.Empty(site.Store.Calls);
    }
}
