using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoint at which an identity provider ends sessions.</summary>
public static class SactBackChannelLogoutExtensions
{
    /// <summary>
    /// Maps the endpoint of OpenID Connect Back-Channel Logout 1.0. The provider posts a signed logout token to it, and the sessions that
    /// the token means end on every node. Enter its address at the provider as the back-channel logout URI.
    /// </summary>
    /// <remarks>
    /// The answer is 200; 400 for a request that breaks a rule; or 503 if the same request may succeed later. Only the log has the reason.
    /// Anybody can call the endpoint, so add <c>.RequireRateLimiting(…)</c> where the provider has no fixed address.
    /// </remarks>
    /// <param name="endpoints">The application, or a group of endpoints.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="authenticationScheme">The OpenID Connect scheme, for which <c>AddSactOpenIdConnect</c> was called.</param>
    /// <returns>The endpoint, for more conventions.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddSactOpenIdConnect</c> was not called, there is no such scheme, or its users are not kept in sessions.
    /// </exception>
    /// <example><code>app.MapSactBackChannelLogout("/signout-backchannel");</code></example>
    public static IEndpointConventionBuilder MapSactBackChannelLogout(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern = "/signout-backchannel",
        string authenticationScheme = OpenIdConnectDefaults.AuthenticationScheme)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentException.ThrowIfNullOrEmpty(authenticationScheme);
        var services = endpoints.ServiceProvider;
        var schemes = services.GetService<ProviderSchemes>() ?? throw new InvalidOperationException(
            "The back-channel logout needs AddSactOpenIdConnect(). Call it after AddOpenIdConnect() on the authentication builder.");

        // A mistake must not wait for the first logout.
        schemes.Find(authenticationScheme);
        var endpoint = new BackChannelLogout(schemes, services.GetRequiredService<LogoutTokenValidator>(), authenticationScheme);
        return endpoints.MapPost(pattern, (RequestDelegate)endpoint.HandleAsync)
            .WithDisplayName($"Back-channel logout of {authenticationScheme}")
            .WithMetadata(new AllowAnonymousAttribute(), new DisableSactSessionAttribute(), new ExcludeFromDescriptionAttribute());
    }
}
