using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>Answers with the challenge where a session's freshness or level is all that a policy misses, in place of a 403 that says nothing. Everything else is ASP.NET's own answer.</summary>
internal sealed class SessionRequirementResult : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _usual = new();

    /// <summary>Registers it, unless the application has an answer of its own; one that is registered later wins as well.</summary>
    public static void AddTo(IServiceCollection services)
    {
        var known = services.LastOrDefault(static service => service.ServiceType == typeof(IAuthorizationMiddlewareResultHandler) && !service.IsKeyedService);
        if (known is null || known.ImplementationType == typeof(AuthorizationMiddlewareResultHandler))
        {
            services.AddSingleton<IAuthorizationMiddlewareResultHandler, SessionRequirementResult>();
        }
    }

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        var demands = policy.Requirements.OfType<SessionRequirement>().ToArray();
        if (authorizeResult.Succeeded || demands.Length == 0)
        {
            await _usual.HandleAsync(next, context, policy, authorizeResult).ConfigureAwait(false);
            return;
        }

        var session = SessionRegistry.SessionOf(context, demands[0].Name);
        var signedIn = await session.ReadSignedInAsync().ConfigureAwait(false);
        if (signedIn is not null && OnlyDemandsFailed(authorizeResult, policy))
        {
            StepUpLog.Insufficient(session.Telemetry.Log, signedIn.Key);
            await SessionChallenge.InsufficientAsync(context, SessionRequirement.Of(demands)).ConfigureAwait(false);
        }
        else if (signedIn is null && authorizeResult.Challenged && policy.AuthenticationSchemes.Count == 0 && !await CanChallengeAsync(context).ConfigureAwait(false))
        {
            await SessionChallenge.NobodyAsync(context).ConfigureAwait(false);
        }
        else
        {
            await _usual.HandleAsync(next, context, policy, authorizeResult).ConfigureAwait(false);
        }
    }

    // Without an authentication scheme nobody is authenticated, and the failure is not told: then the policy may ask for nothing else.
    private static bool OnlyDemandsFailed(PolicyAuthorizationResult result, AuthorizationPolicy policy) => result.AuthorizationFailure is { } failure
        ? !failure.FailCalled && failure.FailedRequirements.All(static requirement => requirement is SessionRequirement)
        : result.Challenged && policy.Requirements.All(static requirement => requirement is SessionRequirement);

    private static async Task<bool> CanChallengeAsync(HttpContext context) =>
        context.RequestServices.GetService<IAuthenticationSchemeProvider>() is { } schemes && await schemes.GetDefaultChallengeSchemeAsync().ConfigureAwait(false) is not null;
}
