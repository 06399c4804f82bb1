using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// A site with the framework's cookie and a site with the session give browsers, scripts and API clients the same responses.
/// </summary>
public sealed class ParityWithTheCookieScheme
{
    public static TheoryData<string, string, bool> Requests()
    {
        var data = new TheoryData<string, string, bool>();
        foreach (string path in new[]
        {
            "/page", "/page?a=1&b=%2F", "/admin", "/api", "/api-admin", "/both", "/order", "/json", "/typed", "/guarded-controller",
            "/challenge", "/challenge-to", "/forbid", "/forbid-to", "/off", "/missing",
            "/page?X-Requested-With=XMLHttpRequest",
        })
        {
            foreach (string header in new[] { "", "X-Requested-With: XMLHttpRequest", "Accept: application/json" })
            {
                data.Add(path, header, false);
                data.Add(path, header, true);
            }
        }

        return data;
    }

    public static TheoryData<string, string> SignIns()
    {
        var data = new TheoryData<string, string>();
        foreach (string path in new[]
        {
            "/Account/Login", "/Account/Login?ReturnUrl=%2Fpage", "/Account/Login?ReturnUrl=%2F",
            "/Account/Login?ReturnUrl=%2F%2Fevil.test", "/Account/Login?ReturnUrl=%2F%5Cevil.test",
            "/Account/Login?ReturnUrl=https%3A%2F%2Fevil.test", "/Account/Login?ReturnUrl=page", "/Account/Login?ReturnUrl=",
            "/other-path?ReturnUrl=%2Fpage", "/to-page",
            "/Account/Logout", "/Account/Logout?ReturnUrl=%2Fpage", "/Account/Logout?ReturnUrl=%2F%2Fevil.test",
            "/Account/Login?ReturnUrl=%2Fa&ReturnUrl=%2Fb", "/created",
        })
        {
            data.Add(path, "");
            data.Add(path, "X-Requested-With: XMLHttpRequest");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task VisitorsAndUsersGetTheSameResponses(string path, string header, bool signedIn)
    {
        await using var ours = await StartAsync(cookie: false);
        await using var theirs = await StartAsync(cookie: true);

        Assert.Equal(
            await AnswerAsync(theirs, path, header, signedIn, HttpMethod.Get),
            await AnswerAsync(ours, path, header, signedIn, HttpMethod.Get));
    }

    [Theory]
    [MemberData(nameof(SignIns))]
    public async Task SignInsAndSignOutsGetTheSameResponses(string path, string header)
    {
        await using var ours = await StartAsync(cookie: false);
        await using var theirs = await StartAsync(cookie: true);

        Assert.Equal(
            await AnswerAsync(theirs, path, header, false, HttpMethod.Post),
            await AnswerAsync(ours, path, header, false, HttpMethod.Post));
    }

    [Fact]
    public async Task PathsAndEventsOfTheApplicationAreUsed()
    {
        static void Configure(CookieAuthenticationOptions options)
        {
            options.LoginPath = "/sign-in";
            options.AccessDeniedPath = "/no";
            options.ReturnUrlParameter = "back";
            options.Events.OnRedirectToAccessDenied = context =>
            {
                context.Response.StatusCode = 418;
                context.Response.Headers.Location = context.RedirectUri;
                return Task.CompletedTask;
            };
        }

        await using var ours = await StartAsync(cookie: false, Configure);
        await using var theirs = await StartAsync(cookie: true, Configure);
        foreach (string path in new[] { "/page", "/admin" })
        {
            foreach (bool signedIn in new[] { false, true })
            {
                Assert.Equal(
                    await AnswerAsync(theirs, path, "", signedIn, HttpMethod.Get),
                    await AnswerAsync(ours, path, "", signedIn, HttpMethod.Get));
            }
        }

        Assert.Equal("302 https://example.test/sign-in?back=%2Fpage ", await AnswerAsync(ours, "/page", "", false, HttpMethod.Get));
        Assert.StartsWith("418 ", await AnswerAsync(ours, "/admin", "", true, HttpMethod.Get), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/\tevil.test")]
    [InlineData("/\t/evil.test")]
    [InlineData("/\n/evil.test")]
    [InlineData("https://example.test@evil.test/")]
    [InlineData("https:\\\\evil.test")]
    [InlineData("https://example.test.evil.test/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://example.test/page")]
    public async Task AReturnUrlToAnotherHostIsIgnoredWhereverItComesFrom(string url)
    {
        await using var site = await StartAsync(cookie: false);

        Assert.Equal("200  ", await AnswerAsync(site, "/Account/Login?ReturnUrl=" + Uri.EscapeDataString(url), "", false, HttpMethod.Post));
        Assert.Equal("200  ", await AnswerAsync(site, "/to?url=" + Uri.EscapeDataString(url), "", false, HttpMethod.Post));
    }

    [Fact]
    public async Task AReturnUrlToThisHostIsUsedIfTheApplicationSetsIt()
    {
        await using var site = await StartAsync(cookie: false);

        Assert.Equal(
            "302 https://example.test/page ",
            await AnswerAsync(site, "/to?url=" + Uri.EscapeDataString("https://example.test/page"), "", false, HttpMethod.Post));
        Assert.Equal(
            "200  ",
            await AnswerAsync(site, "/Account/Login?ReturnUrl=" + Uri.EscapeDataString("page"), "", false, HttpMethod.Post));
    }

    private static Task<Site> StartAsync(bool cookie, Action<CookieAuthenticationOptions>? configure = null) => Site.StartAsync(
        app =>
        {
            AuthenticationSite.Map(app);
            app.MapGet("/api", () => "x").RequireAuthorization().WithMetadata(new NoRedirect());
            app.MapGet("/api-admin", () => "x").RequireAuthorization("admins").WithMetadata(new NoRedirect());
            app.MapGet("/both", () => "x").RequireAuthorization().WithMetadata(new NoRedirect(), new Redirect());
            app.MapGet("/order", () => "x").RequireAuthorization("admins").WithMetadata(new Redirect(), new NoRedirect());
            app.MapGet("/json", () => new Thing(1)).RequireAuthorization();
            app.MapGet("/typed", () => TypedResults.Ok(new Thing(1))).RequireAuthorization();
            app.MapControllers();
            app.MapGet("/challenge", (HttpContext context) => context.ChallengeAsync());
            app.MapGet("/challenge-to", (HttpContext context) =>
                context.ChallengeAsync(new AuthenticationProperties { RedirectUri = "/back?c=d" }));
            app.MapGet("/forbid", (HttpContext context) => context.ForbidAsync());
            app.MapGet("/forbid-to", (HttpContext context) =>
                context.ForbidAsync(new AuthenticationProperties { RedirectUri = "/back?c=d" }));
            app.MapGet("/off", (HttpContext context) => context.Response.WriteAsync("x")).RequireAuthorization().DisableCookieRedirect();
            app.MapPost("/Account/Login", (HttpContext context) => context.SignInAsync(AuthenticationSite.Principal("alice")));
            app.MapPost("/Account/Logout", (HttpContext context) => context.SignOutAsync());
            app.MapPost("/other-path", (HttpContext context) => context.SignInAsync(AuthenticationSite.Principal("alice")));
            app.MapPost("/to-page", (HttpContext context) =>
                context.SignInAsync(AuthenticationSite.Principal("alice"), new AuthenticationProperties { RedirectUri = "/page" }));
            app.MapPost("/to", (string url, HttpContext context) =>
                context.SignInAsync(AuthenticationSite.Principal("alice"), new AuthenticationProperties { RedirectUri = url }));
            app.MapPost("/created", (HttpContext context) =>
            {
                context.Response.StatusCode = 201;
                return context.SignInAsync(AuthenticationSite.Principal("alice"), new AuthenticationProperties { RedirectUri = "/page" });
            });
        },
        build: builder =>
        {
            builder.Services.AddControllers().AddApplicationPart(typeof(GuardedController).Assembly);
            builder.Services.AddAuthorizationBuilder().AddPolicy("admins", policy => policy.RequireRole("admin"));
            var authentication = builder.Services.AddAuthentication();
            _ = cookie ? authentication.AddCookie(configure ?? (_ => { })) : authentication.AddSactSession<IGenericStore>(configure);
        });

    /// <summary>What a client acts on: status, Location and body.</summary>
    private static async Task<string> AnswerAsync(Site site, string path, string header, bool signedIn, HttpMethod method)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(method, path);
        if (header.Length > 0)
        {
            request.Headers.Add(header.Split(": ")[0], header.Split(": ")[1]);
        }

        if (signedIn)
        {
            using var login = await client.PostAsync("/in/alice", null);
            request.Headers.TryAddWithoutValidation("Cookie", login.SetCookies()[0].Split(';')[0]);
        }

        using var response = await client.SendAsync(request);
        string location = response.Headers.TryGetValues("Location", out var values) ? string.Join(',', values) : "";
        return $"{(int)response.StatusCode} {location} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
    }

    private sealed record Thing(int Number);

    private sealed class NoRedirect : IDisableCookieRedirectMetadata;

    private sealed class Redirect : IAllowCookieRedirectMetadata;
}

[ApiController]
[Route("/guarded-controller")]
[Microsoft.AspNetCore.Authorization.Authorize]
public sealed class GuardedController : ControllerBase
{
    [HttpGet]
    public ActionResult<string> Get() => Ok("guarded");
}
