using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// A request that runs on a new context over a copy of the features of another one, as in a batch. It has its own cookies.
/// </summary>
[Trait("abuse", "K23")]
public sealed class ForkedRequests
{
    public static TheoryData<Served, bool> Sites => new()
    {
        { Served.TestServer, true }, { Served.TestServer, false }, { Served.Kestrel, true }, { Served.Kestrel, false },
    };

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task WithoutACookieAreNobody(Served served, bool layered)
    {
        await using var site = await StartAsync(served, async (context, _) =>
        {
            Assert.Equal("alice", await WhoAsync(context));
            var fork = Fork(context, layered);
            Assert.Null(await WhoAsync(fork));
            Assert.Null(await WhoAsync(fork, "admin"));
            Assert.Equal("alice", await WhoAsync(context));
            Assert.Equal("root", await WhoAsync(context, "admin"));
        });

        await RunAsync(site);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task AreWhomTheirOwnCookieSays(Served served, bool layered)
    {
        await using var site = await StartAsync(served, async (context, bob) =>
        {
            Assert.Equal("alice", await WhoAsync(context));
            Assert.Equal("bob", await WhoAsync(Fork(context, layered, bob)));
            Assert.Equal("alice", await WhoAsync(context));
        });

        await RunAsync(site);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task SignInAndOutForThemselves(Served served, bool layered)
    {
        await using var site = await StartAsync(served, async (context, _) =>
        {
            Assert.Equal("alice", await WhoAsync(context));
            var fork = Fork(context, layered);
            await fork.GetSactSession().SetAsync("carol");
            Assert.StartsWith("__Host-sid=", fork.Response.Headers.SetCookie.ToString(), StringComparison.Ordinal);
            await fork.GetSactSession().DeleteAsync();
            Assert.Equal("alice", (await context.GetSactSession().GetAsync(reload: true))?.UserId);
            Assert.True(Microsoft.Extensions.Primitives.StringValues.IsNullOrEmpty(context.Response.Headers.SetCookie));
        });

        await RunAsync(site);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task HaveTheirOwnHttpContextSessionInThePipeline(Served served, bool layered)
    {
        RequestDelegate? inner = null;
        string? seen = null;
        await using var site = await StartAsync(
            served,
            async (context, _) =>
            {
                context.Session.SetString("key", "alice's");
                await inner!(Fork(context, layered));
                Assert.Equal("alice's", context.Session.GetString("key"));
            },
            app =>
            {
                var branch = ((IApplicationBuilder)app).New();
                branch.UseSactSession();
                branch.Run(context =>
                {
                    seen = context.Session.GetString("key") ?? "nothing";
                    return Task.CompletedTask;
                });
                inner = branch.Build();
            });

        await RunAsync(site);

        Assert.Equal("nothing", seen);
    }

    [Fact]
    public async Task AnotherContextOverTheSameFeaturesIsTheSameRequest()
    {
        await using var site = await StartAsync(Served.TestServer, async (context, _) =>
        {
            await context.GetSactSession().SetAsync("dave");
            var view = new DefaultHttpContext(context.Features)
            {
                ServiceScopeFactory = ((DefaultHttpContext)context).ServiceScopeFactory,
            };
            Assert.Equal("dave", await WhoAsync(view));
        });

        await RunAsync(site);
    }

    [Fact]
    public async Task OfARequestThatHasEndedGetNothing()
    {
        HttpContext? kept = null;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await StartAsync(Served.TestServer, async (context, _) =>
        {
            // Callbacks run in reverse order, so this one runs after that of the library.
            context.Response.OnCompleted(() =>
            {
                ended.SetResult();
                return Task.CompletedTask;
            });
            Assert.Equal("alice", await WhoAsync(context));
            kept = Fork(context, layered: false);
        });
        await RunAsync(site);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<InvalidOperationException>(() => WhoAsync(kept!));
    }

    private static async Task<string?> WhoAsync(HttpContext context, string? name = null) =>
        (await context.GetSactSession(name).GetAsync())?.UserId;

    private static DefaultHttpContext Fork(HttpContext context, bool layered, string? cookie = null)
    {
        var features = layered ? new FeatureCollection(context.Features) : new FeatureCollection();
        if (!layered)
        {
            foreach (var (type, feature) in context.Features)
            {
                features[type] = feature;
            }
        }

        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Scheme = "https", Path = "/", Headers = { Cookie = cookie } });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        return new DefaultHttpContext(features) { ServiceScopeFactory = ((DefaultHttpContext)context).ServiceScopeFactory };
    }

    private static async Task RunAsync(Site site)
    {
        string alice = (await site.DoAsync("/login/alice"))!;
        string bob = (await site.DoAsync("/login/bob"))!;
        using var client = site.Client();
        using var login = await client.GetAsync(new Uri("/admin", UriKind.Relative), TestContext.Current.CancellationToken);
        string root = Assert.Single(login.SetCookies()).Split(';')[0];
        using var request = new HttpRequestMessage(HttpMethod.Get, "/run?bob=" + bob);
        request.Headers.Add("Cookie", $"__Host-sid={alice}; {root}");

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("done", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Task<Site> StartAsync(Served served, Func<HttpContext, string, Task> run, Action<WebApplication>? map = null) =>
        Site.StartAsync(
            app =>
            {
                map?.Invoke(app);
                app.MapGet("/login/{user}", async (string user, ISactSession session) => await session.SetAsync(user));
                app.MapGet("/admin", async (HttpContext context) => await context.GetSactSession("admin").SetAsync("root"));
                app.MapGet("/run", async (HttpContext context, string bob) =>
                {
                    await run(context, "__Host-sid=" + bob);
                    return "done";
                });
            },
            build: builder =>
            {
                builder.Services.AddSactSession().AddHttpContextSession();
                builder.Services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin");
            },
            served: served);
}
