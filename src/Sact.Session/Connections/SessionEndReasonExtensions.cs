using Microsoft.AspNetCore.Components.Authorization;

namespace Sact.Session;

/// <summary>Shows in a Blazor Server circuit why its session has ended.</summary>
public static class SessionEndReasonExtensions
{
    /// <summary>
    /// Why the session of the circuit has ended, for the message inside of <c>NotAuthorized</c>. It needs
    /// <c>AddSactSessionAuthenticationState()</c>.
    /// </summary>
    /// <param name="state">The authentication state that <c>AuthorizeView</c> or the cascading parameter gives.</param>
    /// <returns>
    /// The reason. Null if somebody is signed in, nobody was, or the reason is not known. It is also null after a step-up in another tab,
    /// and after the browser has connected again with the session of another user. The page shows that session once it is loaded again.
    /// </returns>
    /// <example>
    /// <code>
    /// &lt;AuthorizeView>
    ///     &lt;NotAuthorized Context="state">Your session has ended: @state.GetSessionEndReason()&lt;/NotAuthorized>
    /// &lt;/AuthorizeView>
    /// </code>
    /// </example>
    public static SessionEndReason? GetSessionEndReason(this AuthenticationState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return (state as EndedAuthenticationState)?.Reason;
    }
}
