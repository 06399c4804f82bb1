using Sact.Session;

namespace Microsoft.AspNetCore.Authentication;

/// <summary>What is known of the session behind an authentication.</summary>
public static class SactSessionAuthenticationPropertiesExtensions
{
    /// <summary>
    /// The key of the session, or of the ticket of a cookie scheme, that a request was authenticated by: with it "sign out my other devices" is
    /// <c>store.DeleteActiveSessionsAsync(userId, except: key)</c>. Null if the properties come from elsewhere.
    /// </summary>
    /// <param name="properties">The properties of an <see cref="AuthenticateResult"/>.</param>
    public static SessionKey? GetSactSessionKey(this AuthenticationProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        return AnsweredSession.Of(properties)?.Key;
    }
}
