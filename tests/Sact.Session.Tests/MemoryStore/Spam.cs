using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>Requests in masses that have no session: they leave nothing behind and cost the store nothing.</summary>
public sealed class Spam
{
    [Fact]
    [Trait("abuse", "J1")]
    public async Task WithoutCookiesLeavesNoRecordAndMakesNoStoreCall()
    {
        var bed = new Bed();
        for (int i = 0; i < 100_000; i++)
        {
            var session = bed.Request().Session;
            Assert.Null(await session.GetAsync());
            Assert.False(await session.UpdateAsync([]));
        }

        Assert.Empty(bed.Store.Calls);
        Assert.Equal((0, 0), (bed.Memory.SizeInBytes, await bed.Memory.CountActiveSessionsAsync()));
    }

    [Fact]
    [Trait("abuse", "J1")]
    public async Task OfEveryReadingVerbWithoutACookieIsTheSame()
    {
        var bed = new Bed();
        var exchange = bed.Request();
        var session = exchange.Session;

        Assert.Null(await session.GetAnyAsync());
        Assert.False(await session.UpdateAsync(new() { ["a"] = 1 }));
        Assert.False(await session.ModifyAsync<int>("a", n => n + 1));
        Assert.False(await session.RemoveAsync("a"));
        Assert.False(await session.RenewAsync());
        Assert.Empty(await session.GetActiveSessionsAsync());
        Assert.Equal(0, await session.DeleteOtherSessionsAsync());
        Assert.False(await session.DeleteSessionAsync(bed.Memory.GetSessionKey(bed.Memory.CreateSessionId())));
        Assert.Equal(56, session.GetSessionId().Length);

        Assert.Empty(bed.Store.Calls);
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    [Trait("abuse", "J2")]
    public async Task OfSignOutsLeavesNoRecord()
    {
        var bed = new Bed();
        for (int i = 0; i < 10_000; i++)
        {
            // Without a cookie, with a well-formed one that nobody issued, with rubbish.
            var exchange = (i % 3) switch { 0 => bed.Request(), 1 => bed.Request(bed.Memory.CreateSessionId()), _ => bed.Request("rubbish") };
            await exchange.Session.DeleteAsync();
            await bed.Request().Session.DeleteAllSessionsAsync();
            Assert.Equal("", exchange.SentId);
        }

        Assert.All(bed.Store.Calls, verb => Assert.Equal("get", verb));
        Assert.Equal((0, 0), (bed.Memory.SizeInBytes, await bed.Memory.CountActiveSessionsAsync()));
    }

    [Fact]
    [Trait("abuse", "J1")]
    public async Task OverHttpOfPagesThatAskNothingIsNotEvenMarked()
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
