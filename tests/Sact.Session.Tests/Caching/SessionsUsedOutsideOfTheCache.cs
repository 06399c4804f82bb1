using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests.Caching;

/// <summary>The session is used only outside of the cache, as the scheme does in the default order of <c>WebApplication</c>.</summary>
public sealed class SessionsUsedOutsideOfTheCache
{
    private static readonly string[] s_pages = ["/text", "/empty", "/raw", "/writer", "/file", "/fixed"];

    public static TheoryData<SharedCache, Served, OuterUse> Places() =>
        new(from cache in Enum.GetValues<SharedCache>()
            from served in Enum.GetValues<Served>()
            from use in Enum.GetValues<OuterUse>()
            select (cache, served, use));

    public static TheoryData<SharedCache, OtherBody> Bodies() =>
        new(from cache in Enum.GetValues<SharedCache>() from other in Enum.GetValues<OtherBody>() select (cache, other));

    [Theory]
    [MemberData(nameof(Places))]
    [Trait("abuse", "K2")]
    [Trait("abuse", "K3")]
    public async Task NoUserReceivesThePageOfAnother(SharedCache cache, Served served, OuterUse use)
    {
        await using var site = await SharedCachesSite.StartAsync(MapPages, cache, served, use);

        foreach (string page in s_pages)
        {
            await site.ServesEachUserTheirOwnAsync(page);
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    [Trait("abuse", "K3")]
    public async Task NoUserReceivesThePageOfAnotherWhereTheBodyIsReplaced(SharedCache cache, OtherBody other)
    {
        await using var site = await SharedCachesSite.StartAsync(MapPages, cache, other: other);

        foreach (string page in s_pages)
        {
            await site.ServesEachUserTheirOwnAsync(page);
        }
    }

    [Theory]
    [InlineData(Served.TestServer, OuterUse.Scheme)]
    [InlineData(Served.TestServer, OuterUse.Middleware)]
    [InlineData(Served.TestServer, OuterUse.Tickets)]
    [InlineData(Served.Kestrel, OuterUse.Scheme)]
    [InlineData(Served.Kestrel, OuterUse.Middleware)]
    [InlineData(Served.Kestrel, OuterUse.Tickets)]
    [Trait("abuse", "K2")]
    public async Task NoUserReceivesThePageOfAnotherUnderTheResponseCacheAttribute(Served served, OuterUse use)
    {
        await using var site = await SharedCachesSite.StartAsync(app => app.MapControllers(), SharedCache.Response, served, use);

        await site.ServesEachUserTheirOwnAsync("/cached-by-attribute");
    }

    [Theory]
    [InlineData(OtherBody.None)]
    [InlineData(OtherBody.CompressionInside)]
    [InlineData(OtherBody.BufferInside)]
    [Trait("abuse", "K3")]
    public async Task APolicyThatAllowsStorageAtTheEndIsOverruled(OtherBody other)
    {
        await using var site = await SharedCachesSite.StartAsync(
            MapPages, SharedCache.Output, other: other, output: options => options.AddBasePolicy(new StoreAtTheEnd()));

        foreach (string page in s_pages)
        {
            await site.ServesEachUserTheirOwnAsync(page);
        }
    }

    [Theory]
    [InlineData(OtherBody.None)]
    [InlineData(OtherBody.CompressionOutside)]
    [Trait("abuse", "K2")]
    public async Task APageThatUsesTheSessionOnlyAfterItsFirstByteIsNotStored(OtherBody other)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                if (other == OtherBody.CompressionOutside)
                {
                    app.UseResponseCompression();
                }

                app.UseResponseCaching();
                app.MapPost("/login/{user}", async (string user, HttpContext context) => await context.GetSactSession().SetAsync(user));
                app.MapGet("/late", async context =>
                {
                    context.Response.Headers.CacheControl = "public, max-age=600";
                    context.Response.ContentType = "text/plain";
                    await context.Response.Body.WriteAsync("for "u8.ToArray());
                    await context.Response.WriteAsync((await context.GetSactSession().GetAsync())?.UserId ?? "nobody");
                });
            },
            build: builder => builder.Services.AddResponseCaching().AddResponseCompression(options => options.EnableForHttps = true));
        string alice = await site.LoginAsync("alice");

        using var hers = await site.SendAsync("/late", alice);
        using var nobodys = await site.SendAsync("/late");

        Assert.Equal("for alice", await hers.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("for nobody", await nobodys.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static void MapPages(WebApplication app)
    {
        Map("/text", context => context.Response.WriteAsync("for " + SharedCachesSite.User(context)));
        Map("/empty", static _ => Task.CompletedTask);
        Map("/raw", context => context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(SharedCachesSite.User(context))).AsTask());
        Map("/writer", context =>
        {
            context.Response.BodyWriter.Write(Encoding.UTF8.GetBytes(SharedCachesSite.User(context)));
            return Task.CompletedTask;
        });
        Map("/file", context => context.Response.SendFileAsync(typeof(SessionsUsedOutsideOfTheCache).Assembly.Location, 0, 100));
        Map("/fixed", context =>
        {
            byte[] body = Encoding.UTF8.GetBytes(SharedCachesSite.User(context));
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body).AsTask();
        });

        void Map(string path, RequestDelegate page) => app.MapMethods(path, ["GET", "HEAD"], async context =>
        {
            // Vary is removed as the attribute of MVC does it.
            context.Response.Headers.Remove("Vary");
            context.Response.Headers.CacheControl = "public, max-age=600";
            context.Response.ContentType = "text/plain";
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await page(context);
            }
        }).CacheOutput();
    }

    private sealed class StoreAtTheEnd : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.EnableOutputCaching = context.AllowCacheLookup = context.AllowCacheStorage = true;
            return ValueTask.CompletedTask;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => ValueTask.CompletedTask;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.AllowCacheStorage = true;
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>A page under the attribute that removes Vary and writes public.</summary>
[ApiController]
public sealed class CachedByAttributeController : ControllerBase
{
    [HttpGet("/cached-by-attribute")]
    [HttpHead("/cached-by-attribute")]
    [ResponseCache(Duration = 600)]
    public string Get() => User.Identity?.Name ?? "nobody";
}
