using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>Each event and option of the framework's cookie scheme has its effect, or is refused by name.</summary>
public sealed class OptionsOfTheCookieScheme
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    public static TheoryData<string, Action<SactSessionAuthenticationOptions>> Refused => new()
    {
        { "Cookie.Expiration", o => o.Cookie.Expiration = s_hour },
        { "Cookie.MaxAge", o => o.Cookie.MaxAge = s_hour },
        { "Cookie.Domain", o => o.Cookie.Domain = "example.test" },
        { "Cookie.Name", o => o.Cookie.Name = "auth" },
        { "Cookie.Path", o => o.Cookie.Path = "/app" },
        { "Cookie.SameSite", o => o.Cookie.SameSite = SameSiteMode.Strict },
        { "Cookie.SecurePolicy", o => o.Cookie.SecurePolicy = CookieSecurePolicy.Always },
        { "Cookie.HttpOnly", o => o.Cookie.HttpOnly = false },
        { "Cookie.IsEssential", o => o.Cookie.IsEssential = false },
        { "Cookie.Extensions", o => o.Cookie.Extensions.Add("Priority=High") },
        { "DataProtectionProvider", o => o.DataProtectionProvider = new EphemeralDataProtectionProvider() },
        { "CookieManager", o => o.CookieManager = new ChunkingCookieManager() },
        { "SessionStore", o => o.SessionStore = new NoTickets() },
        { "TicketDataFormat", o => o.TicketDataFormat = new TicketDataFormat(new EphemeralDataProtectionProvider().CreateProtector("x")) },
    };

    public static TheoryData<string, Action<CookieOptions>> Changes => new()
    {
        { "Domain", o => o.Domain = "example.test" },
        { "Path", o => o.Path = "/app" },
        { "Expires", o => o.Expires = DateTimeOffset.UnixEpoch },
        { "MaxAge", o => o.MaxAge = s_hour },
        { "SameSite", o => o.SameSite = SameSiteMode.Strict },
        { "Secure", o => o.Secure = !o.Secure },
        { "HttpOnly", o => o.HttpOnly = false },
        { "IsEssential", o => o.IsEssential = false },
        { "Extensions", o => o.Extensions.Add("Priority=High") },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    [Trait("abuse", "K29")]
    public async Task AnOptionWithoutEffectIsRefusedAtStartUpByName(string option, Action<SactSessionAuthenticationOptions> set)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => AuthenticationSite.StartAsync(set));

        Assert.Contains(option, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    [Trait("abuse", "K29")]
    public async Task AChangeOfTheCookieInAnEventIsRefusedByName(string name, Action<CookieOptions> change)
    {
        await using var site = await AuthenticationSite.StartAsync(options =>
        {
            options.Events.OnSigningIn = context =>
            {
                if (context.Principal!.Identity!.Name == "bob")
                {
                    change(context.CookieOptions);
                }

                return Task.CompletedTask;
            };
            options.Events.OnSigningOut = context =>
            {
                change(context.CookieOptions);
                return Task.CompletedTask;
            };
        });
        string alice = await site.SignInAsync("alice");

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => site.SignInAsync("bob"));
        Assert.Contains("CookieOptions." + name, fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync());
        fault = await Assert.ThrowsAsync<InvalidOperationException>(() => site.SendAsync("/out", alice, HttpMethod.Post));
        Assert.Contains("CookieOptions." + name, fault.Message, StringComparison.Ordinal);

        // A sign-out is a sign-out all the same.
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Theory]
    [InlineData("delegate")]
    [InlineData("type")]
    [InlineData("service")]
    [Trait("abuse", "K29")]
    public async Task OnCheckSlidingExpirationDecidesWhetherARequestExtendsTheSession(string how)
    {
        static Task Check(CookieSlidingExpirationContext context)
        {
            Assert.Equal("alice", context.Principal!.Identity!.Name);
            if (context.Request.Path == "/poll")
            {
                context.ShouldRenew = false;
            }

            return Task.CompletedTask;
        }

        await using var site = await AuthenticationSite.StartAsync(
            options =>
            {
                options.ExpireTimeSpan = s_hour;
                if (how == "delegate")
                {
                    options.Events.OnCheckSlidingExpiration = Check;
                }
                else if (how == "type")
                {
                    options.Events = new SlidingEvents(Check);
                }
                else
                {
                    options.EventsType = typeof(SlidingEvents);
                }
            },
            app => app.MapGet("/poll", async (HttpContext context, ISactSession session) =>
                context.User.Identity!.Name + (await session.GetAsync(reload: true))?.UserId),
            build: builder => builder.Services.AddSingleton(new SlidingEvents(Check)));
        string alice = await site.SignInAsync("alice");
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", alice));

        // A page extends the session.
        site.Clock.Advance(0.75 * s_hour);
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", alice));
        site.Clock.Advance(0.75 * s_hour);
        Assert.Equal("200 alicealice", await site.StatusAndTextAsync("/poll", alice));

        // A poll does not.
        site.Clock.Advance(0.5 * s_hour);
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", alice));
    }

    [Fact]
    [Trait("abuse", "K29")]
    public async Task OnCheckSlidingExpirationSeesTheTimesAndMayExtendEarly()
    {
        CookieSlidingExpirationContext? seen = null;
        await using var site = await AuthenticationSite.StartAsync(options =>
        {
            options.ExpireTimeSpan = s_hour;
            options.Events.OnCheckSlidingExpiration = context =>
            {
                seen = context;
                context.ShouldRenew = true;
                return Task.CompletedTask;
            };
        });
        string alice = await site.SignInAsync("alice");
        await site.StatusAndTextAsync("/who", alice);
        site.Clock.Advance(TimeSpan.FromSeconds(90));

        await site.StatusAndTextAsync("/who", alice);

        Assert.Equal((TimeSpan.FromSeconds(90), s_hour - TimeSpan.FromSeconds(90)), (seen!.ElapsedTime, seen.RemainingTime));
        Assert.Equal(
            site.Clock.GetUtcNow(), Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice")).LastSeenAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "K29")]
    public async Task OnCheckSlidingExpirationIsNotCalledWithoutSliding(bool ofScheme)
    {
        await using var site = await AuthenticationSite.StartAsync(
            options =>
            {
                options.SlidingExpiration = ofScheme;
                options.Events.OnCheckSlidingExpiration = _ => throw new InvalidOperationException("called");
            },
            app => app.MapPost("/in-fixed", (HttpContext context) => context.SignInAsync(
                AuthenticationSite.Principal("alice"), new AuthenticationProperties { AllowRefresh = ofScheme ? false : null })));
        using var login = await site.SendAsync("/in-fixed", method: HttpMethod.Post);

        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", login.SentId()));
    }

    /// <summary>The framework moves the expiry by the span from the time of issue, so a test must compare with it.</summary>
    [Theory]
    [InlineData(0, 10, true)]
    [InlineData(20, 25, true)]
    [InlineData(20, 25, false)]
    [InlineData(20, 200, true)]
    [Trait("abuse", "K29")]
    public async Task AValidatorsExpiryIsThatOfTheFramework(int signedInFor, int expiresAt, bool sliding)
    {
        var seen = new List<string>();
        foreach (bool cookie in (bool[])[true, false])
        {
            await using var site = await StartAsync(cookie, options =>
            {
                options.ExpireTimeSpan = s_hour;
                options.SlidingExpiration = sliding;
                options.Events.OnValidatePrincipal = context =>
                {
                    if (context.Request.Query.ContainsKey("limit"))
                    {
                        context.Properties.ExpiresUtc = context.Properties.IssuedUtc + TimeSpan.FromMinutes(expiresAt);
                        context.ShouldRenew = true;
                    }

                    return Task.CompletedTask;
                };
            });
            var jar = new Jar(site);
            await jar.SendAsync("/in/alice", HttpMethod.Post);
            await jar.SendAsync("/who");
            site.Clock.Advance(TimeSpan.FromMinutes(signedInFor));
            await jar.SendAsync("/who?limit");
            int alive = 0;
            for (; alive < 60 && await jar.SendAsync("/who") == "alice"; alive++)
            {
                site.Clock.Advance(TimeSpan.FromMinutes(expiresAt > 60 ? 40 : 4));
                if (alive == 3)
                {
                    site.Clock.Advance(TimeSpan.FromMinutes(expiresAt > 60 ? 15 : 8));
                }
            }

            seen.Add($"{alive} {await site.Store.CountActiveSessionsAsync()}");
        }

        Assert.Equal(seen[0].Split(' ')[0], seen[1].Split(' ')[0]);
        Assert.EndsWith(seen[1].StartsWith("60", StringComparison.Ordinal) ? " 1" : " 0", seen[1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "K29")]
    public async Task OnSigningOutRunsBeforeTheSessionEnds()
    {
        string? token = null, user = null;
        await using var site = await AuthenticationSite.StartAsync(
            options => options.Events.OnSigningOut = async context =>
            {
                token = await context.HttpContext.GetTokenAsync("access_token");
                user = (await context.HttpContext.GetSactSession().GetAsync())?.UserId;
            },
            app =>
            {
                app.MapPost("/in-with-token", (HttpContext context) =>
                {
                    var properties = new AuthenticationProperties();
                    properties.StoreTokens([new AuthenticationToken { Name = "access_token", Value = "t1" }]);
                    return context.SignInAsync(AuthenticationSite.Principal("alice"), properties);
                });
            });
        using var login = await site.SendAsync("/in-with-token", method: HttpMethod.Post);

        using var logout = await site.SendAsync("/out", login.SentId(), HttpMethod.Post);

        Assert.Equal(("t1", "alice", ""), (token, user, logout.SentId()));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Theory]
    [InlineData("page")]
    [InlineData("page?a=1#b")]
    [InlineData("../up")]
    [InlineData("./a:b/c")]
    [InlineData("?tab=2")]
    [InlineData("a/b:c")]
    [Trait("abuse", "K29")]
    public async Task ARelativeRedirectUriOfTheApplicationIsFollowedAsByTheFramework(string url)
    {
        foreach (bool cookie in (bool[])[true, false])
        {
            await using var site = await StartAsync(cookie, _ => { });
            foreach (string path in (string[])["/to", "/out-to"])
            {
                using var response = await site.SendAsync($"{path}?url={Uri.EscapeDataString(url)}", method: HttpMethod.Post);
                Assert.Equal((HttpStatusCode.Redirect, url), (response.StatusCode, response.Headers.Location?.OriginalString));
            }
        }
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("evil:page")]
    [InlineData(" //evil.test")]
    [InlineData(" https://evil.test")]
    [InlineData("a\\b")]
    [InlineData("\\\\evil.test")]
    [InlineData("\thttps://evil.test")]
    [InlineData("https:evil.test")]
    [InlineData("//evil.test")]
    [Trait("abuse", "K29")]
    public async Task ARedirectUriThatABrowserCouldReadAsAnotherHostIsIgnored(string url)
    {
        await using var site = await StartAsync(cookie: false, _ => { });

        using var response = await site.SendAsync($"/to?url={Uri.EscapeDataString(url)}", method: HttpMethod.Post);

        Assert.Equal((HttpStatusCode.OK, null), (response.StatusCode, response.Headers.Location));
    }

    private static Task<Site> StartAsync(bool cookie, Action<CookieAuthenticationOptions> configure) => Site.StartAsync(
        app =>
        {
            AuthenticationSite.Map(app);
            app.MapPost("/to", (string url, HttpContext context) =>
                context.SignInAsync(AuthenticationSite.Principal("alice"), new AuthenticationProperties { RedirectUri = url }));
            app.MapPost("/out-to", (string url, HttpContext context) =>
                context.SignOutAsync(new AuthenticationProperties { RedirectUri = url }));
        },
        options => options.TouchInterval = TimeSpan.FromSeconds(1),
        builder =>
        {
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddAuthorizationBuilder().AddPolicy("admins", policy => policy.RequireRole("admin"));
            var authentication = builder.Services.AddAuthentication();
            _ = cookie ? authentication.AddCookie(configure) : authentication.AddSactSession(configure);
        });

    /// <summary>A browser's cookies.</summary>
    private sealed class Jar(Site site)
    {
        private readonly Dictionary<string, string> _cookies = [];

        public async Task<string> SendAsync(string path, HttpMethod? method = null)
        {
            using var client = site.Client();
            using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", _cookies.Select(pair => $"{pair.Key}={pair.Value}")));
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            foreach (string line in response.SetCookies())
            {
                string[] pair = line.Split(';')[0].Split('=', 2);
                _cookies[pair[0]] = pair[1];
            }

            return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }
    }

    private sealed class SlidingEvents(Func<CookieSlidingExpirationContext, Task> check) : CookieAuthenticationEvents
    {
        public override Task CheckSlidingExpiration(CookieSlidingExpirationContext context) => check(context);
    }

    private sealed class NoTickets : ITicketStore
    {
        public Task<string> StoreAsync(AuthenticationTicket ticket) => throw new NotSupportedException();

        public Task RenewAsync(string key, AuthenticationTicket ticket) => throw new NotSupportedException();

        public Task<AuthenticationTicket?> RetrieveAsync(string key) => throw new NotSupportedException();

        public Task RemoveAsync(string key) => throw new NotSupportedException();
    }
}
