using Sact.Session;

namespace Microsoft.AspNetCore.Authentication;

/// <summary>Carries what a provider knows of a sign-in to another sign-in.</summary>
public static class SactOpenIdConnectPropertiesExtensions
{
    /// <summary>
    /// Lets the provider of an external sign-in end the session of a second sign-in, and copies the tokens. Use it where a callback page
    /// signs the user in again, as ASP.NET Core Identity does.
    /// </summary>
    /// <param name="properties">The properties of the second sign-in.</param>
    /// <param name="external">The properties of the external sign-in, such as <c>ExternalLoginInfo.AuthenticationProperties</c>.</param>
    /// <returns>The same properties.</returns>
    /// <exception cref="ArgumentNullException">One of the properties is null.</exception>
    /// <example>
    /// <code>
    /// var properties = new AuthenticationProperties().WithProviderSession(info.AuthenticationProperties!);
    /// await signInManager.SignInAsync(user, properties, info.LoginProvider);
    /// </code>
    /// </example>
    public static AuthenticationProperties WithProviderSession(
        this AuthenticationProperties properties, AuthenticationProperties external)
    {
        ArgumentNullException.ThrowIfNull(properties);
        ArgumentNullException.ThrowIfNull(external);
        ProviderSession.Copy(external, properties);
        if (external.GetTokens().ToList() is { Count: > 0 } tokens)
        {
            properties.StoreTokens(tokens);
        }

        return properties;
    }
}
