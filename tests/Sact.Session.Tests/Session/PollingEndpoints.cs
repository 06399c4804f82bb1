using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>Endpoints that a page polls. They read the session, and do not keep it alive.</summary>
[Trait("abuse", "G6")]
public sealed class PollingEndpoints
{
    [Fact]
    public async Task KeepNoSessionAlive()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var last = (await host.RecordOf(id))!.LastSeenAt;
        for (int hour = 1; hour < 7 * 24; hour++)
        {
            host.Clock.Advance(TimeSpan.FromHours(1));
            Assert.Equal("alice", (await Poll(host, id).Session.GetAsync())?.UserId);
        }

        Assert.All(host.Store.Calls, verb => Assert.Equal("get", verb));
        Assert.Equal(last, (await host.RecordOf(id))!.LastSeenAt);
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    public async Task DoNotStopOtherEndpointsFromExtendingTheSession()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromDays(6));
        await Poll(host, id).Session.GetAsync();
        Assert.Equal("alice", await host.WhoAsync(id));
        host.Clock.Advance(TimeSpan.FromDays(6));

        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task RecordOnlyThatTheCookieHasArrived()
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        string id = await host.SignInAsync();
        var signedIn = host.Clock.GetUtcNow();
        host.Clock.Advance(TimeSpan.FromMinutes(30));

        var poll = Poll(host, id);
        poll.Context.Request.Headers.UserAgent = "Poller/1";
        await poll.Session.GetAsync();

        var record = (await host.RecordOf(id))!;
        Assert.True(record.Presented);
        Assert.Equal(signedIn, record.LastSeenAt);
        Assert.Null(record.LastSeenClient);
        host.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(31));
        Assert.Equal("alice", (await Poll(host, id).Session.GetAsync())?.UserId);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task PromoteARenewedId()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        var last = (await host.RecordOf(old))!.LastSeenAt;
        string renewed = (await host.RenewAsync(old))!;
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("alice", (await Poll(host, renewed).Session.GetAsync())?.UserId);

        host.Clock.Advance(RenewalTimes.Grace);
        Assert.Null(await host.WhoAsync(old));
        Assert.Equal(last, (await host.RecordOf(renewed))!.LastSeenAt);
    }

    [Fact]
    public async Task AreMarkedByAConventionOrAnAttribute()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.MapPost("/login", (ISession<IGenericStore> session) => session.SetAsync("alice").AsTask());
            app.MapGet("/use", async (ISession<IGenericStore> session) => (await session.GetAsync())?.LastSeenAt);
            app.MapGet("/poll", async (ISession<IGenericStore> session) =>
                (await session.GetAsync())?.LastSeenAt).DisableSlidingExpiration();
            app.MapGet("/marked", [DisableSlidingExpiration] async (ISession<IGenericStore> session) =>
                (await session.GetAsync())?.LastSeenAt);
            app.MapGroup("/group").DisableSlidingExpiration().MapGet("/poll", async context => await context.GetSactSession().GetAsync());
        });
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var first = await site.SendAsync("/use", login.SentId());
        site.Clock.Advance(TimeSpan.FromHours(1));
        site.Store.Reset();
        foreach (string path in (string[])["/poll", "/marked", "/group/poll"])
        {
            using var polled = await site.SendAsync(path, login.SentId());
            Assert.True(polled.IsSuccessStatusCode);
        }

        Assert.Equal(["get", "get", "get"], site.Store.Calls);
        using var used = await site.SendAsync("/use", login.SentId());
        Assert.Equal(1, site.Store.Count("update"));
    }

    private static Exchange Poll(SessionHost host, string id)
    {
        var exchange = host.Request(id);
        exchange.Context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new DisableSlidingExpirationAttribute()), "poll"));
        return exchange;
    }
}
