using Microsoft.AspNetCore.Http;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Requirements of an endpoint on the session of its requests.</summary>
public static class SactSessionEndpointExtensions
{
    /// <summary>
    /// Allows a request only if its user proved their identity recently, by signing in or by a raise. Use it for a change of password,
    /// a payment or the deletion of an account (ASVS 5.0 V7.5.1).
    /// </summary>
    /// <remarks>
    /// <para>
    /// It works for endpoints of any kind. It runs after authorization and before the body of the request is bound.
    /// For one controller action or page use a policy: <c>policy.RequireFreshSession(…)</c>.
    /// </para>
    /// <para>
    /// Otherwise the answer is 401 with <c>no-store</c> and problem details. Nobody is signed in: <c>urn:sact-session:not-signed-in</c> and
    /// <c>WWW-Authenticate: SactSession</c>. The session is not fresh: <c>urn:sact-session:insufficient-user-authentication</c> and
    /// <c>WWW-Authenticate: SactSession error="insufficient_user_authentication", max_age="300"</c>, after RFC 9470.
    /// Then request the password
    /// or a further factor, and call <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/> or
    /// <c>SetAsync</c>.
    /// </para>
    /// </remarks>
    /// <typeparam name="TBuilder">The type of the endpoint builder.</typeparam>
    /// <param name="builder">The endpoint, or a group of endpoints.</param>
    /// <param name="within">The maximum age of the proof. Range: 1 second to 400 days.</param>
    /// <param name="name">
    /// The name of a named registration. Null: the registration of the scheme that authorizes the endpoint, or the unnamed one if that
    /// scheme keeps no sessions.
    /// </param>
    /// <returns>The builder, for further calls.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="within"/> is out of its range.</exception>
    /// <example><code>app.MapPost("/password", ChangePasswordAsync).RequireFreshSession(TimeSpan.FromMinutes(5));</code></example>
    public static TBuilder RequireFreshSession<TBuilder>(this TBuilder builder, TimeSpan within, string? name = null)
        where TBuilder : IEndpointConventionBuilder => Require(builder, SessionRequirement.Fresh(within, name, []));

    /// <summary>
    /// Allows a request only if its session has a minimum assurance level. Signing in sets the level, and
    /// <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/> raises it.
    /// </summary>
    /// <remarks>
    /// Otherwise the answer is that of <see cref="RequireFreshSession"/>, with <c>acr_values="2"</c> in place of <c>max_age</c>.
    /// </remarks>
    /// <typeparam name="TBuilder">The type of the endpoint builder.</typeparam>
    /// <param name="builder">The endpoint, or a group of endpoints.</param>
    /// <param name="assuranceLevel">The minimum level. Range: 1 to 255.</param>
    /// <param name="name">
    /// The name of a named registration. Null: the registration of the scheme that authorizes the endpoint, or the unnamed one if that
    /// scheme keeps no sessions.
    /// </param>
    /// <returns>The builder, for further calls.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="assuranceLevel"/> is out of its range.</exception>
    public static TBuilder RequireAssuranceLevel<TBuilder>(this TBuilder builder, int assuranceLevel, string? name = null)
        where TBuilder : IEndpointConventionBuilder => Require(builder, SessionRequirement.AtLevel(assuranceLevel, name, []));

    /// <summary>
    /// Makes requests to an endpoint not extend the session: a poll, a heartbeat, a hub. They read the session as always (ASVS 5.0 V7.3.1).
    /// On a controller or a page use <see cref="DisableSlidingExpirationAttribute"/>.
    /// </summary>
    /// <typeparam name="TBuilder">The type of the endpoint builder.</typeparam>
    /// <param name="builder">The endpoint, or a group of endpoints.</param>
    /// <returns>The builder, for further calls.</returns>
    public static TBuilder DisableSlidingExpiration<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(static endpoint => endpoint.Metadata.Add(new DisableSlidingExpirationAttribute()));
        return builder;
    }

    // It wraps the endpoint's delegate. An endpoint filter would run for minimal APIs only, and after their arguments were bound.
    private static TBuilder Require<TBuilder>(TBuilder builder, SessionRequirement requirement)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint =>
        {
            var next = endpoint.RequestDelegate ?? throw new InvalidOperationException(
                $"The endpoint '{endpoint.DisplayName}' has no request delegate, so it cannot require a session directly. "
                + "Use a policy instead: policy.RequireFreshSession(…), and RequireAuthorization(policy) on the endpoint.");
            endpoint.Metadata.Add(requirement);
            endpoint.RequestDelegate = context => RunAsync(context, next, requirement);
        });
        return builder;
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate next, SessionRequirement requirement)
    {
        var sessions = await SignedInSessions.OfAsync(context, requirement.Name, requirement.Schemes).ConfigureAwait(false);
        if (sessions.IsEmpty)
        {
            await SessionChallenge.NobodyAsync(context, sessions.EndReason).ConfigureAwait(false);
        }
        else if (!requirement.IsMetBy(sessions))
        {
            StepUpLog.Insufficient(sessions.Log, sessions.Key);
            await SessionChallenge.InsufficientAsync(context, requirement).ConfigureAwait(false);
        }
        else
        {
            await next(context).ConfigureAwait(false);
        }
    }
}
