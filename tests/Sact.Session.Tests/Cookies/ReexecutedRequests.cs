using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>An exception handler clears the response and runs the request again at an error page.</summary>
public sealed class ReexecutedRequests
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "B13")]
    public async Task ARenewedIdIsStillSent(Served served)
    {
        await using var site = await StartAsync(served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var failed = await site.SendAsync("/renew-and-fail", login.SentId(), HttpMethod.Post);

        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Equal("sorry, alice", await Text(failed));
        string renewed = Assert.IsType<string>(failed.SentId());
        Assert.NotEqual(login.SentId(), renewed);
        Assert.True(failed.Headers.CacheControl?.NoStore);
        Assert.Equal(["Cookie"], failed.Headers.Vary);

        // The arrival of the new id promoted it. After the grace, only the new id is valid.
        using var me = await site.SendAsync("/me", renewed);
        site.Clock.Advance(TimeSpan.FromMinutes(1));
        using var late = await site.SendAsync("/me", login.SentId());
        using var again = await site.SendAsync("/me", renewed);
        Assert.Equal(["alice", "nobody", "alice"], new[] { await Text(me), await Text(late), await Text(again) });
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "B13")]
    public async Task ASignInIsStillSentOnce(Served served)
    {
        await using var site = await StartAsync(served);
        using var failed = await site.SendAsync("/login-and-fail", method: HttpMethod.Post);

        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Equal(["__Host-sid", "theme"], failed.SetCookies().Select(line => line.Split('=')[0]).Order(StringComparer.Ordinal));
        using var me = await site.SendAsync("/me", failed.SentId());
        Assert.Equal("alice", await Text(me));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "B13")]
    public async Task ASignOutStillDeletesTheCookie(Served served)
    {
        await using var site = await StartAsync(served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var failed = await site.SendAsync("/logout-and-fail", login.SentId(), HttpMethod.Post);

        Assert.Equal("sorry, nobody", await Text(failed));
        Assert.Equal("", failed.SentId());
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task WhatTheErrorPageDoesReplacesTheFirstRunsCookie(Served served)
    {
        await using var site = await StartAsync(served);
        using var failed = await site.SendAsync("/login-and-fail?then=logout", method: HttpMethod.Post);

        Assert.Equal("", failed.SentId());
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    private static Task<Site> StartAsync(Served served) => Site.StartAsync(
        app =>
        {
            app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
            app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            app.MapPost("/renew-and-fail", async (ISession<IGenericStore> session) =>
            {
                Assert.True(await session.RenewAsync());
                throw new InvalidOperationException("After the renewal.");
            });
            app.MapPost("/login-and-fail", async (ISession<IGenericStore> session) =>
            {
                await session.SetAsync("alice");
                session.SetCustomCookie("theme", "dark");
                throw new InvalidOperationException("After the sign-in.");
            });
            app.MapPost("/logout-and-fail", async (ISession<IGenericStore> session) =>
            {
                await session.DeleteAsync();
                throw new InvalidOperationException("After the sign-out.");
            });
            app.Map("/error", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                if (context.Request.Query["then"] == "logout")
                {
                    await session.DeleteAsync();
                }

                return "sorry, " + ((await session.GetAsync())?.UserId ?? "nobody");
            });
        },
        served: served,
        before: app => app.UseExceptionHandler("/error"));

    private static Task<string> Text(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
