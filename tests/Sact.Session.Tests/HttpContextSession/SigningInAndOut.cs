using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>Whose values they are: set before and after a sign-in or a sign-out, and by a late request.</summary>
public sealed class SigningInAndOut
{
    [Fact]
    [Trait("abuse", "C17")]
    public async Task SigningInDropsTheValuesOfAnAnonymousSession()
    {
        await using var site = await BridgedSite.StartAsync(Map);
        string? planted = await site.DoAsync("/set/basket/poison");

        string? alice = await site.DoAsync("/login/alice", planted);

        Assert.Equal(["role"], await site.FieldsAsync(alice!));
        Assert.Equal("nothing", await site.TextAsync("/get/basket", alice));
        Assert.Equal("nothing", await site.TextAsync("/get/basket", planted));
    }

    [Fact]
    [Trait("abuse", "C17")]
    public async Task SigningInKeepsThemIfTheOptionIsSet()
    {
        await using var site = await BridgedSite.StartAsync(Map, bridge: options => options.KeepAtSignIn = true);
        string? visitor = await site.DoAsync("/set/basket/apples");
        await site.DoAsync("/set/page/3", visitor);

        string? alice = await site.DoAsync("/login/alice", visitor);

        Assert.NotEqual(visitor, alice);
        Assert.Equal(["$~$http.basket", "$~$http.page", "role"], await site.FieldsAsync(alice!));
        Assert.Equal("apples", await site.TextAsync("/get/basket", alice));

        // The values moved: the old session has ended, so a sign-in with its id finds nothing to keep.
        string? bob = await site.DoAsync("/login/bob", visitor);
        Assert.Equal(["role"], await site.FieldsAsync(bob!));
    }

    /// <summary>The password is checked after the session was read, and that takes a while.</summary>
    [Fact]
    [Trait("abuse", "C17")]
    public async Task SigningInKeepsWhatAnotherRequestHasSetMeanwhile()
    {
        Func<Task> meanwhile = static () => Task.CompletedTask;
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                Map(app);
                app.MapGet("/slow-login", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    Assert.Equal("apples", context.Session.GetString("basket"));
                    await meanwhile();
                    await session.SetAsync("alice");
                });
            },
            bridge: options => options.KeepAtSignIn = true);
        string? visitor = await site.DoAsync("/set/basket/apples");
        meanwhile = async () => await site.DoAsync("/set/basket/pears", visitor);

        string? alice = await site.DoAsync("/slow-login", visitor);

        Assert.Equal("pears", await site.TextAsync("/get/basket", alice));
    }

    [Fact]
    [Trait("abuse", "C17")]
    [Trait("abuse", "C8")]
    public async Task SigningInNeverKeepsValuesOfAnUnverifiedOrSignedInSession()
    {
        await using var site = await BridgedSite.StartAsync(Map, bridge: options => options.KeepAtSignIn = true);
        string? planted = await site.DoAsync("/set/basket/poison");
        string invented = planted![..24] + site.Store.CreateSessionId()[24..];

        string? alice = await site.DoAsync("/login/alice", invented);
        await site.DoAsync("/set/secret/hers", alice);
        string? bob = await site.DoAsync("/login/bob", alice);

        Assert.Equal(["role"], await site.FieldsAsync(bob!));
        Assert.Equal("poison", await site.TextAsync("/get/basket", planted));
        Assert.Equal("nothing", await site.TextAsync("/get/secret", bob));
    }

    [Fact]
    [Trait("abuse", "C17")]
    public async Task AFullAnonymousSessionDoesNotPreventSigningIn()
    {
        var log = new EventLog();
        await using var site = await BridgedSite.StartAsync(
            Map,
            bridge: options => options.KeepAtSignIn = true,
            configure: options => options.MaxRecordBytes = 300,
            build: builder => builder.Logging.AddProvider(log));
        string? full = await site.DoAsync("/set/basket/" + new string('x', 208));

        string? alice = await site.DoAsync("/login/alice", full);

        Assert.Equal("alice", await site.TextAsync("/who", alice));
        Assert.Equal(["role"], await site.FieldsAsync(alice!));
        Assert.Contains(log.Events, entry => entry is { Id: 43, Level: LogLevel.Warning });
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Trait("abuse", "C17")]
    public async Task ValuesSetAfterASignInAreKeptAndThoseSetBeforeItOnlyByTheOption(bool keep, bool anonymous)
    {
        var log = new EventLog();
        string?[] seen = [];
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                Map(app);
                app.MapGet("/both", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    context.Session.SetString("before", "1");
                    await session.SetAsync("alice");
                    seen = [context.Session.GetString("before"), context.Session.GetString("earlier")];
                    context.Session.SetString("after", "2");
                });
            },
            bridge: options => options.KeepAtSignIn = keep,
            build: builder => builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log));
        string? visitor = anonymous ? await site.DoAsync("/set/earlier/0") : null;

        string? alice = await site.DoAsync("/both", visitor);

        Assert.Equal([keep ? "1" : null, keep && anonymous ? "0" : null], seen);
        Assert.Equal(
            !keep ? ["$~$http.after"]
            : anonymous ? ["$~$http.after", "$~$http.before", "$~$http.earlier"]
            : ["$~$http.after", "$~$http.before"],
            await site.FieldsAsync(alice!));
        Assert.Equal(!keep, log.Events.Any(entry => entry.Id == 42));
        Assert.Equal("alice", await site.TextAsync("/who", alice));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SigningInOverAnotherUserKeepsNoValueOfTheFirst(bool keep)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                Map(app);
                app.MapGet("/switch", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    context.Session.SetString("hers", "1");
                    await session.SetAsync("bob");
                    context.Session.SetString("his", "2");
                });
            },
            bridge: options => options.KeepAtSignIn = keep);
        string? alice = await site.DoAsync("/login/alice");

        Assert.Equal(["$~$http.his"], await site.FieldsAsync((await site.DoAsync("/switch", alice))!));
    }

    [Fact]
    public async Task ValuesSetAfterASignOutBelongToANewVisitor()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            Map(app);
            app.MapGet("/leave", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                context.Session.SetString("hers", "1");
                await session.DeleteAsync();
                Assert.Empty(context.Session.Keys);
                context.Session.SetString("message", "bye");
            });
        });
        string? alice = await site.DoAsync("/login/alice");
        await site.DoAsync("/set/old/0", alice);

        using var response = await site.SendAsync("/leave", alice);
        string visitor = response.SentId()!;

        Assert.Single(response.SetCookies());
        Assert.Equal(["$~$http.message"], await site.FieldsAsync(visitor));
        Assert.Equal("nobody", await site.TextAsync("/who", visitor));
        Assert.Empty(await site.FieldsAsync(alice!));
    }

    [Theory]
    [InlineData(Served.TestServer, "alice")]
    [InlineData(Served.Kestrel, "alice")]
    [InlineData(Served.TestServer, null)]
    [InlineData(Served.Kestrel, null)]
    [Trait("abuse", "D1")]
    public async Task ASlowRequestRevivesNothingAfterASignOut(Served served, string? user)
    {
        var log = new EventLog();
        var gate = new Gate();
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                Map(app);
                app.MapGet("/slow", async (HttpContext context) =>
                {
                    context.Session.SetString("late", "1");
                    await gate.PassAsync();
                });
            },
            served,
            build: builder => builder.Logging.AddProvider(log));
        string? id = user is null ? await site.DoAsync("/set/a/b") : await site.DoAsync("/login/" + user);

        var slow = site.SendAsync("/slow", id);
        await gate.Reached;
        await site.DoAsync("/logout", id);
        gate.Open();
        using var response = await slow;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(response.SetCookies());
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
        Assert.Equal("nothing", await site.TextAsync("/get/late", id));
        Assert.Contains(log.Events, entry => entry is { Id: 41, Level: LogLevel.Information });
    }

    [Fact]
    public async Task AnEndDuringTheRequestMakesTheSessionUnavailable()
    {
        bool[] available = [];
        await using var site = await BridgedSite.StartAsync(app =>
        {
            Map(app);
            app.MapGet("/ended", async (HttpContext context, IGenericStore store) =>
            {
                context.Session.SetString("late", "1");
                await store.DeleteActiveSessionsAsync("alice");
                await context.Session.CommitAsync();
                available = [context.Session.IsAvailable];
                context.Session.SetString("later", "2");
                Assert.Empty(context.Session.Keys);
            });
        });
        string? id = await site.DoAsync("/login/alice");

        await site.DoAsync("/ended", id);

        Assert.Equal([false], available);
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "D3")]
    public async Task ARequestWhoseIdIsReplacedImmediatelyWritesNothing()
    {
        var gate = new Gate();
        await using var site = await BridgedSite.StartAsync(app =>
        {
            Map(app);
            app.MapGet("/renew", async (ISession<IGenericStore> session) => await session.RenewAsync(immediately: true));
            app.MapGet("/slow", async (HttpContext context) =>
            {
                context.Session.SetString("late", "1");
                await gate.PassAsync();
            });
        });
        string? id = await site.DoAsync("/login/alice");

        var slow = site.SendAsync("/slow", id);
        await gate.Reached;
        string? renewed = await site.DoAsync("/renew", id);
        gate.Open();
        (await slow).Dispose();

        Assert.Equal("nothing", await site.TextAsync("/get/late", renewed));
        Assert.Equal("alice", await site.TextAsync("/who", renewed));
    }

    /// <summary>
    /// Two requests replace the id in parallel (a form sent twice), or one arrives late: no anonymous session replaces the newer cookie.
    /// </summary>
    [Theory]
    [InlineData("/lose")]
    [InlineData("/start")]
    [InlineData("/set/message/hello")]
    [Trait("abuse", "D3")]
    public async Task ARequestWithAReplacedIdStartsNoSessionOverTheNewerCookie(string path)
    {
        Func<Task<string?>> renew = () => throw new InvalidOperationException();
        string? renewed = null;
        await using var site = await BridgedSite.StartAsync(app =>
        {
            Map(app);
            app.MapGet("/renew", async (ISession<IGenericStore> session) => await session.RenewAsync(immediately: true));
            app.MapGet("/start", async (ISession<IGenericStore> session) => await session.StartAsync());
            app.MapGet("/lose", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                Assert.NotNull(await session.GetAsync());
                renewed = await renew();
                await session.DeleteOtherSessionsAsync(renewCurrent: true);
                Assert.Null(await session.GetAsync());
                context.Session.SetString("message", "changed");
            });
        });
        string? id = await site.DoAsync("/login/alice");
        renew = () => site.DoAsync("/renew", id);
        renewed = path == "/lose" ? null : await renew();

        using var response = await site.SendAsync(path, id);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(response.SetCookies());
        Assert.Equal("alice", await site.TextAsync("/who", renewed));
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task ARenewalKeepsTheValues()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            Map(app);
            app.MapGet("/renew", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                context.Session.SetString("before", "1");
                await session.RenewAsync(immediately: true);
                context.Session.SetString("after", "2");
            });
        });
        string? id = await site.DoAsync("/login/alice");

        string? renewed = await site.DoAsync("/renew", id);

        Assert.Equal("after,before", await site.TextAsync("/keys", renewed));
        Assert.Equal(await site.TextAsync("/id", renewed), renewed![..24]);
    }

    [Fact]
    public async Task APendingSignInKeepsItsValues()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            Map(app);
            app.MapGet("/first", async (ISession<IGenericStore> session) => await session.SetPendingAsync("alice"));
            app.MapGet("/second", async (ISession<IGenericStore> session) => await session.RaiseAsync(2));
        });
        string? pending = await site.DoAsync("/first");
        await site.DoAsync("/set/page/orders", pending);

        string? alice = await site.DoAsync("/second", pending);

        Assert.Equal(["alice", "orders"], new[] { await site.TextAsync("/who", alice), await site.TextAsync("/get/page", alice) });
    }

    [Fact]
    public async Task MetadataAndValuesOfTheSameNameAreSeparate()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            Map(app);
            app.MapGet("/update", async (ISession<IGenericStore> session) => await session.UpdateAsync(new() { ["theme"] = "dark" }));
            app.MapGet("/me", async (ISession<IGenericStore> session) =>
                string.Join(',', (await session.GetAsync())!.Fields.Select(field => field.Key)));
            app.MapGet("/clear", (HttpContext context) => context.Session.Clear());
        });
        string? id = await site.DoAsync("/login/alice");
        await site.DoAsync("/set/theme/light", id);
        await site.DoAsync("/update", id);

        Assert.Equal(["role,theme", "light"], new[] { await site.TextAsync("/me", id), await site.TextAsync("/get/theme", id) });
        await site.DoAsync("/clear", id);
        Assert.Equal(["role,theme", "nothing"], new[] { await site.TextAsync("/me", id), await site.TextAsync("/get/theme", id) });
    }

    private static void Map(WebApplication app)
    {
        BridgedSite.Map(app);
        app.MapGet("/login/{user}", async (string user, ISession<IGenericStore> session) =>
            await session.SetAsync(user, new() { ["role"] = "user" })).WithOrder(-1);
    }
}
