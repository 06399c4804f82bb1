using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>The framework's response cache follows the headers, as a proxy does.</summary>
public sealed class ResponseCaching
{
    [Theory]
    [InlineData(Served.TestServer, true, null)]
    [InlineData(Served.TestServer, false, null)]
    [InlineData(Served.Kestrel, true, null)]
    [InlineData(Served.Kestrel, false, null)]
    [InlineData(Served.TestServer, true, "Accept")]
    [Trait("abuse", "I7")]
    public async Task AnotherUserDoesNotGetTheFirstUsersPage(Served served, bool first, string? vary)
    {
        await using var site = await StartAsync(served, async context =>
        {
            if (first)
            {
                SetHeaders(context.Response);
            }

            string user = (await context.GetSactSession().GetAsync())?.UserId ?? "nobody";
            if (!first)
            {
                SetHeaders(context.Response);
            }

            return user;
        });
        var pages = new List<string>();
        foreach (string? user in new[] { "alice", "bob", null, "alice" })
        {
            string? id = null;
            if (user is not null)
            {
                using var login = await site.SendAsync("/login/" + user, method: HttpMethod.Post);
                id = login.SentId();
            }

            using var page = await site.SendAsync("/page", id);
            Assert.Null(page.Headers.Age);
            pages.Add(await Text(page));
        }

        Assert.Equal(["alice", "bob", "nobody", "alice"], pages);

        void SetHeaders(HttpResponse response)
        {
            response.Headers.CacheControl = "public, max-age=600";
            if (vary is not null)
            {
                response.Headers.Vary = vary;
            }
        }
    }

    /// <summary>
    /// <c>[ResponseCache(Duration = 600)]</c> removes Vary and sets public after the session was read. The cache decides at the first byte
    /// of the body.
    /// </summary>
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I4")]
    [Trait("abuse", "I7")]
    public async Task AnotherUserDoesNotGetItEvenIfTheApplicationRemovesVary(Served served)
    {
        await using var site = await StartAsync(served, async context =>
        {
            string user = (await context.GetSactSession().GetAsync())?.UserId ?? "nobody";
            context.Response.Headers.Vary = default;
            context.Response.Headers.CacheControl = "public, max-age=600";
            return user;
        });
        using var login = await site.SendAsync("/login/alice", method: HttpMethod.Post);
        using var alices = await site.SendAsync("/page", login.SentId());
        using var nobodys = await site.SendAsync("/page");

        Assert.Equal(["alice", "nobody"], new[] { await Text(alices), await Text(nobodys) });
        Assert.True(alices.Headers.CacheControl!.Private);
        Assert.Equal("Cookie", Assert.Single(alices.Headers.Vary));
    }

    /// <summary>Without a body, the response starts only after the cache has decided.</summary>
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I7")]
    public async Task AnotherUserDoesNotGetAResponseWithoutABody(Served served)
    {
        await using var site = await StartAsync(served, async context =>
        {
            context.Response.Headers["X-User"] = (await context.GetSactSession().GetAsync())?.UserId ?? "nobody";
            context.Response.Headers.Vary = default;
            context.Response.Headers.CacheControl = "public, max-age=600";
            return "";
        });
        using var login = await site.SendAsync("/login/alice", method: HttpMethod.Post);
        using var alices = await site.SendAsync("/page", login.SentId());
        using var nobodys = await site.SendAsync("/page");

        Assert.Equal("alice", Assert.Single(alices.Headers.GetValues("X-User")));
        Assert.Equal("nobody", Assert.Single(nobodys.Headers.GetValues("X-User")));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I7")]
    public async Task APageThatDidNotUseTheSessionIsStored(Served served)
    {
        // Otherwise the other facts would also hold for a disabled cache.
        int rendered = 0;
        await using var site = await StartAsync(served, context =>
        {
            context.Response.Headers.CacheControl = "public, max-age=600";
            return Task.FromResult($"news {++rendered}");
        });
        using var first = await site.SendAsync("/page");
        using var second = await site.SendAsync("/page");

        Assert.Equal(["news 1", "news 1"], new[] { await Text(first), await Text(second) });
    }

    private static Task<Site> StartAsync(Served served, Func<HttpContext, Task<string>> page) => Site.StartAsync(
        app =>
        {
            app.MapPost("/login/{user}", async (string user, ISession<IGenericStore> session) => await session.SetAsync(user));
            app.MapGet("/page", page);
        },
        build: builder => builder.Services.AddResponseCaching(),
        served: served,
        before: app => app.UseResponseCaching());

    private static Task<string> Text(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
