using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>After the response has started, no cookie can be sent. A call that needs one throws.</summary>
public sealed class StartedResponse
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I2")]
    public async Task SendsNoCookieAndSignsNobodyIn(Served served)
    {
        Dictionary<string, Func<ISession<IGenericStore>, ValueTask>> members = new()
        {
            ["SetAsync"] = session => session.SetAsync("bob"),
            ["StartAsync"] = async session => await session.StartAsync(),
            ["RenewAsync"] = async session => await session.RenewAsync(),
            ["RenewAsync immediately"] = async session => await session.RenewAsync(immediately: true),
            ["SetCookie"] = session => Sync(() => session.SetCookie()),
            ["SetCookie unset"] = session => Sync(() => session.SetCookie(unset: true)),
            ["SetCustomCookie"] = session => Sync(() => session.SetCustomCookie("theme", "dark")),
            ["SetCustomCookie unset"] = session => Sync(() => session.SetCustomCookie("theme", null, unset: true)),
            ["SetProtectedCookie"] = session => Sync(() => session.SetProtectedCookie("cart", "1")),
            ["SetProtectedCookie unset"] = session => Sync(() => session.SetProtectedCookie("cart", null, unset: true)),
        };
        var faults = new Dictionary<string, Exception?>();
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    await context.Response.WriteAsync("begun, ");
                    await context.Response.Body.FlushAsync();
                    foreach (var (name, member) in members)
                    {
                        faults[name] = await Record.ExceptionAsync(async () => await member(session));
                    }

                    await context.Response.WriteAsync((await session.GetAsync())?.UserId ?? "nobody");
                });
            },
            options => options.DataProtectionProvider = new EphemeralDataProtectionProvider(),
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        site.Store.Reset();
        using var response = await site.SendAsync("/", login.SentId());

        Assert.Equal("begun, alice", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(members.Keys, faults.Keys);
        Assert.All(
            faults.Values,
            fault =>
                Assert.StartsWith(
                    "The response has started",
                    Assert.IsType<InvalidOperationException>(fault).Message,
                    StringComparison.Ordinal));
        Assert.Empty(response.SetCookies());

        // The refusal comes before any change: the presented session lives, and its secret is unchanged.
        Assert.Equal(0, site.Store.Count("create") + site.Store.Count("delete"));
        Assert.InRange(site.Store.Count("update"), 0, 1);
        using var again = await site.SendAsync("/", login.SentId());
        Assert.Equal("begun, alice", await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        static ValueTask Sync(Action action)
        {
            action();
            return ValueTask.CompletedTask;
        }
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I2")]
    public async Task ASignInThatItOvertakesIsUndone(Served served)
    {
        Exception? fault = null;
        await using var site = await Site.StartAsync(
            app => app.MapPost("/", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                ((ProbeStore)session.Store).After = (verb, _) =>
                    verb == "create" ? new(context.Response.StartAsync(CancellationToken.None)) : ValueTask.CompletedTask;
                fault = await Record.ExceptionAsync(async () => await session.SetAsync("alice"));
                Assert.Null(await session.GetAsync());
            }),
            served: served);
        using var response = await site.SendAsync("/", method: HttpMethod.Post);

        Assert.IsType<InvalidOperationException>(fault);
        Assert.Empty(response.SetCookies());
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    public static TheoryData<Served, string, bool> Overtaken =>
    [
        .. from served in Enum.GetValues<Served>()
           from what in new[] { "sign in", "start", "replace" }
           from held in new[] { false, true }
           select (served, what, held),
    ];

    /// <summary>
    /// The store call is held before it writes or before its answer is returned, and the response starts meanwhile. The secret can reach
    /// nobody, so the session must end.
    /// </summary>
    [Theory]
    [MemberData(nameof(Overtaken))]
    [Trait("abuse", "I2")]
    public async Task ASessionThatItOvertakesInTheStoreIsEnded(Served served, string what, bool answerIsHeld)
    {
        var gate = new Gate();
        Exception? fault = null;
        SessionData? after = null;
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapPost("/", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    await session.GetAsync();
                    var store = (ProbeStore)session.Store;
                    string verb = what == "replace" ? "update" : "create";
                    Func<string, CancellationToken, ValueTask> hold = (called, _) => called == verb ? gate.PassAsync() : default;
                    (store.Before, store.After) = (answerIsHeld ? null : hold, answerIsHeld ? hold : null);
                    var started = Task.Run(async () =>
                    {
                        await (what switch
                        {
                            "sign in" => session.SetAsync("alice").AsTask(),
                            "start" => session.StartAsync().AsTask(),
                            _ => session.RenewAsync(immediately: true).AsTask(),
                        });
                    });
                    await gate.Reached;
                    await context.Response.WriteAsync("begun");
                    await context.Response.Body.FlushAsync();
                    gate.Open();
                    fault = await Record.ExceptionAsync(() => started);
                    (store.Before, store.After) = (null, null);
                    after = await session.GetAnyAsync();
                });
            },
            served: served);
        using var login = what == "replace" ? await site.SendAsync("/login", method: HttpMethod.Post) : null;
        using var response = await site.SendAsync("/", login?.SentId(), HttpMethod.Post);
        Assert.Equal("begun", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith("The response has started", Assert.IsType<InvalidOperationException>(fault).Message, StringComparison.Ordinal);
        Assert.Empty(response.SetCookies());
        Assert.Null(after);
        Assert.Equal(1, site.Store.Count("delete"));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Served.TestServer, false, "alice")]
    [InlineData(Served.Kestrel, false, "alice")]
    // An immediate renewal refuses the old secret and cannot send the new one, so it ends the session.
    [InlineData(Served.TestServer, true, "nobody")]
    [InlineData(Served.Kestrel, true, "nobody")]
    [Trait("abuse", "I2")]
    public async Task ARenewalThatItOvertakesLeavesNoUnsentSecretValid(Served served, bool immediately, string after)
    {
        Exception? fault = null;
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
                app.MapPost("/renew", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    await session.GetAsync();
                    ((ProbeStore)session.Store).After = (verb, _) =>
                        verb == "update" ? new(context.Response.StartAsync(CancellationToken.None)) : ValueTask.CompletedTask;
                    fault = await Record.ExceptionAsync(async () => await session.RenewAsync(immediately));
                    ((ProbeStore)session.Store).After = null;
                });
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var renewal = await site.SendAsync("/renew", login.SentId(), HttpMethod.Post);
        using var me = await site.SendAsync("/me", login.SentId());

        Assert.IsType<InvalidOperationException>(fault);
        Assert.Empty(renewal.SetCookies());
        Assert.Equal(after, await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I2")]
    public async Task SigningOutStillEndsTheSession(Served served)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapPost("/logout", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    await context.Response.StartAsync();
                    await session.DeleteAsync();
                    await context.Response.WriteAsync((await session.GetAsync())?.UserId ?? "nobody");
                });
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var logout = await site.SendAsync("/logout", login.SentId(), HttpMethod.Post);

        Assert.Equal("nobody", await logout.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(logout.SetCookies());
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }
}
