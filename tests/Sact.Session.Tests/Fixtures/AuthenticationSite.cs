using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A site whose users sign in with the framework's methods, through the library's scheme or the framework's cookie.</summary>
internal static class AuthenticationSite
{
    public static Task<Site> StartAsync(
        Action<SactSessionAuthenticationOptions>? scheme = null,
        Action<WebApplication>? map = null,
        Action<SactSessionOptions>? session = null,
        Action<WebApplicationBuilder>? build = null,
        Served served = Served.TestServer) => Site.StartAsync(
            app =>
            {
                Map(app);
                map?.Invoke(app);
            },
            session,
            builder =>
            {
                builder.Services.AddAuthorizationBuilder().AddPolicy("admins", policy => policy.RequireRole("admin"));
                builder.Services.AddAuthentication().AddSactSession<IGenericStore>(scheme);
                build?.Invoke(builder);
            },
            served);

    /// <summary>Maps the endpoints that both kinds of site have.</summary>
    public static void Map(WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapPost("/in/{user}", async (string user, string? role, bool? persistent, HttpContext context) =>
            await context.SignInAsync(Principal(user, role), new AuthenticationProperties { IsPersistent = persistent ?? false }));
        app.MapPost("/out", async (HttpContext context) => await context.SignOutAsync());
        app.MapGet("/who", (HttpContext context) =>
            context.User.Identity is { IsAuthenticated: true } identity ? identity.Name! : "nobody");
        app.MapGet("/page", async (HttpContext context) =>
            await context.Response.WriteAsync("a page for " + context.User.Identity!.Name)).RequireAuthorization();
        app.MapGet("/admin", async (HttpContext context) =>
            await context.Response.WriteAsync("admins only")).RequireAuthorization("admins");
    }

    public static ClaimsPrincipal Principal(string user, string? role = null, params Claim[] more)
    {
        var claims = new List<Claim> { new(ClaimTypes.NameIdentifier, user), new(ClaimTypes.Name, user) };
        if (role is not null)
        {
            claims.Add(new(ClaimTypes.Role, role));
        }

        return new ClaimsPrincipal(new ClaimsIdentity([.. claims, .. more], CookieAuthenticationDefaults.AuthenticationScheme));
    }

    public static async Task<string> SignInAsync(this Site site, string user, string? sessionId = null, string query = "")
    {
        using var response = await site.SendAsync($"/in/{user}{query}", sessionId, HttpMethod.Post);
        return response.SentId() ?? throw new InvalidOperationException($"Signing in sent no cookie but {response.StatusCode}.");
    }

    public static async Task<string> StatusAndTextAsync(this Site site, string path, string? sessionId = null, HttpMethod? method = null)
    {
        using var response = await site.SendAsync(path, sessionId, method);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
    }
}
