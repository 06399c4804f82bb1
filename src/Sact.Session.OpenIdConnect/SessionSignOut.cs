using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Signs the user out of the scheme that keeps the session, whatever scheme the framework would choose.</summary>
internal static class SessionSignOut
{
    /// <param name="context">The request.</param>
    /// <param name="scheme">The OpenID Connect scheme.</param>
    /// <param name="keepsRedirect">Whether the application has written an answer of its own, perhaps a redirect.</param>
    public static async Task RunAsync(HttpContext context, ProviderScheme scheme, bool keepsRedirect = false)
    {
        await context.SignOutAsync(scheme.SessionScheme).ConfigureAwait(false);

        // A cookie scheme redirects to the return URL of its logout page. That is not for the provider, nor for the way to it.
        if (!keepsRedirect && context.Response is { HasStarted: false, StatusCode: StatusCodes.Status302Found } response)
        {
            response.StatusCode = StatusCodes.Status200OK;
            response.Headers.Remove("Location");
        }
    }
}
