using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>What <c>OnCheckSlidingExpiration</c> decides, and what it does not: it is about the signed-in session of its scheme.</summary>
public sealed class SlidingByAnEvent
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "K29")]
    public async Task DoesNotEndAVisitorsSessionInUse(bool renews)
    {
        await using var site = await AuthenticationSite.StartAsync(
            options => options.Events.OnCheckSlidingExpiration = Answer(renews),
            app =>
            {
                app.MapPost("/visit", async (ISactSession session) => await session.StartAsync());
                app.MapGet("/seen", async (ISactSession session) => $"{(await session.GetAnyAsync())?.State}");
            },
            options => options.AnonymousIdleTimeout = s_hour);
        using var visit = await site.SendAsync("/visit", method: HttpMethod.Post);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("200 Anonymous", await site.StatusAndTextAsync("/seen", visit.SentId()));
            site.Clock.Advance(0.75 * s_hour);
        }
    }

    [Fact]
    [Trait("abuse", "K29")]
    public async Task DoesNotDecideForTheSessionOfAnotherScheme()
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.MapPost("/in", async (HttpContext context) =>
                {
                    await context.SignInAsync("User", AuthenticationSite.Principal("alice"));
                    await context.SignInAsync("Admin", AuthenticationSite.Principal("root"));
                });
                app.MapGet("/who", async (HttpContext context, CancellationToken _) =>
                    context.User.Identity!.Name + (await context.AuthenticateAsync("Admin")).Principal?.Identity!.Name);
            },
            build: builder =>
            {
                builder.Services.AddSactSession("admin", o => (o.Cookie.Name, o.IdleTimeout) = ("__Host-admin", s_hour));
                builder.Services.AddAuthentication("User")
                    .AddSactSession("User", o => (o.ExpireTimeSpan, o.Events.OnCheckSlidingExpiration) = (2 * s_hour, Answer(false)))
                    .AddSactSession("Admin", o => o.SessionName = "admin");
            });
        using var client = site.Client();
        using var login = await client.PostAsync(new Uri("/in", UriKind.Relative), null, TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Add("Cookie", string.Join("; ", login.SetCookies().Select(line => line.Split(';')[0])));
        foreach (string expected in (string[])["aliceroot", "aliceroot", "aliceroot", "root", "root"])
        {
            Assert.Equal(expected, await client.GetStringAsync(new Uri("/who", UriKind.Relative), TestContext.Current.CancellationToken));
            site.Clock.Advance(0.75 * s_hour);
        }
    }

    [Fact]
    [Trait("abuse", "K29")]
    public async Task IsNotWhatAnotherOverrideOfTheEventsMeans()
    {
        await using var site = await AuthenticationSite.StartAsync(options => options.Events = new OtherEvents());
        string alice = await site.SignInAsync("alice");
        site.Clock.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", alice));

        Assert.Equal(site.Clock.GetUtcNow(), Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice")).LastSeenAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "K8")]
    public async Task WritesOnceForTwentyRequestsAtOnce(bool hasExpiry)
    {
        await using var site = await AuthenticationSite.StartAsync(options =>
        {
            options.ExpireTimeSpan = s_hour;
            options.Events.OnCheckSlidingExpiration = static _ => Task.CompletedTask;
            options.Events.OnValidatePrincipal = context =>
            {
                if (context.Request.Query.ContainsKey("limit"))
                {
                    context.Properties.ExpiresUtc = context.Properties.IssuedUtc + (0.5 * s_hour);
                    context.ShouldRenew = true;
                }

                return Task.CompletedTask;
            };
        });
        string alice = await site.SignInAsync("alice");
        Assert.Equal("200 alice", await site.StatusAndTextAsync(hasExpiry ? "/who?limit" : "/who", alice));
        site.Clock.Advance(0.4 * s_hour);

        // Each request has read the session before the first of them writes.
        var key = site.Store.GetSessionKey(alice);
        var due = await site.Store.Inner.GetAsync(key);
        site.Store.Substitute = (_, _) => due;
        var versions = new HashSet<long>();
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", alice));
            versions.Add((await site.Store.Inner.GetAsync(key))!.Version);
            site.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.NotEqual(due!.Version, Assert.Single(versions));
    }

    private static Func<CookieSlidingExpirationContext, Task> Answer(bool renews) => context =>
    {
        context.ShouldRenew = renews;
        return Task.CompletedTask;
    };

    private sealed class OtherEvents : CookieAuthenticationEvents
    {
        public override Task SignedIn(CookieSignedInContext context) => Task.CompletedTask;
    }
}
