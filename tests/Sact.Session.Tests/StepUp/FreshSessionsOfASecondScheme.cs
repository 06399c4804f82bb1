using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A requirement on the session of an endpoint whose users come from a named scheme, beside the default scheme.</summary>
public sealed class FreshSessionsOfASecondScheme
{
    public static TheoryData<string, string> Paths
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string scheme in (string[])["Admin", "Tickets"])
            {
                string[] kinds =
                    ["policy", "attribute", "endpoint", "bare", "level", "built", "by-name", "two-names", "forwarded"];
                foreach (string kind in kinds)
                {
                    data.Add(scheme, $"/{kind}/{scheme}");
                }
            }

            data.Add("Admin", "/second-scheme-controller/in");
            data.Add("Admin", "/forwarded-default/Admin");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    [Trait("abuse", "K22")]
    public async Task AreJudgedByThatSchemesSession(string scheme, string path)
    {
        await using var site = await StartAsync();
        var cookies = new Dictionary<string, string>();
        await SendAsync(site, "/in/" + scheme, cookies, HttpMethod.Post);
        if (path.StartsWith("/level", StringComparison.Ordinal))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(site, path, cookies));
            return;
        }

        Assert.Equal(HttpStatusCode.OK, await SendAsync(site, path, cookies));

        // A fresh session of the default scheme proves nothing about the user of the other scheme.
        site.Clock.Advance(TimeSpan.FromMinutes(6));
        await SendAsync(site, "/in/User", cookies, HttpMethod.Post);
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(site, path, cookies));

        // An old session of the default scheme takes nothing away.
        site.Clock.Advance(TimeSpan.FromMinutes(6));
        await SendAsync(site, "/in/" + scheme, cookies, HttpMethod.Post);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(site, path, cookies));
    }

    [Fact]
    [Trait("abuse", "K22")]
    public async Task AreNotThoseOfTheDefaultScheme()
    {
        await using var site = await StartAsync();
        var cookies = new Dictionary<string, string>();
        await SendAsync(site, "/in/User", cookies, HttpMethod.Post);

        Assert.All(
            await Task.WhenAll(Paths.Select(row => SendAsync(site, row.Data.Item2, new(cookies)))),
            status => Assert.NotEqual(HttpStatusCode.OK, status));
    }

    [Fact]
    [Trait("abuse", "K22")]
    public async Task OfSeveralSchemesAllThatSignedTheUserInMustBeFresh()
    {
        await using var site = await StartAsync();
        var cookies = new Dictionary<string, string>();
        await SendAsync(site, "/in/Admin", cookies, HttpMethod.Post);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(site, "/policy/both", cookies));
        site.Clock.Advance(TimeSpan.FromMinutes(6));
        await SendAsync(site, "/in/User", cookies, HttpMethod.Post);

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(site, "/policy/both", cookies));
    }

    [Fact]
    [Trait("abuse", "K22")]
    public async Task ANameStillChoosesTheRegistration()
    {
        await using var site = await StartAsync();
        var cookies = new Dictionary<string, string>();
        await SendAsync(site, "/in/User", cookies, HttpMethod.Post);
        await SendAsync(site, "/in/Admin", cookies, HttpMethod.Post);

        Assert.Equal(HttpStatusCode.OK, await SendAsync(site, "/named", cookies));
        site.Clock.Advance(TimeSpan.FromMinutes(6));
        await SendAsync(site, "/in/User", cookies, HttpMethod.Post);
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(site, "/named", cookies));
    }

    [Theory]
    [InlineData("default")]
    [InlineData("fallback")]
    [Trait("abuse", "K22")]
    public async Task AreThoseOfTheSchemeThatTheApplicationsPolicyNames(string kind)
    {
        await using var site = await StartAsync(policies => _ = kind == "default"
            ? policies.SetDefaultPolicy(new AuthorizationPolicyBuilder("Admin").RequireAuthenticatedUser().Build())
            : policies.SetFallbackPolicy(new AuthorizationPolicyBuilder("Admin").RequireAuthenticatedUser().Build()));
        var cookies = new Dictionary<string, string>();
        await SendAsync(site, "/in/Admin", cookies, HttpMethod.Post);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(site, "/application/" + kind, cookies));
        site.Clock.Advance(TimeSpan.FromMinutes(6));
        await SendAsync(site, "/in/User", cookies, HttpMethod.Post);

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(site, "/application/" + kind, cookies));
    }

    private static async Task<HttpStatusCode> SendAsync(
        Site site, string path, Dictionary<string, string> cookies, HttpMethod? method = null)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Add("X-Requested-With", "XMLHttpRequest");
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        foreach (string line in response.SetCookies())
        {
            string[] pair = line.Split(';')[0].Split('=', 2);
            cookies[pair[0]] = pair[1];
        }

        return response.StatusCode;
    }

    private static Task<Site> StartAsync(Action<AuthorizationBuilder>? authorization = null) => Site.StartAsync(
        app =>
        {
            var five = TimeSpan.FromMinutes(5);
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapPost("/in/{scheme}", (string scheme, HttpContext context) =>
                context.SignInAsync(scheme, AuthenticationSite.Principal("alice"))).AllowAnonymous();
            foreach (string scheme in (string[])["Admin", "Tickets"])
            {
                app.MapGet("/policy/" + scheme, () => "x").RequireAuthorization("fresh-" + scheme);
                app.MapGet("/attribute/" + scheme, () => "x")
                    .RequireAuthorization(new AuthorizeAttribute("fresh") { AuthenticationSchemes = "Other, " + scheme });
                app.MapGet("/endpoint/" + scheme, () => "x")
                    .RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = scheme }).RequireFreshSession(five);
                app.MapGet("/bare/" + scheme, () => "x")
                    .RequireAuthorization(policy => policy.AddAuthenticationSchemes(scheme).RequireFreshSession(five));
                app.MapGet("/level/" + scheme, () => "x")
                    .RequireAuthorization(policy => policy.RequireAssuranceLevel(2).AddAuthenticationSchemes(scheme));
                app.MapGet("/built/" + scheme, () => "x")
                    .RequireAuthorization(new AuthorizationPolicyBuilder(scheme).RequireAuthenticatedUser().Build())
                    .RequireAuthorization(new AuthorizationPolicyBuilder().RequireFreshSession(five).Build());
                app.MapGet("/by-name/" + scheme, () => "x").RequireAuthorization("only-" + scheme).RequireFreshSession(five);
                app.MapGet("/two-names/" + scheme, () => "x").RequireAuthorization("only-" + scheme, "fresh");
                app.MapGet("/forwarded/" + scheme, () => "x")
                    .RequireAuthorization(policy => policy.AddAuthenticationSchemes("Forward").RequireFreshSession(five));
            }

            app.MapGet("/forwarded-default/Admin", () => "x").RequireAuthorization("fresh");
            app.MapGet("/application/default", () => "x").RequireAuthorization().RequireFreshSession(five);
            app.MapGet("/application/fallback", () => "x").RequireFreshSession(five);

            app.MapGet("/policy/both", () => "x").RequireAuthorization(policy =>
                policy.RequireFreshSession(five).AddAuthenticationSchemes("User", "Admin"));
            app.MapGet("/named", () => "x").RequireAuthorization(policy => policy.RequireFreshSession(five, "admin"));
            app.MapControllers();
        },
        build: builder =>
        {
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin");
            builder.Services.AddAuthentication("User")
                .AddCookie("Tickets").AddSactTicketStore("Tickets")
                .AddCookie("Other")
                .AddPolicyScheme("Forward", null, o => o.ForwardDefaultSelector = context => context.Request.Path.Value!.Split('/')[^1])
                .AddSactSession("User", o => o.ForwardDefaultSelector = context =>
                    context.Request.Path == "/forwarded-default/Admin" ? "Admin" : null)
                .AddSactSession("Admin", o => o.SessionName = "admin");
            builder.Services.AddControllers().AddApplicationPart(typeof(SecondSchemeController).Assembly);
            var policies = builder.Services.AddAuthorizationBuilder()
                .AddPolicy("fresh", policy => policy.RequireFreshSession(TimeSpan.FromMinutes(5)));
            foreach (string scheme in (string[])["Admin", "Tickets"])
            {
                policies.AddPolicy("fresh-" + scheme, policy => policy
                    .AddAuthenticationSchemes(scheme).RequireAuthenticatedUser().RequireFreshSession(TimeSpan.FromMinutes(5)));
                policies.AddPolicy("only-" + scheme, policy => policy.AddAuthenticationSchemes(scheme).RequireAuthenticatedUser());
            }

            authorization?.Invoke(policies);
        });
}

[ApiController]
[Authorize(Policy = "fresh", AuthenticationSchemes = "Admin")]
[Route("second-scheme-controller")]
public sealed class SecondSchemeController : ControllerBase
{
    [HttpGet("in")]
    public IActionResult Get() => Content("through");
}
