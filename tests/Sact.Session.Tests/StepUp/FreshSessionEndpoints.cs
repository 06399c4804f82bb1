using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>Endpoints of every kind that require a fresh session or an assurance level.</summary>
public sealed class FreshSessionEndpoints
{
    private static readonly string[] s_fresh = ["/handler", "/delegate", "/group/in", "/fresh-controller/in"];

    [Fact]
    public async Task LetAFreshSessionThrough()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(5));
        foreach (string path in s_fresh)
        {
            using var answer = await site.SendAsync(path, id);
            Assert.Equal("through", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task ChallengeAStaleSession()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromMilliseconds(1));
        foreach (string path in s_fresh)
        {
            using var answer = await site.SendAsync(path, id);
            await IsChallengeAsync(
                answer,
                "urn:sact-session:insufficient-user-authentication",
                "SactSession error=\"insufficient_user_authentication\", max_age=\"300\"");
        }
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task ChallengeAnonymousAndPendingVisitorsAsNotSignedIn()
    {
        await using var site = await StartAsync();
        using var pending = await site.SendAsync("/pending", method: HttpMethod.Post);
        using var anonymous = await site.SendAsync("/start", method: HttpMethod.Post);
        foreach (string? id in (string?[])[null, pending.SentId(), anonymous.SentId(), new string('A', 56)])
        {
            foreach (string path in (string[])[.. s_fresh, "/level"])
            {
                using var answer = await site.SendAsync(path, id);
                await IsChallengeAsync(answer, "urn:sact-session:not-signed-in", "SactSession");
            }
        }
    }

    [Fact]
    public async Task LetARaisedSessionThrough()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(30));
        using var raise = await site.SendAsync("/raise", id, HttpMethod.Post);
        foreach (string path in (string[])[.. s_fresh, "/level"])
        {
            using var answer = await site.SendAsync(path, raise.SentId());
            Assert.Equal("through", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task ChallengeALowerAssuranceLevel()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        using var answer = await site.SendAsync("/level", id);

        await IsChallengeAsync(
            answer,
            "urn:sact-session:insufficient-user-authentication",
            "SactSession error=\"insufficient_user_authentication\", acr_values=\"2\"");
    }

    [Fact]
    public async Task EnforceTheRequirementsOfTheirGroupAndTheirOwn()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(2));
        using var outer = await site.SendAsync("/group/in", id);
        using var inner = await site.SendAsync("/group/stricter", id);

        Assert.Equal(HttpStatusCode.OK, outer.StatusCode);
        Assert.Contains("max_age=\"60\"", Assert.Single(inner.Headers.WwwAuthenticate).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckTheSessionBeforeTheyBindTheRequest()
    {
        await using var site = await StartAsync();
        using var body = new StringContent("no JSON", System.Text.Encoding.UTF8, "application/json");
        using var answer = await site.SendAsync("/bound", await SignInAsync(site), HttpMethod.Post, body);
        using var nobody = await site.SendAsync(
            "/bound", null, HttpMethod.Post, new StringContent("no JSON", System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized), (answer.StatusCode, nobody.StatusCode));
    }

    [Fact]
    public async Task WriteNoBodyForHead()
    {
        await using var site = await StartAsync();
        using var answer = await site.SendAsync("/delegate", null, HttpMethod.Head);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        Assert.Single(answer.Headers.WwwAuthenticate);
    }

    [Fact]
    [Trait("abuse", "E2")]
    public async Task Return503WhenTheStoreIsDown()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Store.Before = (_, _) => throw new SessionStoreException("down");
        using var answer = await site.SendAsync("/handler", id);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public void RefuseInvalidRequirements()
    {
        TimeSpan[] spans = [TimeSpan.Zero, TimeSpan.FromMinutes(-5), TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1), TimeSpan.MaxValue];
        Assert.All(spans, within =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new RouteHandlerBuilder([]).RequireFreshSession(within)));
        Assert.All((int[])[0, -1, 256], level =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new RouteHandlerBuilder([]).RequireAssuranceLevel(level)));
    }

    /// <summary>Each endpoint says why, to whoever presents an id that was valid at the end, and to nobody else.</summary>
    [Fact]
    [Trait("abuse", "C8")]
    public async Task TellWhoeverWasSignedOutWhy()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        string other = await SignInAsync(site);
        var record = await site.Store.Inner.GetAsync(site.Store.GetSessionKey(id));
        Assert.True(await ((IEndedSessionStore)site.Store.Inner).EndAsync(record!, SessionEndReason.CredentialsChanged));
        foreach (string path in (string[])[.. s_fresh, "/level"])
        {
            Assert.Equal("credentialsChanged", await ReasonAsync(path, id));
            Assert.Null(await ReasonAsync(path, SessionIdFormat.WithNewRotor(id)));
            Assert.Null(await ReasonAsync(path, new string('A', 56)));
            Assert.Null(await ReasonAsync(path, null));
        }

        async Task<string?> ReasonAsync(string path, string? cookie)
        {
            using var answer = await site.SendAsync(path, cookie);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
            return problem.TryGetProperty("endReason", out var reason) ? reason.GetString() : null;
        }
    }

    internal static async Task IsChallengeAsync(HttpResponseMessage answer, string type, string header)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(header, Assert.Single(answer.Headers.GetValues("WWW-Authenticate")));
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal((type, 401), (problem.GetProperty("type").GetString(), problem.GetProperty("status").GetInt32()));
        Assert.Null(answer.SentId());
    }

    private static async Task<string> SignInAsync(Site site)
    {
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        return login.SentId()!;
    }

    private static Task<Site> StartAsync() => Site.StartAsync(
        app =>
        {
            var five = TimeSpan.FromMinutes(5);
            app.MapPost("/login", (ISession<IGenericStore> session) => session.SetAsync("alice").AsTask());
            app.MapPost("/pending", (ISession<IGenericStore> session) => session.SetPendingAsync("alice").AsTask());
            app.MapPost("/start", (ISession<IGenericStore> session) => session.StartAsync().AsTask());
            app.MapPost("/raise", (ISession<IGenericStore> session) => session.RaiseAsync(2).AsTask());
            app.MapGet("/handler", () => "through").RequireFreshSession(five);
            app.MapMethods("/delegate", ["GET", "HEAD"], static (HttpContext context) =>
                context.Response.WriteAsync("through")).RequireFreshSession(five);
            var group = app.MapGroup("/group").RequireFreshSession(five);
            group.MapGet("/in", () => "through");
            group.MapGet("/stricter", () => "through").RequireFreshSession(TimeSpan.FromMinutes(1));
            app.MapPost("/bound", (FreshBody body) => body.Name).RequireFreshSession(five);
            app.MapGet("/level", () => "through").RequireAssuranceLevel(2);
            app.MapControllers().RequireFreshSession(five);
        },
        build: builder => builder.Services.AddControllers().AddApplicationPart(typeof(FreshController).Assembly));
}

internal sealed record FreshBody(string Name);

[ApiController]
[Route("fresh-controller")]
public sealed class FreshController : ControllerBase
{
    [HttpGet("in")]
    public IActionResult Get() => Content("through");
}
