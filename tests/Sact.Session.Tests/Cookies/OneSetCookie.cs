using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A response has one Set-Cookie header per name, even if the application writes cookies too.</summary>
public sealed class OneSetCookie
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "B5")]
    public async Task TheLastSessionOfARequestWins(Served served)
    {
        await using var site = await Site.StartAsync(
            app => app.MapPost("/", async (ISession<IGenericStore> session) =>
            {
                await session.SetAsync("alice");
                await session.DeleteAsync();
                await session.SetAsync("bob");
                await session.RenewAsync(immediately: true);
            }),
            served: served);
        using var response = await site.SendAsync("/", method: HttpMethod.Post);
        string sent = Assert.Single(response.SetCookies());

        Assert.StartsWith("__Host-sid=" + response.SentId(), sent, StringComparison.Ordinal);
        var only = Assert.Single(
            await site.Store.GetActiveSessionsAsync("bob", TestContext.Current.CancellationToken)
                .ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(site.Store.GetSessionKey(response.SentId()!), only.Key);
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Served.TestServer, true)]
    [InlineData(Served.TestServer, false)]
    [InlineData(Served.Kestrel, true)]
    [InlineData(Served.Kestrel, false)]
    [Trait("abuse", "B5")]
    public async Task TheApplicationsCookieOfTheSameNameIsReplacedAndItsOthersAreKept(Served served, bool first)
    {
        await using var site = await Site.StartAsync(
            app => app.MapPost("/", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                if (first)
                {
                    Append(context.Response);
                }

                await session.SetAsync("alice");
                session.SetCustomCookie("theme", "dark");
                if (!first)
                {
                    Append(context.Response);
                }
            }),
            served: served);
        using var response = await site.SendAsync("/", method: HttpMethod.Post);

        Assert.Equal(
            ["__Host-sid", "__Host-sid2", "__host-sid", "culture", "theme"],
            response.SetCookies().Select(line => line.Split('=')[0]).Order(StringComparer.Ordinal));
        Assert.NotEqual("mine", response.SentId());
        Assert.Contains(response.SetCookies(), line => line.StartsWith("theme=dark;", StringComparison.Ordinal));
        using var me = await site.SendAsync("/", response.SentId(), HttpMethod.Post);
        Assert.Equal(2, site.Store.Count("create"));
        Assert.Equal(1, site.Store.Count("delete"));

        static void Append(HttpResponse response)
        {
            response.Cookies.Append("culture", "de");
            response.Cookies.Append("__Host-sid", "mine");
            response.Cookies.Append("theme", "mine");
            response.Cookies.Append("__host-sid", "another name: cookie names are case-sensitive");
            response.Cookies.Append("__Host-sid2", "another name, too");
        }
    }

    [Fact]
    [Trait("abuse", "B5")]
    public async Task ReadingDoesNotChangeTheApplicationsCookies()
    {
        await using var site = await Site.StartAsync(app => app.MapGet("/", async (HttpContext context, ISession<IGenericStore> session) =>
        {
            context.Response.Cookies.Append("a", "1");
            await session.GetAsync();
            context.Response.Cookies.Append("a", "2");
        }));
        using var response = await site.SendAsync("/");

        Assert.Equal(["a=1; path=/", "a=2; path=/"], response.SetCookies());
    }

    [Fact]
    [Trait("abuse", "B5")]
    public async Task TwoRegistrationsInOneRequestSendOneCookieEach()
    {
        await using var site = await Site.StartAsync(
            app => app.MapPost("/", async (HttpContext context) =>
            {
                await context.GetSactSession().SetAsync("alice");
                await context.GetSactSession<IGenericStore>("admin").SetAsync("root");
                await context.GetSactSession().RenewAsync(immediately: true);
            }),
            build: builder => builder.Services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin"));
        using var response = await site.SendAsync("/", method: HttpMethod.Post);

        Assert.Equal(
            ["__Host-admin", "__Host-sid"],
            response.SetCookies().Select(line => line.Split('=')[0]).Order(StringComparer.Ordinal));
    }
}
