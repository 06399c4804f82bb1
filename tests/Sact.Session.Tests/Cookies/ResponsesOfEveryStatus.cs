using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>The rules are the same for every method and status. Responses without a body have cookies and cache headers too.</summary>
public sealed class ResponsesOfEveryStatus
{
    public static TheoryData<Served, string, int> Responses()
    {
        var data = new TheoryData<Served, string, int>();
        foreach (var served in Enum.GetValues<Served>())
        {
            foreach (var (method, status) in new[]
            {
                ("GET", 200), ("HEAD", 200), ("OPTIONS", 200), ("GET", 204), ("DELETE", 204), ("GET", 304), ("HEAD", 304), ("GET", 302),
                ("POST", 303), ("PUT", 307), ("GET", 404), ("POST", 500)
            })
            {
                data.Add(served, method, status);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Responses))]
    [Trait("abuse", "I3")]
    public async Task SignInRenewalAndSignOutSendOneCookie(Served served, string method, int status)
    {
        await using var site = await StartAsync(served, method);
        using var login = await site.SendAsync($"/login/{status}", method: new(method));

        Assert.Equal(status, (int)login.StatusCode);
        Assert.Single(login.SetCookies());
        Assert.True(login.Headers.CacheControl?.NoStore);
        Assert.Equal(["Cookie"], login.Headers.Vary);

        using var renewal = await site.SendAsync($"/renew/{status}", login.SentId(), new(method));
        Assert.Single(renewal.SetCookies());
        Assert.NotEqual(login.SentId(), renewal.SentId());

        using var logout = await site.SendAsync($"/logout/{status}", renewal.SentId(), new(method));
        Assert.Single(logout.SetCookies());
        Assert.Equal("", logout.SentId());
    }

    [Theory]
    [MemberData(nameof(Responses))]
    [Trait("abuse", "I3")]
    public async Task ReadingSendsNoCookieAndIsNotStored(Served served, string method, int status)
    {
        await using var site = await StartAsync(served, method);
        using var login = await site.SendAsync($"/login/{status}", method: new(method));
        using var me = await site.SendAsync($"/me/{status}", login.SentId(), new(method));

        Assert.Equal(status, (int)me.StatusCode);
        Assert.Equal(["alice"], me.Headers.GetValues("X-User"));
        Assert.Empty(me.SetCookies());
        Assert.True(me.Headers.CacheControl?.NoStore);
        Assert.Equal(["Cookie"], me.Headers.Vary);
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I3")]
    public async Task ARedirectByTheFrameworkHasTheCookie(Served served)
    {
        await using var site = await Site.StartAsync(
            app => app.MapPost("/login", async (ISession<IGenericStore> session) =>
            {
                await session.SetAsync("alice");
                return Results.Redirect("/home");
            }),
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);

        Assert.Equal(HttpStatusCode.Redirect, login.StatusCode);
        Assert.NotNull(login.SentId());
    }

    private static Task<Site> StartAsync(Served served, string method) => Site.StartAsync(
        app =>
        {
            Map("/login/{status:int}", async session => await session.SetAsync("alice"));
            Map("/renew/{status:int}", async session => await session.RenewAsync());
            Map("/logout/{status:int}", async session => await session.DeleteAsync());
            Map("/me/{status:int}", async session => session.Response.Headers["X-User"] = (await session.GetAsync())?.UserId);

            void Map(string path, Func<ISession<IGenericStore>, Task> act) =>
                app.MapMethods(path, [method], async (int status, HttpContext context, ISession<IGenericStore> session) =>
                {
                    await act(session);
                    context.Response.StatusCode = status;
                    if (status is >= 300 and < 400 and not 304)
                    {
                        context.Response.Headers.Location = "/home";
                    }
                });
        },
        served: served);
}
