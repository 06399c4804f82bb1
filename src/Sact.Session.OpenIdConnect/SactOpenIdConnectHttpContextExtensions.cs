using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session;

namespace Microsoft.AspNetCore.Http;

/// <summary>Returns the access token of a request's session.</summary>
public static class SactOpenIdConnectHttpContextExtensions
{
    /// <summary>
    /// The access token of the signed-in session, refreshed if it expires within <see cref="SactOpenIdConnectOptions.RefreshBefore"/>. Of
    /// all requests of the session, on all nodes, one refreshes it.
    /// </summary>
    /// <remarks>
    /// The scheme needs <c>SaveTokens</c>, and a refresh token (scope <c>offline_access</c> at most providers). The tokens are sealed with
    /// the session. <c>GetTokenAsync("access_token")</c> returns the same token as it was at the beginning of the request.
    /// </remarks>
    /// <param name="context">The context of the request.</param>
    /// <param name="authenticationScheme">The OpenID Connect scheme, for which <c>AddSactOpenIdConnect</c> was called.</param>
    /// <param name="cancellationToken">Cancels reads and waiting. A refresh that has begun is completed.</param>
    /// <returns>
    /// The token; null if nobody is signed in, another scheme signed the user in, no token was saved, or it has expired and the provider
    /// issues no other. Then challenge the scheme.
    /// </returns>
    /// <exception cref="InvalidOperationException"><c>AddSactOpenIdConnect</c> was not called for the scheme.</exception>
    /// <exception cref="SessionStoreException">The session store cannot answer.</exception>
    /// <example><code>string? token = await context.GetSactAccessTokenAsync();</code></example>
    public static ValueTask<string?> GetSactAccessTokenAsync(
        this HttpContext context,
        string authenticationScheme = OpenIdConnectDefaults.AuthenticationScheme,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentException.ThrowIfNullOrEmpty(authenticationScheme);
        var tokens = context.RequestServices.GetService<ProviderTokens>() ?? throw new InvalidOperationException(
            "The access token of a session needs AddSactOpenIdConnect(). Call it after AddOpenIdConnect() on the authentication builder.");
        return tokens.GetAsync(context, authenticationScheme, cancellationToken);
    }
}
