using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Checks a policy's requirement against the session of the user's authentication scheme. Without a request no requirement is met.
/// </summary>
internal sealed class SessionRequirementHandler(IHttpContextAccessor accessor) : AuthorizationHandler<SessionRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, SessionRequirement requirement)
    {
        if (accessor.HttpContext is { } http
            && requirement.IsMetBy(
                await SignedInSessions.OfAsync(http, requirement.Name, requirement.Schemes).ConfigureAwait(false)))
        {
            context.Succeed(requirement);
        }
    }
}
