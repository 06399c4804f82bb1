using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sact.Session.Tests;

/// <summary>The application keeps a session after its request, when the HttpContext may already serve another client.</summary>
public sealed class SessionUsedAfterItsRequest
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I5")]
    public async Task ThrowsFromEveryMember(Served served)
    {
        ISession<IGenericStore>? kept = null;
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", async (ISession<IGenericStore> session) =>
            {
                kept = session;
                await session.SetAsync("alice");
            }),
            served: served);
        using var response = await site.SendAsync("/");
        await EndOf(kept!);
        site.Store.Reset();

        foreach (var member in Members(kept!))
        {
            var fault = await Record.ExceptionAsync(async () => await member());
            Assert.Contains(
                "after its request had ended",
                Assert.IsType<InvalidOperationException>(fault).Message,
                StringComparison.Ordinal);
        }

        Assert.Empty(site.Store.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "I5")]
    public async Task DoesNotAffectTheNextRequestOfTheConnection(bool reused)
    {
        ISession<IGenericStore>? kept = null;
        HttpContext? used = null;
        var inside = new Gate();
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapGet("/keep", async (HttpContext context) =>
                {
                    used = context;
                    kept = context.GetSactSession();
                    await kept.SetAsync("alice");
                });
                app.MapGet("/next", async (HttpContext context) =>
                {
                    Assert.Equal(reused, ReferenceEquals(used, context));
                    var session = context.GetSactSession();
                    Assert.NotSame(kept, session);
                    await inside.PassAsync();
                    return (await session.GetAsync())?.UserId ?? "nobody";
                });
            },
            build: Reusing(reused),
            served: Served.Kestrel);
        using var client = site.Client();
        using var first = await client.GetAsync("/keep", TestContext.Current.CancellationToken);
        await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var next = client.GetAsync("/next", TestContext.Current.CancellationToken);
        await inside.Reached;

        foreach (var member in Members(kept!))
        {
            Assert.IsType<InvalidOperationException>(await Record.ExceptionAsync(async () => await member()));
        }

        inside.Open();
        using var second = await next;
        Assert.Equal(System.Net.HttpStatusCode.OK, second.StatusCode);
        Assert.Equal("nobody", await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(second.SetCookies());
        Assert.Null(second.Headers.CacheControl);
    }

    [Theory]
    [InlineData("sign in", true)]
    [InlineData("sign in", false)]
    [InlineData("renew", true)]
    [InlineData("renew", false)]
    [InlineData("renew at once", true)]
    [InlineData("renew at once", false)]
    [InlineData("read", true)]
    [InlineData("read", false)]
    [InlineData("sign out", true)]
    [InlineData("sign out", false)]
    [Trait("abuse", "I5")]
    public async Task ThroughACallThatWasNotAwaitedDoesNotAffectTheNextRequest(string what, bool reused)
    {
        // The application forgot an await. The store answers when the HttpContext already serves another client.
        Task? forgotten = null;
        HttpContext? used = null;
        Gate stored = new(), inside = new();
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapGet("/login", async (HttpContext context) => await context.GetSactSession().SetAsync("alice"));
                app.MapGet("/forget", (HttpContext context) =>
                {
                    used = context;
                    var session = context.GetSactSession();
                    ((ProbeStore)session.Store).Before = (verb, _) => verb == (what switch
                    {
                        "sign in" => "create",
                        "read" => "get",
                        "sign out" => "delete",
                        _ => "update",
                    }) ? stored.PassAsync() : ValueTask.CompletedTask;
                    forgotten = what switch
                    {
                        "sign in" => session.SetAsync("mallory").AsTask(),
                        "renew" => session.RenewAsync().AsTask(),
                        "renew at once" => session.RenewAsync(immediately: true).AsTask(),
                        "read" => session.GetAsync().AsTask(),
                        _ => session.DeleteAsync().AsTask(),
                    };
                });
                app.MapGet("/next", async (HttpContext context) =>
                {
                    Assert.Equal(reused, ReferenceEquals(used, context));
                    await inside.PassAsync();
                    context.Response.Headers.CacheControl = "public, max-age=60";
                    return "next";
                });
            },
            build: Reusing(reused),
            served: Served.Kestrel);
        using var client = site.Client();
        using var login = await client.GetAsync("/login", TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Add("Cookie", "__Host-sid=" + login.SentId());
        using var first = await client.GetAsync("/forget", TestContext.Current.CancellationToken);
        await stored.Reached;
        client.DefaultRequestHeaders.Remove("Cookie");
        var next = client.GetAsync("/next", TestContext.Current.CancellationToken);
        await inside.Reached;

        stored.Open();
        var fault = await Record.ExceptionAsync(() => forgotten!.WaitAsync(TimeSpan.FromSeconds(30)));
        inside.Open();
        using var second = await next;

        Assert.Equal("next", await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(second.SetCookies());
        Assert.Empty(second.Headers.Vary);
        Assert.Equal("public, max-age=60", second.Headers.CacheControl?.ToString());
        if (what is "sign in" or "renew" or "renew at once")
        {
            Assert.Contains(
                "after its request had ended",
                Assert.IsType<InvalidOperationException>(fault).Message,
                StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(fault);
        }

        // Nobody has the secret of a started session, so it was ended. A read and an ordinary renewal change nothing.
        Assert.Equal(what is "read" or "renew" ? 1 : 0, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    // Kestrel serves all requests of a connection with one HttpContext, unless IHttpContextAccessor is registered. AddSactSession
    // registers it, and then Kestrel disposes the HttpContext. Sessions without the accessor see the reused HttpContext.
    private static Action<WebApplicationBuilder> Reusing(bool reused) => builder =>
    {
        if (reused)
        {
            builder.Services.RemoveAll<IHttpContextAccessor>();
        }
    };

    // The client gets the response a moment before the server ends the request.
    private static async Task EndOf(ISession<IGenericStore> session)
    {
        var limit = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            try
            {
                session.GetKey();
            }
            catch (InvalidOperationException)
            {
                return;
            }

            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(30));
            await Task.Yield();
        }
    }

    private static IEnumerable<Func<ValueTask>> Members(ISession<IGenericStore> session)
    {
        yield return async () => await session.GetAsync();
        yield return async () => await session.GetAsync(reload: true);
        yield return async () => await session.GetAnyAsync();
        yield return () => session.SetAsync("mallory");
        yield return async () => await session.StartAsync();
        yield return async () => await session.UpdateAsync(new() { ["a"] = 1 });
        yield return async () => await session.ModifyAsync<int>("a", a => a + 1);
        yield return async () => await session.RemoveAsync("a");
        yield return () => session.DeleteAsync();
        yield return async () => await session.RenewAsync();
        yield return async () => await session.RenewAsync(immediately: true);
        yield return async () => await session.GetActiveSessionsAsync();
        yield return async () => await session.DeleteOtherSessionsAsync();
        yield return async () => await session.DeleteAllSessionsAsync();
        yield return async () => await session.DeleteSessionAsync(session.Store.GetSessionKey(session.Store.CreateSessionId()));
        yield return () => Sync(() => session.GetSessionId());
        yield return () => Sync(() => session.GetKey());
        yield return () => Sync(() => session.SetCookie());
        yield return () => Sync(() => session.SetCookie(unset: true));
        yield return () => Sync(() => session.SetCustomCookie("theme", "dark"));
        yield return () => Sync(() => session.GetCustomCookie("theme"));
        yield return () => Sync(() => session.SetProtectedCookie("cart", "1"));
        yield return () => Sync(() => session.GetProtectedCookie("cart"));

        static ValueTask Sync(Action action)
        {
            action();
            return ValueTask.CompletedTask;
        }
    }
}
