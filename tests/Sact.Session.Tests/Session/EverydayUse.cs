using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>The facts that ASP.NET Core tests for its session, over HTTP, for this one.</summary>
public sealed class EverydayUse
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task ReadingAnEmptySessionSendsNoCookie(Served served)
    {
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", async (ISession<IGenericStore> session) =>
            {
                Assert.Null(await session.GetAsync());
                Assert.Null(await session.GetAnyAsync());
                Assert.False(await session.UpdateAsync(new() { ["a"] = 1 }));
                Assert.False(await session.RemoveAsync("a"));
                session.GetKey();
                return "read";
            }),
            served: served);
        using var response = await site.SendAsync("/");

        Assert.Equal("read", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(response.SetCookies());
        Assert.Empty(site.Store.Calls);
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task SigningInSendsOneCookieOnce(Served served)
    {
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", async (ISession<IGenericStore> session) =>
            {
                if (await session.GetAsync() is null)
                {
                    await session.SetAsync("alice", new() { ["a"] = 1 });
                }

                await session.UpdateAsync(new() { ["b"] = 2 });
                await session.UpdateAsync(new() { ["c"] = 3 });
            }),
            served: served);
        using var first = await site.SendAsync("/");
        using var second = await site.SendAsync("/", first.SentId());

        Assert.Single(first.SetCookies());
        Assert.NotNull(first.SentId());
        Assert.Empty(second.SetCookies());
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task ACounterIncreasesOverRequests(Served served)
    {
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", async (ISession<IGenericStore> session) =>
            {
                if (await session.GetAsync() is not { } me)
                {
                    await session.SetAsync("alice", new() { ["n"] = 0 });
                    return "0";
                }

                int next = me.Get<int>("n") + 1;
                Assert.True(await session.UpdateAsync(new() { ["n"] = next }));
                return $"{next}";
            }),
            served: served);
        using var first = await site.SendAsync("/");
        var counted = new List<string> { await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken) };
        for (int i = 0; i < 3; i++)
        {
            using var next = await site.SendAsync("/", first.SentId());
            counted.Add(await next.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal(["0", "1", "2", "3"], counted);
    }

    [Fact]
    public async Task ARemovedFieldStaysRemoved()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["a"] = 1, ["b"] = 2, ["c"] = 3 });
        var request = host.Request(id);
        Assert.True(await request.Session.RemoveAsync("a", "b", "never set"));

        // The fields are gone for the request that removed them, for the next one, and after a write of another field.
        Assert.Equal(["c"], (await request.Session.GetAsync())!.Fields.Select(field => field.Key));
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["d"] = 4 }));
        Assert.Equal(
            ["c", "d"],
            (await host.Request(id).Session.GetAsync())!.Fields.Select(field => field.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RemovingAllFieldsKeepsTheSession()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["a"] = 1, ["b"] = 2 });
        var me = await host.Request(id).Session.GetAsync();
        Assert.True(await host.Request(id).Session.RemoveAsync(me!.Fields.Select(field => field.Key)));

        Assert.Empty((await host.Request(id).Session.GetAsync())!.Fields);
        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task AnExpiredSessionIsAbsentAndLogged(Served served)
    {
        var log = new SessionHost();
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            },
            options =>
            {
                options.IdleTimeout = TimeSpan.FromMinutes(20);
                options.LoggerFactory = new LoggerFactory([log], new LoggerFilterOptions { MinLevel = LogLevel.Debug });
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var before = await site.SendAsync("/me", login.SentId());
        Assert.DoesNotContain(log.Events, entry => entry.Id.Name == "NotFound");
        site.Clock.Advance(TimeSpan.FromMinutes(20));
        using var after = await site.SendAsync("/me", login.SentId());

        Assert.Equal("alice", await before.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("nobody", await after.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(after.SetCookies());
        var (level, _, message) = Assert.Single(log.Events, entry => entry.Id.Name == "NotFound");
        Assert.Equal(LogLevel.Debug, level);
        Assert.Contains(site.Store.GetSessionKey(login.SentId()!).ToString(), message, StringComparison.Ordinal);
        Assert.DoesNotContain(login.SentId()!, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FieldNamesAreCaseSensitive()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["Name"] = "upper", ["name"] = "lower" });
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["NAME"] = "shout" }));
        Assert.True(await host.Request(id).Session.RemoveAsync("name"));
        var me = await host.Request(id).Session.GetAsync();

        Assert.Equal(["upper", null, "shout", null], new[] { me!["Name"], me["name"], me["NAME"], me["nAME"] });
    }
}
