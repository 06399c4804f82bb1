using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>
/// The page to which a sign-in at the provider leads in ASP.NET Core Identity. It takes the user from the cookie of the scheme
/// <c>External</c>, and signs a local user in to another scheme.
/// </summary>
/// <param name="scheme">The scheme of the local user.</param>
internal sealed class ExternalCallback(string scheme) : IStartupFilter
{
    public const string User = "local-7";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        next(app);
        app.Map("/callback", page => page.Run(async context =>
        {
            var external = await context.AuthenticateAsync("External");
            var user = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, User)], "local"));
            await context.SignInAsync(scheme, user, new AuthenticationProperties().WithProviderSession(external.Properties!));
            await context.SignOutAsync("External");
        }));
    };
}
