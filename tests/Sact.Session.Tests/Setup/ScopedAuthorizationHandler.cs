using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session.Tests;

/// <summary>
/// An application whose authorization handler is scoped, because it reads a database. In Development, ASP.NET Core validates scopes.
/// </summary>
public sealed class ScopedAuthorizationHandler
{
    [Fact]
    public async Task DecidesOverTheSession()
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapPost("/login/{user}", async (string user, ISactSession session) => await session.SetAsync(user));
                app.MapGet("/admin", () => "for alice").RequireAuthorization("admin");
            },
            build: builder =>
            {
                builder.Host.UseDefaultServiceProvider(options => options.ValidateScopes = true);
                builder.Services.AddAuthentication().AddSactSession();
                builder.Services.AddAuthorization(options => options.AddPolicy("admin", policy => policy.AddRequirements(new IsAlice())));
                builder.Services.AddScoped<IAuthorizationHandler, Handler>();
            });

        Assert.Equal("200 for alice", await site.StatusAndTextAsync("/admin", await LoginAsync(site, "alice")));
        using var refused = await site.SendAsync("/admin", await LoginAsync(site, "bob"));
        Assert.NotEqual(HttpStatusCode.OK, refused.StatusCode);
    }

    private static async Task<string> LoginAsync(Site site, string user)
    {
        using var response = await site.SendAsync($"/login/{user}", method: HttpMethod.Post);
        return response.SentId() ?? throw new InvalidOperationException("The sign-in sent no cookie.");
    }

    private sealed class IsAlice : IAuthorizationRequirement;

    private sealed class Handler(ISactSession session) : AuthorizationHandler<IsAlice>
    {
        protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, IsAlice requirement)
        {
            if ((await session.GetAsync())?.UserId == "alice")
            {
                context.Succeed(requirement);
            }
        }
    }
}
