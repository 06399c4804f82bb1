using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// Random walks of one user beside the framework's cookie handler: whoever is signed in there is signed in here. A refresh, which signs in
/// with the properties that <c>AuthenticateAsync</c> returned, must not shorten the idle timeout.
/// </summary>
public sealed class SlidingBesideTheFramework
{
    private static readonly TimeSpan s_idle = TimeSpan.FromHours(1);

    public static TheoryData<bool, int> Walks
    {
        get
        {
            var data = new TheoryData<bool, int>();
            for (int seed = 1; seed <= 12; seed++)
            {
                data.Add(true, seed);
                data.Add(false, seed);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Walks))]
    [Trait("abuse", "K28")]
    public async Task WhoeverIsSignedInThereIsSignedInHere(bool tickets, int seed)
    {
        var random = new Random(seed);
        await using var theirs = await StartAsync(tickets: null, o => o.ExpireTimeSpan = s_idle);
        await using var ours = await StartAsync(tickets, o => o.ExpireTimeSpan = s_idle);
        Dictionary<string, string> theirCookies = [], ourCookies = [];
        int refreshes = 0;
        string log = "";
        for (int step = 0; step < 60; step++)
        {
            string path = random.Next(4) switch { 0 => "/refresh", 1 when random.Next(8) == 0 => "/in/alice", _ => "/who" };
            string expected = await SendAsync(theirs, path, theirCookies);
            string actual = await SendAsync(ours, path, ourCookies);
            log += $"{path} {expected} {actual}\n";
            if (expected == "nobody")
            {
                await SendAsync(theirs, "/in/alice", theirCookies);
                await SendAsync(ours, "/in/alice", ourCookies);
            }
            else
            {
                Assert.True(actual == expected, log);
                refreshes += path == "/refresh" ? 1 : 0;
            }

            // A session whose cookie has never come back ends early, so each cookie comes back at once.
            await SendAsync(theirs, "/who", theirCookies);
            await SendAsync(ours, "/who", ourCookies);
            var pause = TimeSpan.FromMinutes(random.Next(1, 58));
            theirs.Clock.Advance(pause);
            ours.Clock.Advance(pause);
            log += $"+{pause}\n";
        }

        Assert.NotEqual(0, refreshes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "K28")]
    public async Task ARefreshLateInTheLifeOfASessionKeepsItsIdleTimeout(bool tickets)
    {
        await using var site = await StartAsync(tickets, o => o.ExpireTimeSpan = s_idle);
        Dictionary<string, string> cookies = [];
        await SendAsync(site, "/in/alice", cookies);
        await SendAsync(site, "/who", cookies);
        site.Clock.Advance(0.4 * s_idle);
        await SendAsync(site, "/refresh", cookies);
        site.Clock.Advance(0.55 * s_idle);
        Assert.Equal("alice", await SendAsync(site, "/who", cookies));
        site.Clock.Advance(0.9 * s_idle);

        Assert.Equal("alice", await SendAsync(site, "/who", cookies));
        Assert.Equal(s_idle, Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice")).Lifetimes.IdleTimeout);
    }

    [Fact]
    [Trait("abuse", "K29")]
    public async Task ATicketLivesAsLongAsItsCookie()
    {
        await using var site = await StartAsync(tickets: true, _ => { });
        Dictionary<string, string> cookies = [];
        await SendAsync(site, "/in/alice", cookies);
        await SendAsync(site, "/who", cookies);
        site.Clock.Advance(TimeSpan.FromDays(13.9));
        Assert.Equal("alice", await SendAsync(site, "/who", cookies));
        site.Clock.Advance(TimeSpan.FromDays(13.9));
        Assert.Equal("alice", await SendAsync(site, "/who", cookies));

        // The absolute timeout of sessions is not extended.
        site.Clock.Advance(TimeSpan.FromDays(0.3));
        Assert.Equal("nobody", await SendAsync(site, "/who", cookies));
    }

    [Fact]
    [Trait("abuse", "K29")]
    public async Task ATicketsCookieEndsWithAShorterIdleTimeoutOfTheSession()
    {
        await using var site = await StartAsync(tickets: true, _ => { }, o => o.IdleTimeout = s_idle);
        Dictionary<string, string> cookies = [];
        await SendAsync(site, "/in/alice", cookies);
        await SendAsync(site, "/who", cookies);

        Assert.Equal(
            (site.Clock.GetUtcNow() + s_idle).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture),
            await SendAsync(site, "/expiry", cookies));
        site.Clock.Advance(s_idle);
        Assert.Equal("nobody", await SendAsync(site, "/who", cookies));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "K29")]
    public async Task ATicketEndsWithAnIdleTimeoutThatIsSetToItsDefault()
    {
        await using var site = await StartAsync(tickets: true, _ => { }, o => o.IdleTimeout = new SactSessionOptions().IdleTimeout);
        Dictionary<string, string> cookies = [];
        await SendAsync(site, "/in/alice", cookies);
        Assert.Equal("alice", await SendAsync(site, "/who", cookies));

        site.Clock.Advance(TimeSpan.FromDays(7));

        Assert.Equal("nobody", await SendAsync(site, "/who", cookies));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    private static async Task<string> SendAsync(Site site, string path, Dictionary<string, string> cookies)
    {
        using var client = site.Client();
        var method = path.StartsWith("/in/", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get;
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        foreach (string line in response.SetCookies())
        {
            string[] pair = line.Split(';')[0].Split('=', 2);
            cookies[pair[0]] = pair[1];
        }

        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A site with tickets in sessions, with the scheme over the session, or with the framework's cookie alone.</summary>
    private static Task<Site> StartAsync(
        bool? tickets, Action<CookieAuthenticationOptions> configure, Action<SactSessionOptions>? session = null) => Site.StartAsync(
        app =>
        {
            AuthenticationSite.Map(app);
            app.MapGet("/refresh", async (HttpContext context, CancellationToken _) =>
            {
                var result = await context.AuthenticateAsync();
                if (result.Principal is not { } principal)
                {
                    return "nobody";
                }

                await context.SignInAsync(principal, result.Properties);
                return principal.Identity!.Name!;
            });
            app.MapGet("/expiry", async (HttpContext context, CancellationToken _) =>
                (await context.AuthenticateAsync()).Properties!.ExpiresUtc!.Value.ToUnixTimeSeconds().ToString(
                    System.Globalization.CultureInfo.InvariantCulture));
        },
        options =>
        {
            // "Last seen" is exact, so that the two can be compared.
            options.TouchInterval = TimeSpan.FromSeconds(1);
            session?.Invoke(options);
        },
        builder =>
        {
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddAuthorizationBuilder().AddPolicy("admins", policy => policy.RequireRole("admin"));
            var authentication = builder.Services.AddAuthentication();
            _ = tickets switch
            {
                null => authentication.AddCookie(configure),
                true => authentication.AddCookie(configure).AddSactTicketStore(),
                false => authentication.AddSactSession(configure),
            };
        });
}
