using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A controller of the test site.</summary>
[Route("controller")]
public sealed class WhoController(ISession<IGenericStore> session, Session<ProbeStore> own) : ControllerBase
{
    [HttpGet]
    public async Task<string> Get() => ReferenceEquals(session, own) ? (await session.GetAsync())?.UserId ?? "nobody" : "two sessions";

    [HttpGet("action")]
    public async Task<string> Action([FromServices] ISession<ProbeStore> given) =>
        ReferenceEquals(session, given) ? (await given.GetAsync())?.UserId ?? "nobody" : "two sessions";
}

/// <summary>Controllers, pages, middleware, minimal APIs and filters get the session injected.</summary>
public sealed class SessionInjection
{
    [Theory]
    [InlineData("/controller")]
    [InlineData("/controller/action")]
    [InlineData("/page")]
    [InlineData("/minimal")]
    [InlineData("/filtered")]
    [InlineData("/by-hand")]
    [InlineData("/conventional")]
    [InlineData("/factory")]
    public async Task GivesEveryKindOfHandlerTheSessionForOneRead(string path)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.UseMiddleware<ConventionalMiddleware>();
                app.UseMiddleware<FactoryMiddleware>();
                app.MapControllers();
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/minimal", async (ISession<IGenericStore> session) => await Who(session));
                app.MapGet("/by-hand", async (HttpContext context, CancellationToken _) => await Who(context.GetSactSession<ProbeStore>()));
                app.MapGet("/page", async (IServiceProvider services) =>
                    await ActivatorUtilities.CreateInstance<Page>(services).OnGetAsync());
                app.MapGet("/filtered", (HttpContext context) => (string?)context.Items["who"]).AddEndpointFilter(async (context, next) =>
                {
                    context.HttpContext.Items["who"] = await Who(context.HttpContext.GetSactSession());
                    return await next(context);
                });
            },
            build: builder =>
            {
                builder.Services.AddScoped<FactoryMiddleware>();
                builder.Services.AddControllers().AddApplicationPart(typeof(WhoController).Assembly);
            });
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var first = await site.SendAsync(path, login.SentId());
        site.Store.Reset();

        using var me = await site.SendAsync(path, login.SentId());

        Assert.Equal("alice", (await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Trim('"'));
        Assert.Equal(["get"], site.Store.Calls);
        using var nobody = await site.SendAsync(path);
        Assert.Equal("nobody", (await nobody.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Trim('"'));
    }

    [Fact]
    public async Task OfAnUnregisteredStoreFailsOnlyThatHandlerAndSaysWhy()
    {
        Exception? seen = null;
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapGet("/wrong", (ISession<ApplicationStore> session) => session.ToString());
                app.MapGet("/wrong-class", (Session<ApplicationStore> session) => session.ToString());
                app.MapGet("/right", async (ISession<IGenericStore> session) => await Who(session));
                app.MapGet("/none", () => "here");
            },
            before: app => app.Use(async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (Exception fault) when (fault is not SessionStoreException)
                {
                    seen = fault;
                    context.Response.StatusCode = 500;
                }
            }));

        foreach (string path in new[] { "/wrong", "/wrong-class" })
        {
            seen = null;
            using var wrong = await site.SendAsync(path);
            Assert.Equal(HttpStatusCode.InternalServerError, wrong.StatusCode);
            Assert.Contains(
                "No session is registered over ApplicationStore. Inject ISactSession",
                Assert.IsType<InvalidOperationException>(seen).Message,
                StringComparison.Ordinal);
        }

        using var right = await site.SendAsync("/right");
        using var none = await site.SendAsync("/none");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (right.StatusCode, none.StatusCode));
    }

    private static async Task<string> Who(ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody";

    private sealed class Page(ISession<IGenericStore> session) : PageModel
    {
        public Task<string> OnGetAsync() => Who(session);
    }

    private sealed class ConventionalMiddleware(RequestDelegate next)
    {
        public async Task InvokeAsync(HttpContext context, ISession<IGenericStore> session)
        {
            if (context.Request.Path == "/conventional")
            {
                await context.Response.WriteAsync(await Who(session));
                return;
            }

            await next(context);
        }
    }

    private sealed class FactoryMiddleware(ISession<ProbeStore> session) : IMiddleware
    {
        public async Task InvokeAsync(HttpContext context, RequestDelegate next)
        {
            if (context.Request.Path == "/factory")
            {
                await context.Response.WriteAsync(await Who(session));
                return;
            }

            await next(context);
        }
    }
}
