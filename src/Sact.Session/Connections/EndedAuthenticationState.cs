using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;

namespace Sact.Session;

/// <summary>Nobody, in a circuit whose session has ended.</summary>
internal sealed class EndedAuthenticationState(SessionEndReason? reason) : AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity()))
{
    /// <summary>Why it has ended; null if nobody knows, or if only its id was replaced.</summary>
    public SessionEndReason? Reason => reason;
}
