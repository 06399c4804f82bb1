using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

/// <summary>Policies that require a fresh session, with an authentication scheme and without.</summary>
public sealed class FreshSessionPolicies
{
    private const string Stale = "SactSession error=\"insufficient_user_authentication\", max_age=\"300\"";
    private const string Insufficient = "urn:sact-session:insufficient-user-authentication";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LetAFreshSessionThroughAndChallengeAStaleOne(bool scheme)
    {
        await using var site = await StartAsync(scheme);
        string id = await SignInAsync(site);
        foreach (string path in (string[])["/fresh", "/policy-controller/in"])
        {
            using var answer = await site.SendAsync(path, id);
            Assert.Equal("through", await answer.Content.ReadAsStringAsync());
        }

        site.Clock.Advance(TimeSpan.FromMinutes(6));
        foreach (string path in (string[])["/fresh", "/policy-controller/in"])
        {
            using var answer = await site.SendAsync(path, id);
            await FreshSessionEndpoints.IsChallengeAsync(answer, Insufficient, Stale);
        }
    }

    [Fact]
    public async Task WithoutASchemeChallengeVisitorsThemselves()
    {
        await using var site = await StartAsync(scheme: false);
        using var answer = await site.SendAsync("/fresh");

        await FreshSessionEndpoints.IsChallengeAsync(answer, "urn:sact-session:not-signed-in", "SactSession");
    }

    [Fact]
    public async Task WithASchemeLeaveVisitorsToTheScheme()
    {
        await using var site = await StartAsync(scheme: true, nobody: true);
        using var answer = await site.SendAsync("/fresh");

        Assert.Equal((HttpStatusCode)418, answer.StatusCode);
    }

    [Fact]
    public async Task ForbidIfAnotherRequirementFailsToo()
    {
        await using var site = await StartAsync(scheme: true);
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(6));
        using var answer = await site.SendAsync("/fresh-admin", id);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(answer.Headers.WwwAuthenticate);
    }

    [Fact]
    public async Task ChallengeForAllRequirementsAtOnce()
    {
        await using var site = await StartAsync(scheme: true);
        string id = await SignInAsync(site);
        using var answer = await site.SendAsync("/fresh-level", id);

        await FreshSessionEndpoints.IsChallengeAsync(
            answer, Insufficient, "SactSession error=\"insufficient_user_authentication\", max_age=\"300\", acr_values=\"2\"");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LeaveTheResponseToAResultHandlerOfTheApplication(bool before)
    {
        await using var site = await StartAsync(
            scheme: true, applicationHandler: before ? ApplicationHandler.Before : ApplicationHandler.After);
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(6));
        using var answer = await site.SendAsync("/fresh", id);

        Assert.Equal((HttpStatusCode)451, answer.StatusCode);
    }

    /// <summary>
    /// If an application does not call <c>UseAuthorization()</c>, <c>WebApplication</c> puts it before everything else, also before
    /// <c>UseSactSession()</c>.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Return503WhileTheStoreIsDownWhereverAuthorizationRuns(bool explicitOrder)
    {
        await using var site = await StartAsync(scheme: false, explicitOrder: explicitOrder);
        string id = await SignInAsync(site);
        using var through = await site.SendAsync("/fresh", id);
        Assert.Equal("through", await through.Content.ReadAsStringAsync());
        site.Store.Before = (_, _) => throw new IOException("gone");

        using var answer = await site.SendAsync("/fresh", id);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task FailOutsideARequest()
    {
        await using var site = await StartAsync(scheme: false);
        var authorization = site.Services.GetRequiredService<IAuthorizationService>();
        var result = await authorization.AuthorizeAsync(
            new ClaimsPrincipal(), null, new AuthorizationPolicyBuilder().RequireFreshSession(TimeSpan.FromMinutes(5)).Build());

        Assert.False(result.Succeeded);
    }

    private enum ApplicationHandler
    {
        None,
        Before,
        After,
    }

    private static async Task<string> SignInAsync(Site site)
    {
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        return login.SentId()!;
    }

    private static Task<Site> StartAsync(
        bool scheme,
        bool nobody = false,
        ApplicationHandler applicationHandler = ApplicationHandler.None,
        bool explicitOrder = true) => Site.StartAsync(
        app =>
        {
            if (scheme)
            {
                app.UseAuthentication();
            }

            if (explicitOrder)
            {
                app.UseAuthorization();
            }

            app.MapPost("/login", (ISession<IGenericStore> session) => session.SetAsync("alice").AsTask());
            app.MapGet("/fresh", () => "through").RequireAuthorization("fresh");
            app.MapGet("/fresh-admin", () => "through").RequireAuthorization("fresh-admin");
            app.MapGet("/fresh-level", () => "through").RequireAuthorization("fresh-level");
            app.MapControllers();
        },
        build: builder =>
        {
            // Site has already called AddSactSession. The second call configures the same registration and sees the services added so far.
            var five = TimeSpan.FromMinutes(5);
            if (applicationHandler == ApplicationHandler.Before)
            {
                var services = builder.Services.Where(service =>
                    service.ServiceType == typeof(IAuthorizationMiddlewareResultHandler)).ToArray();
                Array.ForEach(services, service => builder.Services.Remove(service));
                builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, ApplicationResultHandler>();
                builder.Services.AddSactSession();
            }

            builder.Services.AddControllers().AddApplicationPart(typeof(PolicyController).Assembly);
            builder.Services.AddAuthorizationBuilder()
                .AddPolicy("fresh", policy => policy.RequireFreshSession(five))
                .AddPolicy("fresh-admin", policy => policy.RequireFreshSession(five).RequireRole("admin"))
                .AddPolicy("fresh-level", policy =>
                    policy.RequireFreshSession(five).RequireFreshSession(2 * five).RequireAssuranceLevel(2));
            if (scheme)
            {
                builder.Services.AddAuthentication(nobody ? "nobody" : "everybody")
                    .AddScheme<AuthenticationSchemeOptions, Everybody>("everybody", null)
                    .AddScheme<AuthenticationSchemeOptions, Nobody>("nobody", null);
            }

            if (applicationHandler == ApplicationHandler.After)
            {
                builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, ApplicationResultHandler>();
            }
        },
        explicitRouting: explicitOrder);

    private sealed class ApplicationResultHandler : IAuthorizationMiddlewareResultHandler
    {
        public Task HandleAsync(
            RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
        {
            context.Response.StatusCode = 451;
            return Task.CompletedTask;
        }
    }

    private sealed class Everybody(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
            Task.FromResult(
                AuthenticateResult.Success(
                    new AuthenticationTicket(
                        new ClaimsPrincipal(new ClaimsIdentity([new Claim("name", "alice")], Scheme.Name)), Scheme.Name)));
    }

    private sealed class Nobody(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());

        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.StatusCode = 418;
            return Task.CompletedTask;
        }
    }
}

[ApiController]
[Authorize(Policy = "fresh")]
[Route("policy-controller")]
public sealed class PolicyController : ControllerBase
{
    [HttpGet("in")]
    public IActionResult Get() => Content("through");
}
