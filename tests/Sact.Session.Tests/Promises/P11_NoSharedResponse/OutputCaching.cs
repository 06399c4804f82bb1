using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// The framework's output cache ignores Cookie, Vary and Cache-Control. Without the library's help it would serve one user's page to the
/// next.
/// </summary>
public sealed class OutputCaching
{
    public static TheoryData<Served, bool> Positions() => new()
    {
        { Served.TestServer, true }, { Served.TestServer, false }, { Served.Kestrel, true }, { Served.Kestrel, false },
    };

    [Theory]
    [MemberData(nameof(Positions))]
    [Trait("abuse", "I7")]
    public async Task NeverStoresAPageThatUsedTheSession(Served served, bool beforeSessions)
    {
        int rendered = 0;
        await using var site = await StartAsync(
            app =>
            {
                app.MapGet("/me", async (ISession<IGenericStore> session) =>
                    $"{(await session.GetAsync())?.UserId ?? "nobody"} {++rendered}").CacheOutput();
                app.MapGet("/started", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    // The output cache decides when the first byte is written. The session is used later.
                    await context.Response.WriteAsync("welcome, ");
                    await context.Response.WriteAsync($"{(await session.GetAsync())?.UserId ?? "nobody"} {++rendered}");
                }).CacheOutput();
            },
            served,
            beforeSessions);
        var (alice, bob) = (await SignInAsync(site, "alice"), await SignInAsync(site, "bob"));

        foreach (string path in new[] { "/me", "/started" })
        {
            rendered = 0;
            var pages = new List<string>();
            foreach (string? id in new[] { alice, bob, null, alice })
            {
                using var response = await site.SendAsync(path, id);
                Assert.Null(response.Headers.Age);
                pages.Add((await Text(response)).Replace("welcome, ", "", StringComparison.Ordinal));
            }

            Assert.Equal(["alice 1", "bob 2", "nobody 3", "alice 4"], pages);
        }
    }

    [Theory]
    [MemberData(nameof(Positions))]
    [Trait("abuse", "I7")]
    public async Task StillStoresAPageThatDidNotUseTheSession(Served served, bool beforeSessions)
    {
        int rendered = 0;
        await using var site = await StartAsync(
            app => app.MapGet("/news", () => $"news {++rendered}").CacheOutput(),
            served,
            beforeSessions);
        string alice = await SignInAsync(site, "alice");

        using var first = await site.SendAsync("/news");
        using var second = await site.SendAsync("/news", alice);

        // Otherwise the other facts would also hold for a disabled cache.
        Assert.Equal(["news 1", "news 1"], new[] { await Text(first), await Text(second) });
    }

    [Theory]
    [MemberData(nameof(Positions))]
    [Trait("abuse", "I7")]
    public async Task ABasePolicyThatStoresEverythingStoresNoPageThatUsedTheSession(Served served, bool beforeSessions)
    {
        int rendered = 0;
        await using var site = await StartAsync(
            app =>
            {
                app.MapGet("/me", async (ISession<IGenericStore> session) =>
                    $"{(await session.GetAsync())?.UserId ?? "nobody"} {++rendered}");
                app.MapGet("/news", () => $"news {++rendered}");
            },
            served,
            beforeSessions,
            options => options.AddBasePolicy(new StoreEverything()));
        var (alice, bob) = (await SignInAsync(site, "alice"), await SignInAsync(site, "bob"));
        rendered = 0;

        using var one = await site.SendAsync("/me", alice);
        using var two = await site.SendAsync("/me", bob);
        using var news = await site.SendAsync("/news");
        using var same = await site.SendAsync("/news");

        Assert.Equal(
            ["alice 1", "bob 2", "news 3", "news 3"],
            new[] { await Text(one), await Text(two), await Text(news), await Text(same) });
    }

    [Fact]
    [Trait("abuse", "I7")]
    public async Task AWaitingRequestNeverGetsThePageOfAnotherUser()
    {
        // The cache lets one of several requests render and holds the others for its result.
        Gate rendering = new(), waiting = new();
        waiting.Open();
        await using var site = await Site.StartAsync(
            app =>
            {
                MapLogin(app);
                app.Use(async (context, next) =>
                {
                    var rest = next(context);
                    if (context.Request.Headers["X-Second"].Count > 0)
                    {
                        // The call returned an incomplete task: the request waits for the first one.
                        await waiting.PassAsync();
                    }

                    await rest;
                });
                app.UseOutputCache();
                app.MapGet("/me", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    string user = (await session.GetAsync())?.UserId ?? "nobody";
                    if (user == "alice")
                    {
                        await rendering.PassAsync();
                    }

                    return user;
                }).CacheOutput();
            },
            build: builder => builder.Services.AddOutputCache());
        var (alice, bob) = (await SignInAsync(site, "alice"), await SignInAsync(site, "bob"));
        site.Store.Reset();

        var first = site.SendAsync("/me", alice);
        await rendering.Reached;
        using var client = site.Client();
        client.DefaultRequestHeaders.Add("Cookie", "__Host-sid=" + bob);
        client.DefaultRequestHeaders.Add("X-Second", "yes");
        var second = client.GetStringAsync("/me", TestContext.Current.CancellationToken);
        await waiting.Reached;
        Assert.Equal(1, site.Store.Count("get"));
        rendering.Open();

        using var toAlice = await first;
        Assert.Equal("alice", await Text(toAlice));
        Assert.Equal("bob", await second);
    }

    [Fact]
    [Trait("abuse", "I7")]
    public async Task AResponseWithoutABodyIsNotStoredWhereverTheSessionWasUsed()
    {
        // Without a body, the response has not started when the cache decides. The first use comes before the cache middleware.
        await using var site = await Site.StartAsync(
            app =>
            {
                MapLogin(app);
                app.Use(async (context, next) =>
                {
                    await context.GetSactSession().GetAsync();
                    await next(context);
                });
                app.UseOutputCache();
                app.MapGet("/me", async (ISession<IGenericStore> session) =>
                    session.Response.Headers["X-User"] = (await session.GetAsync())?.UserId ?? "nobody").CacheOutput();
                app.MapGet("/empty", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    context.Response.Headers["X-User"] = (await session.GetAsync())?.UserId ?? "nobody";
                }).CacheOutput();
            },
            build: builder => builder.Services.AddOutputCache());
        var (alice, bob) = (await SignInAsync(site, "alice"), await SignInAsync(site, "bob"));

        foreach (string path in new[] { "/me", "/empty" })
        {
            using var one = await site.SendAsync(path, alice);
            using var two = await site.SendAsync(path, bob);

            Assert.Equal(["alice"], one.Headers.GetValues("X-User"));
            Assert.Equal(["bob"], two.Headers.GetValues("X-User"));
        }
    }

    private static Task<Site> StartAsync(
        Action<WebApplication> map, Served served, bool beforeSessions, Action<OutputCacheOptions>? configure = null) => Site.StartAsync(
        app =>
        {
            MapLogin(app);
            if (!beforeSessions)
            {
                app.UseOutputCache();
            }

            map(app);
        },
        build: builder => builder.Services.AddOutputCache(configure ?? (_ => { })),
        served: served,
        before: app =>
        {
            if (beforeSessions)
            {
                // The cache knows endpoint policies only after routing. The base policies and its handling of the response are the same.
                app.UseRouting();
                app.UseOutputCache();
            }
        });

    private static void MapLogin(WebApplication app) =>
        app.MapPost("/login/{user}", async (string user, ISession<IGenericStore> session) => await session.SetAsync(user));

    private static async Task<string> SignInAsync(Site site, string user)
    {
        using var login = await site.SendAsync("/login/" + user, method: HttpMethod.Post);
        return login.SentId()!;
    }

    private static Task<string> Text(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    /// <summary>A policy that a team may write after its pages were not cached. It stores every response.</summary>
    private sealed class StoreEverything : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.EnableOutputCaching = true;
            context.AllowCacheLookup = true;
            context.AllowCacheStorage = true;
            context.AllowLocking = true;
            context.ResponseExpirationTimeSpan = TimeSpan.FromMinutes(1);
            return ValueTask.CompletedTask;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => ValueTask.CompletedTask;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => ValueTask.CompletedTask;
    }
}
