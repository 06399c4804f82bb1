using Sact.Session;

namespace Microsoft.AspNetCore.Authorization;

/// <summary>
/// Requirements of an authorization policy on the session, for controllers and pages: <c>[Authorize(Policy = "fresh")]</c>.
/// </summary>
public static class SactSessionPolicyExtensions
{
    /// <summary>
    /// Requires that the user proved their identity recently (ASVS 5.0 V7.5.1). If only that is missing, the answer is the challenge of
    /// <c>RequireFreshSession</c> on an endpoint. A custom <c>IAuthorizationMiddlewareResultHandler</c> of the application replaces that
    /// answer.
    /// </summary>
    /// <remarks>If nobody is signed in, the authentication scheme of the application answers.</remarks>
    /// <param name="policy">The policy.</param>
    /// <param name="within">The maximum age of the proof. Range: 1 second to 400 days.</param>
    /// <param name="name">
    /// The name of a named registration. Null: the registration of the scheme from which the user comes, or the unnamed one if that scheme
    /// keeps no sessions. If several schemes of the policy have signed the user in, all their sessions must meet the requirement.
    /// </param>
    /// <returns>The policy, for further calls.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="within"/> is out of its range.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddAuthorizationBuilder()
    ///     .AddPolicy("fresh", policy => policy.RequireFreshSession(TimeSpan.FromMinutes(5)));
    /// </code>
    /// </example>
    public static AuthorizationPolicyBuilder RequireFreshSession(
        this AuthorizationPolicyBuilder policy, TimeSpan within, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.AddRequirements(SessionRequirement.Fresh(within, name, policy.AuthenticationSchemes));
    }

    /// <summary>Requires that the session has a minimum assurance level. The answer is that of <see cref="RequireFreshSession"/>.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="assuranceLevel">The minimum level. Range: 1 to 255.</param>
    /// <param name="name">
    /// The name of a named registration. Null: the registration of the scheme from which the user comes, or the unnamed one if that scheme
    /// keeps no sessions. If several schemes of the policy have signed the user in, all their sessions must meet the requirement.
    /// </param>
    /// <returns>The policy, for further calls.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="assuranceLevel"/> is out of its range.</exception>
    public static AuthorizationPolicyBuilder RequireAssuranceLevel(
        this AuthorizationPolicyBuilder policy, int assuranceLevel, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.AddRequirements(SessionRequirement.AtLevel(assuranceLevel, name, policy.AuthenticationSchemes));
    }
}
