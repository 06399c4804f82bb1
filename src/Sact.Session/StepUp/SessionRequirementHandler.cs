using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Checks a policy's requirement against the session of the request, whatever the authentication scheme says about the user.
/// Without a request no requirement is met.
/// </summary>
internal sealed class SessionRequirementHandler(IHttpContextAccessor accessor) : AuthorizationHandler<SessionRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, SessionRequirement requirement)
    {
        if (accessor.HttpContext is { } http
            && await RegistryOfRequest.SessionOf(http, requirement.Name).ReadSignedInAsync().ConfigureAwait(false) is { } signedIn
            && requirement.IsMetBy(signedIn))
        {
            context.Succeed(requirement);
        }
    }
}
