using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Answers with the challenge if only a session's freshness or level is missing, in place of a 403 that says nothing.
/// ASP.NET Core answers everything else.
/// </summary>
internal sealed class SessionRequirementResult : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _default = new();

    /// <summary>
    /// Registers this handler, unless the application has registered one. A handler that is registered later wins as well.
    /// </summary>
    public static void AddTo(IServiceCollection services)
    {
        var known = services.LastOrDefault(
            static service => service.ServiceType == typeof(IAuthorizationMiddlewareResultHandler) && !service.IsKeyedService);
        if (known is null || known.ImplementationType == typeof(AuthorizationMiddlewareResultHandler))
        {
            services.AddSingleton<IAuthorizationMiddlewareResultHandler, SessionRequirementResult>();
        }
    }

    public async Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        var requirements = policy.Requirements.OfType<SessionRequirement>().ToArray();
        if (authorizeResult.Succeeded || requirements.Length == 0)
        {
            await _default.HandleAsync(next, context, policy, authorizeResult).ConfigureAwait(false);
            return;
        }

        var first = requirements[0];
        var sessions = await SignedInSessions
            .OfAsync(context, first.Name, first.Schemes.Concat(policy.AuthenticationSchemes)).ConfigureAwait(false);
        if (!sessions.IsEmpty && OnlyTheSessionFailed(authorizeResult, policy))
        {
            StepUpLog.Insufficient(sessions.Log, sessions.Key);
            await SessionChallenge.InsufficientAsync(context, SessionRequirement.Of(requirements)).ConfigureAwait(false);
        }
        else if (sessions.IsEmpty
            && authorizeResult.Challenged
            && policy.AuthenticationSchemes.Count == 0
            && !await CanChallengeAsync(context).ConfigureAwait(false))
        {
            await SessionChallenge.NobodyAsync(context, sessions.EndReason).ConfigureAwait(false);
        }
        else
        {
            await _default.HandleAsync(next, context, policy, authorizeResult).ConfigureAwait(false);
        }
    }

    // Without an authentication scheme the result has no failure, only a challenge. Then the policy must require nothing but the session.
    private static bool OnlyTheSessionFailed(PolicyAuthorizationResult result, AuthorizationPolicy policy) =>
        result.AuthorizationFailure is { } failure
            ? !failure.FailCalled && failure.FailedRequirements.All(static requirement => requirement is SessionRequirement)
            : result.Challenged && policy.Requirements.All(static requirement => requirement is SessionRequirement);

    private static async Task<bool> CanChallengeAsync(HttpContext context) =>
        context.RequestServices.GetService<IAuthenticationSchemeProvider>() is { } schemes
        && await schemes.GetDefaultChallengeSchemeAsync().ConfigureAwait(false) is not null;
}
