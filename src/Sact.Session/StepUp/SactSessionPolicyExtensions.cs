using Sact.Session;

namespace Microsoft.AspNetCore.Authorization;

/// <summary>What an authorization policy asks of the session: for controllers and pages, <c>[Authorize(Policy = "fresh")]</c>.</summary>
public static class SactSessionPolicyExtensions
{
    /// <summary>
    /// Asks that the user proved who they are within a span before now. Where that is all that is missing, the answer is the challenge that <c>RequireFreshSession</c> of an endpoint gives, unless the application has an
    /// <c>IAuthorizationMiddlewareResultHandler</c> of its own. Nobody signed in is challenged by the authentication scheme, where there is one.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="within">The span; 1 second to 400 days.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is out of its range.</exception>
    public static AuthorizationPolicyBuilder RequireFreshSession(this AuthorizationPolicyBuilder policy, TimeSpan within, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.AddRequirements(SessionRequirement.Fresh(within, name));
    }

    /// <summary>Asks that the session has at least an assurance level; otherwise like <see cref="RequireFreshSession"/>.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="assuranceLevel">The level; 1 to 255.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level is out of its range.</exception>
    public static AuthorizationPolicyBuilder RequireAssuranceLevel(this AuthorizationPolicyBuilder policy, int assuranceLevel, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.AddRequirements(SessionRequirement.AtLevel(assuranceLevel, name));
    }
}
