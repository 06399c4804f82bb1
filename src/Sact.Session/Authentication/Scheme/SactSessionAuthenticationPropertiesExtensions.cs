using Sact.Session;

namespace Microsoft.AspNetCore.Authentication;

/// <summary>Reads which session authenticated a request.</summary>
public static class SactSessionAuthenticationPropertiesExtensions
{
    /// <summary>
    /// The key of the session that authenticated a request. It may be the ticket of a cookie scheme. With it, an application signs a user
    /// out of all other devices.
    /// </summary>
    /// <param name="properties">The properties of an <see cref="AuthenticateResult"/>.</param>
    /// <returns>The key; null if no session is behind the properties.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="properties"/> is null.</exception>
    /// <example>
    /// <code>
    /// var result = await context.AuthenticateAsync();
    /// await store.DeleteActiveSessionsAsync(userId, except: result.Properties?.GetSactSessionKey());
    /// </code>
    /// </example>
    public static SessionKey? GetSactSessionKey(this AuthenticationProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        return AuthenticatedSession.Of(properties)?.Key;
    }
}
