using Microsoft.AspNetCore.Http;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>What an endpoint asks of the session of its requests.</summary>
public static class SactSessionEndpointExtensions
{
    /// <summary>
    /// Lets a request through only if its user proved who they are (signed in, or was raised) within a span before now: for a change of password, a payment, the deletion of an account (ASVS 5.0 V7.5.1). It is looked at before the request's body is
    /// bound, after authorization. For endpoints of any kind; for a single controller action or page use a policy: <c>policy.RequireFreshSession(…)</c>.
    /// </summary>
    /// <remarks>
    /// The answer otherwise is 401, <c>no-store</c>, with problem details. Nobody signed in: <c>urn:sact-session:not-signed-in</c>, <c>WWW-Authenticate: SactSession</c>. A session that is not fresh:
    /// <c>urn:sact-session:insufficient-user-authentication</c>, <c>WWW-Authenticate: SactSession error="insufficient_user_authentication", max_age="300"</c>, after the model of RFC 9470. Ask for the password or a further factor and call
    /// <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/> or <c>SetAsync</c>.
    /// </remarks>
    /// <typeparam name="TBuilder">The kind of endpoint.</typeparam>
    /// <param name="builder">The endpoint, or a group of them.</param>
    /// <param name="within">The span; 1 second to 400 days.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is out of its range.</exception>
    public static TBuilder RequireFreshSession<TBuilder>(this TBuilder builder, TimeSpan within, string? name = null)
        where TBuilder : IEndpointConventionBuilder => Require(builder, SessionRequirement.Fresh(within, name));

    /// <summary>
    /// Lets a request through only if its session has at least this assurance level, which signing in sets and <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/> raises. Otherwise answered as <see cref="RequireFreshSession"/> does, with
    /// <c>acr_values="2"</c> in place of <c>max_age</c>.
    /// </summary>
    /// <typeparam name="TBuilder">The kind of endpoint.</typeparam>
    /// <param name="builder">The endpoint, or a group of them.</param>
    /// <param name="assuranceLevel">The level; 1 to 255.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level is out of its range.</exception>
    public static TBuilder RequireAssuranceLevel<TBuilder>(this TBuilder builder, int assuranceLevel, string? name = null)
        where TBuilder : IEndpointConventionBuilder => Require(builder, SessionRequirement.AtLevel(assuranceLevel, name));

    /// <summary>
    /// Says that requests to an endpoint are no use of the session: a poll, a heartbeat, a hub. They read it as always and do not extend it. See <see cref="DisableSlidingExpirationAttribute"/>, which does the same for a controller or page.
    /// </summary>
    /// <typeparam name="TBuilder">The kind of endpoint.</typeparam>
    /// <param name="builder">The endpoint, or a group of them.</param>
    public static TBuilder DisableSlidingExpiration<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(static endpoint => endpoint.Metadata.Add(new DisableSlidingExpirationAttribute()));
        return builder;
    }

    // Around the endpoint's delegate, not as an endpoint filter: that would run for handlers of minimal APIs alone, and after their arguments were bound.
    private static TBuilder Require<TBuilder>(TBuilder builder, SessionRequirement demand)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint =>
        {
            var next = endpoint.RequestDelegate
                ?? throw new InvalidOperationException($"The endpoint '{endpoint.DisplayName}' has no delegate that a condition could stand before. Use a policy instead: policy.RequireFreshSession(…), and RequireAuthorization(policy) on the endpoint.");
            endpoint.Metadata.Add(demand);
            endpoint.RequestDelegate = context => RunAsync(context, next, demand);
        });
        return builder;
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate next, SessionRequirement demand)
    {
        var session = SessionRegistry.SessionOf(context, demand.Name);
        if (await session.ReadSignedInAsync().ConfigureAwait(false) is not { } signedIn)
        {
            await SessionChallenge.NobodyAsync(context).ConfigureAwait(false);
        }
        else if (!demand.IsMetBy(signedIn))
        {
            StepUpLog.Insufficient(session.Telemetry.Log, signedIn.Key);
            await SessionChallenge.InsufficientAsync(context, demand).ConfigureAwait(false);
        }
        else
        {
            await next(context).ConfigureAwait(false);
        }
    }
}
