using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>The cache headers of a response, by how its request used the session.</summary>
public sealed class CacheHeaders
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I4")]
    public async Task ARequestThatNeverUsesTheSessionGetsNoCacheHeaders(Served served)
    {
        await using var page = await OnePage.StartAsync((_, _) => Task.CompletedTask, served: served);
        using var response = await page.GetAsync();

        Assert.Null(response.Headers.CacheControl);
        Assert.Empty(response.Headers.Vary);
        Assert.Empty(response.SetCookies());
        Assert.Empty(page.Site.Store.Calls);
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I4")]
    public async Task UsingTheSessionWithoutACookieVariesByCookieAndMayBeStored(Served served)
    {
        await using var page = await OnePage.StartAsync(async (_, session) => await session.GetAsync(), served: served);
        using var response = await page.GetAsync(id: null);

        Assert.Equal(["Cookie"], response.Headers.Vary);
        Assert.Null(response.Headers.CacheControl);
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I4")]
    public async Task AResponseThatReadAUserIsNotStoredByDefault(Served served)
    {
        await using var page = await OnePage.StartAsync(async (_, session) => await session.GetAsync(), served: served);
        using var response = await page.GetAsync();

        Assert.Equal(["Cookie"], response.Headers.Vary);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    /// <summary>MapStaticAssets() adds its value to what is there.</summary>
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I4")]
    public async Task AValueThatTheApplicationAppendsTakesThePlaceOfTheSessions(Served served)
    {
        await using var page = await OnePage.StartAsync(
            async (context, session) =>
            {
                await session.GetAsync();
                context.Response.Headers.Append("Cache-Control", "max-age=31536000, immutable");
            },
            served: served);
        using var response = await page.GetAsync();

        Assert.Equal("max-age=31536000, private, immutable", Assert.Single(response.Headers.GetValues("Cache-Control")));
        Assert.Equal(["Cookie"], response.Headers.Vary);
    }

    [Theory]
    [InlineData("no-transform")]
    [InlineData("must-revalidate")]
    [InlineData("=")]
    [Trait("abuse", "I4")]
    public async Task AnAppendedValueThatAllowsNoStorageIsSentBesideTheSessions(string appended)
    {
        await using var page = await OnePage.StartAsync(async (context, session) =>
        {
            await session.GetAsync();
            context.Response.Headers.Append("Cache-Control", appended);
        });
        using var response = await page.GetAsync();

        // A cache may read anything into a value that nobody can parse, so that one is not sent.
        string[] sent = string.Join(',', response.Headers.NonValidated["Cache-Control"]).Split(',', StringSplitOptions.TrimEntries);
        Assert.Contains("no-store", sent);
        Assert.Equal(appended != "=", sent.Contains(appended));
    }

    [Fact]
    [Trait("abuse", "I4")]
    public async Task AValueThatTheApplicationAppendsDoesNotAllowToStoreACookie()
    {
        await using var page = await OnePage.StartAsync(async (context, session) =>
        {
            await session.SetAsync("alice");
            context.Response.Headers.Append("Cache-Control", "max-age=31536000, immutable");
        });
        using var response = await page.GetAsync();

        Assert.Equal("no-store", Assert.Single(response.Headers.GetValues("Cache-Control")));
    }

    [Fact]
    [Trait("abuse", "I4")]
    public async Task AResponseThatListsDevicesIsNotStored()
    {
        await using var page = await OnePage.StartAsync(async (_, session) => await session.GetActiveSessionsAsync());
        using var response = await page.GetAsync();

        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Theory]
    [InlineData("Accept-Encoding", "Accept-Encoding,Cookie")]
    [InlineData("Cookie", "Cookie")]
    [InlineData("cookie", "cookie")]
    [InlineData("Accept , COOKIE", "Accept,COOKIE")]
    [InlineData("Accept-Cookie", "Accept-Cookie,Cookie")]
    [InlineData("*", "*")]
    [Trait("abuse", "I4")]
    public async Task CookieIsAddedToVaryOnlyOnce(string given, string sent)
    {
        foreach (bool first in new[] { true, false })
        {
            await using var page = await OnePage.StartAsync(async (context, session) =>
            {
                if (first)
                {
                    context.Response.Headers.Vary = given;
                }

                await session.GetAsync();
                await session.GetAsync(reload: true);
                if (!first)
                {
                    // Overwrites the header that the session has set, as the framework's ResponseCache attribute does.
                    context.Response.Headers.Vary = given;
                }
            });
            using var response = await page.GetAsync();

            Assert.Equal(sent, string.Join(',', response.Headers.Vary));
        }
    }

    /// <summary>Without "Cookie" a shared cache would answer users with the page of nobody, which it may store.</summary>
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "K4")]
    public async Task VaryHasCookieWhoeverSetsItWhenTheResponseStarts(Served served)
    {
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", async (HttpContext context) => { await context.GetSactSession().GetAsync(); }),
            served: served,
            before: app => app.Use((context, next) =>
            {
                // Registered before the session is used, so it runs after the library's own callback.
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.Vary = "Accept-Language";
                    return Task.CompletedTask;
                });
                return next(context);
            }));

        using var response = await site.SendAsync("/");

        Assert.Equal(["Accept-Language", "Cookie"], response.Headers.Vary);
    }

    [Theory]
    [InlineData("public, max-age=60", "max-age=60, private")]
    [InlineData("PUBLIC", "private")]
    [InlineData("max-age=60, s-maxage=600", "max-age=60, private")]
    [InlineData("public, s-maxage=600, must-revalidate", "must-revalidate, private")]
    [Trait("abuse", "I4")]
    public async Task PublicBecomesPrivateWithOneEvent(string given, string sent)
    {
        foreach (bool first in new[] { true, false })
        {
            await using var page = await OnePage.StartAsync((context, session) => SetCacheControl(context, session, given, first));
            using var once = await page.GetAsync();
            using var twice = await page.GetAsync();

            Assert.Equal(Directives(sent), Directives(Raw(once)));
            Assert.Equal(Directives(sent), Directives(Raw(twice)));
            Assert.Single(page.Log.Events, entry => entry is { Level: LogLevel.Warning, Id.Name: "PublicMadePrivate" });
        }

        static IEnumerable<string> Directives(string text) => text.Split(", ").Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("public, max-age=soon")]
    [InlineData("max-age=60; public")]
    [InlineData("public,, max-age=60=60")]
    [Trait("abuse", "I4")]
    public async Task AHeaderThatCannotBeParsedBecomesNoStore(string given)
    {
        // A cache that parses more leniently than the framework may read it as "public".
        foreach (bool first in new[] { true, false })
        {
            await using var page = await OnePage.StartAsync((context, session) => SetCacheControl(context, session, given, first));
            using var response = await page.GetAsync();

            Assert.Equal("no-store", Raw(response));
        }
    }

    /// <summary>RFC 9111 section 3: a shared cache may keep a response that is not marked private.</summary>
    [Theory]
    [InlineData("max-age=60")]
    [InlineData("max-age=0, must-revalidate")]
    [Trait("abuse", "I4")]
    public async Task AHeaderWithoutPublicOrPrivateBecomesPrivate(string given)
    {
        await using var page = await OnePage.StartAsync((context, session) => SetCacheControl(context, session, given, first: true));
        using var response = await page.GetAsync();

        Assert.Equal(given.Split(", ").Append("private").Order(), Raw(response)!.Split(", ").Order());
        Assert.DoesNotContain(page.Log.Events, entry => entry.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData("private, max-age=60")]
    [InlineData("private")]
    [InlineData("no-cache")]
    [Trait("abuse", "I4")]
    public async Task AHeaderThatForbidsSharingIsNotChanged(string given)
    {
        foreach (bool first in new[] { true, false })
        {
            await using var page = await OnePage.StartAsync((context, session) => SetCacheControl(context, session, given, first));
            using var response = await page.GetAsync();

            Assert.Equal(given, Raw(response));
            Assert.DoesNotContain(page.Log.Events, entry => entry.Level >= LogLevel.Warning);
        }
    }

    [Theory]
    [InlineData("sign in", "no-store")]
    [InlineData("sign out", "no-store")]
    [InlineData("renew", "no-store")]
    [InlineData("protected", "no-store")]
    [InlineData("protected, deleted", "no-store")]
    [InlineData("custom", "public, max-age=60")]
    [InlineData("custom, deleted", "public, max-age=60")]
    [Trait("abuse", "I4")]
    public async Task SecretsForceNoStoreAndPlainCookiesDoNot(string what, string sent)
    {
        foreach (bool first in new[] { true, false })
        {
            await using var page = await OnePage.StartAsync(async (context, session) =>
            {
                if (first)
                {
                    context.Response.Headers.CacheControl = "public, max-age=60";
                }

                switch (what)
                {
                    case "sign in":
                        await session.SetAsync("alice");
                        break;
                    case "sign out":
                        await session.DeleteAsync();
                        break;
                    case "renew":
                        Assert.True(await session.RenewAsync());
                        break;
                    case "protected" or "protected, deleted":
                        session.SetProtectedCookie("cart", "1", unset: what != "protected");
                        break;
                    default:
                        session.SetCustomCookie("theme", "dark", unset: what != "custom");
                        break;
                }

                if (!first)
                {
                    context.Response.Headers.CacheControl = "public, max-age=60";
                }
            });
            using var response = await page.GetAsync();

            Assert.Equal(sent, Raw(response));
            Assert.Single(response.SetCookies());
            Assert.Equal(["Cookie"], response.Headers.Vary);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "I4")]
    public async Task SigningOutClearsTheBrowserCacheIfTheOptionIsSet(bool option)
    {
        await using var page = await OnePage.StartAsync(
            async (_, session) => await session.DeleteAsync(),
            options => options.ClearSiteDataOnSignOut = option);
        using var response = await page.GetAsync();

        Assert.Equal(option ? ["\"cache\""] : [], response.Headers.TryGetValues("Clear-Site-Data", out var values) ? values : []);
    }

    private static async Task SetCacheControl(HttpContext context, ISession<IGenericStore> session, string given, bool first)
    {
        if (first)
        {
            context.Response.Headers.CacheControl = given;
        }

        await session.GetAsync();
        if (!first)
        {
            context.Response.Headers.CacheControl = given;
        }
    }

    private static string Raw(HttpResponseMessage response) => string.Join(", ", response.Headers.NonValidated["Cache-Control"]);

    /// <summary>A site with one page, a log, and alice signed in.</summary>
    private sealed class OnePage(Site site, SessionHost log, string id) : IAsyncDisposable
    {
        public Site Site => site;

        public SessionHost Log => log;

        public static async Task<OnePage> StartAsync(
            Func<HttpContext, ISession<IGenericStore>, Task> page,
            Action<SactSessionOptions>? configure = null,
            Served served = Served.TestServer)
        {
            var log = new SessionHost();
            var site = await Site.StartAsync(
                app =>
                {
                    app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                    app.MapGet("/", (HttpContext context) => page(context, context.GetSactSession()));
                },
                options =>
                {
                    options.DataProtectionProvider = new EphemeralDataProtectionProvider();
                    options.LoggerFactory = new LoggerFactory([log]);
                    configure?.Invoke(options);
                },
                served: served);
            using var login = await site.SendAsync("/login", method: HttpMethod.Post);
            site.Store.Reset();
            return new OnePage(site, log, login.SentId()!);
        }

        public Task<HttpResponseMessage> GetAsync() => GetAsync(id);

        public Task<HttpResponseMessage> GetAsync(string? id) => site.SendAsync("/", id);

        public ValueTask DisposeAsync() => site.DisposeAsync();
    }
}
