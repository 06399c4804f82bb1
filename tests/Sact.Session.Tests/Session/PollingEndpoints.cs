using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>Endpoints that ask by themselves: what they read is read, and keeps nothing alive.</summary>
[Trait("abuse", "G6")]
public sealed class PollingEndpoints
{
    [Fact]
    public async Task KeepNoSessionAlive()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var last = (await bed.RecordOf(id))!.LastSeenAt;
        for (int hour = 1; hour < 7 * 24; hour++)
        {
            bed.Clock.Advance(TimeSpan.FromHours(1));
            Assert.Equal("alice", (await Poll(bed, id).Session.GetAsync())?.UserId);
        }

        Assert.All(bed.Store.Calls, verb => Assert.Equal("get", verb));
        Assert.Equal(last, (await bed.RecordOf(id))!.LastSeenAt);
        bed.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    public async Task LeaveTheOthersToExtendIt()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromDays(6));
        await Poll(bed, id).Session.GetAsync();
        Assert.Equal("alice", await bed.WhoAsync(id));
        bed.Clock.Advance(TimeSpan.FromDays(6));

        Assert.Equal("alice", await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task NoteThatTheCookieHasArrivedAndNothingElse()
    {
        var bed = new Bed(options => options.CaptureClient = true);
        string id = await bed.SignInAsync();
        var signedIn = bed.Clock.GetUtcNow();
        bed.Clock.Advance(TimeSpan.FromMinutes(30));

        var poll = Poll(bed, id);
        poll.Context.Request.Headers.UserAgent = "Poller/1";
        await poll.Session.GetAsync();

        var record = (await bed.RecordOf(id))!;
        Assert.True(record.Presented);
        Assert.Equal(signedIn, record.LastSeenAt);
        Assert.Null(record.LastSeenClient);
        bed.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(31));
        Assert.Equal("alice", (await Poll(bed, id).Session.GetAsync())?.UserId);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "C12b")]
    public async Task PromoteARenewedId()
    {
        var bed = new Bed();
        string old = await bed.SeenAsync();
        var last = (await bed.RecordOf(old))!.LastSeenAt;
        string renewed = (await bed.RenewAsync(old))!;
        bed.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("alice", (await Poll(bed, renewed).Session.GetAsync())?.UserId);

        bed.Clock.Advance(SecretsBed.Grace);
        Assert.Null(await bed.WhoAsync(old));
        Assert.Equal(last, (await bed.RecordOf(renewed))!.LastSeenAt);
    }

    [Fact]
    public async Task AreMarkedByAConventionOrAnAttribute()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.MapPost("/login", (ISession<IGenericStore> session) => session.SetAsync("alice").AsTask());
            app.MapGet("/use", async (ISession<IGenericStore> session) => (await session.GetAsync())?.LastSeenAt);
            app.MapGet("/poll", async (ISession<IGenericStore> session) => (await session.GetAsync())?.LastSeenAt).DisableSlidingExpiration();
            app.MapGet("/marked", [DisableSlidingExpiration] async (ISession<IGenericStore> session) => (await session.GetAsync())?.LastSeenAt);
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

    private static Exchange Poll(Bed bed, string id)
    {
        var exchange = bed.Request(id);
        exchange.Context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new DisableSlidingExpirationAttribute()), "poll"));
        return exchange;
    }
}
