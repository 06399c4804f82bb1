using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Holds a policy's demand against the session of the request, whatever the authentication scheme says of the user. Without a request nothing is met.</summary>
internal sealed class SessionRequirementHandler(IHttpContextAccessor accessor) : AuthorizationHandler<SessionRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, SessionRequirement requirement)
    {
        if (accessor.HttpContext is not { } http)
        {
            return;
        }

        if (await SessionRegistry.SessionOf(http, requirement.Name).ReadSignedInAsync().ConfigureAwait(false) is { } signedIn && requirement.IsMetBy(signedIn))
        {
            context.Succeed(requirement);
        }
    }
}
