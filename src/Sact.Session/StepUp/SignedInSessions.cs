using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The signed-in sessions of a request: those of the authentication schemes from which its user comes.</summary>
internal readonly struct SignedInSessions
{
    private SignedInSessions(IReadOnlyList<SignedInSession> all, ILogger log, SessionEndReason? ended, bool presentsDead)
    {
        All = all;
        Log = log;
        EndReason = ended;
        PresentsDead = presentsDead;
    }

    /// <summary>The sessions, one for each scheme.</summary>
    public IReadOnlyList<SignedInSession> All { get; }

    /// <summary>Whether nobody is signed in.</summary>
    public bool IsEmpty => All.Count == 0;

    /// <summary>The key of one of them.</summary>
    public SessionKey Key => All[0].Data.Key;

    /// <summary>The log of their registration.</summary>
    public ILogger Log { get; }

    /// <summary>Why a session of the request has ended; null if nothing is known.</summary>
    public SessionEndReason? EndReason { get; }

    /// <summary>Whether a session was presented that is not, or no longer, that of a signed-in user.</summary>
    public bool PresentsDead { get; }

    /// <summary>Whether a session that cannot be watched has ended since the request was authenticated by it.</summary>
    public bool HaveEnded(ClaimsPrincipal? user) => (PresentsDead || !IsEmpty) && user?.Identity is { IsAuthenticated: true };

    /// <summary>Finds the sessions.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The registration that the application has named; null for none.</param>
    /// <param name="schemes">The schemes that a policy names.</param>
    public static async ValueTask<SignedInSessions> OfAsync(HttpContext context, string? name, IEnumerable<string> schemes)
    {
        var found = new List<SignedInSession>();
        ILogger? log = null;
        bool nobody = false;
        bool presentsDead = false;
        SessionEndReason? ended = null;
        if (name is null && context.RequestServices.GetService<AuthenticationRegistry>() is { } registry)
        {
            foreach (string scheme in await SchemesAsync(context, schemes).ConfigureAwait(false))
            {
                var (target, isRejected) = await TargetAsync(context, scheme).ConfigureAwait(false);
                nobody |= target is null;
                if (target is null || registry.Find(target) is not { } registration)
                {
                    continue;
                }

                var source = registration.Source(context.RequestServices);
                log = source.Services.Telemetry.Log;
                if (isRejected && registration.OwnsCookie)
                {
                    // The session may live. Its principal was rejected, by OnValidatePrincipal for one, so nobody is signed in by it.
                    presentsDead = true;
                    ended ??= source.SessionOf(context).State.EndReason;
                    continue;
                }

                if (!registration.OwnsCookie)
                {
                    var result = await context.AuthenticateAsync(registration.Scheme).ConfigureAwait(false);
                    presentsDead |= result.Failure is not null;
                    if (result.Properties is { } properties && AuthenticatedSession.Of(properties)?.Record is { } record)
                    {
                        found.Add(new(source, null, new SessionData(record, source.Services, isCurrent: true)));
                    }

                    continue;
                }

                var session = source.SessionOf(context);
                if (await session.ReadSignedInAsync().ConfigureAwait(false) is { } signedIn)
                {
                    found.Add(new(source, session, signedIn));
                    continue;
                }

                presentsDead |= session.State.Phase != SessionPhase.None;
                ended ??= session.State.EndReason;
            }
        }

        // No scheme of the user keeps sessions, so the application signs in through the session.
        if (log is null)
        {
            var source = RegistryOfRequest.SourceOf(context, typeof(IGenericStore), name);
            var session = source.SessionOf(context);
            log = session.Telemetry.Log;
            if (!nobody && await session.ReadSignedInAsync().ConfigureAwait(false) is { } signedIn)
            {
                found.Add(new(source, session, signedIn));
            }

            presentsDead |= found.Count == 0 && session.State.Phase is not (SessionPhase.Unread or SessionPhase.None);
            ended ??= session.State.EndReason;
        }

        return new SignedInSessions(found, log, ended, presentsDead);
    }

    /// <summary>
    /// The scheme whose ticket authenticates the request: a scheme may forward to another one, as a policy scheme always does.
    /// </summary>
    /// <returns>
    /// Null if it forwards and nobody is signed in there: the session of another scheme must not count then. And whether the scheme has
    /// rejected what the request presents.
    /// </returns>
    private static async ValueTask<(string? Scheme, bool IsRejected)> TargetAsync(HttpContext context, string scheme)
    {
        // A policy may name a scheme that is missing if the application checks the policy itself.
        var handlers = context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>();
        if (await handlers.GetHandlerAsync(context, scheme).ConfigureAwait(false) is not { } handler)
        {
            return (scheme, false);
        }

        var result = await context.AuthenticateAsync(scheme).ConfigureAwait(false);
        return result.Ticket is { } ticket
            ? (AuthenticatedSession.Of(ticket.Properties)?.Scheme ?? ticket.AuthenticationScheme, false)
            : (Forwards(context, handler, scheme) ? null : scheme, result.Failure is not null);
    }

    private static bool Forwards(HttpContext context, IAuthenticationHandler handler, string scheme)
    {
        AuthenticationSchemeOptions? options = handler switch
        {
            PolicySchemeHandler policy => policy.Options,
            SactSessionAuthenticationHandler session => session.Options,
            CookieAuthenticationHandler cookie => cookie.Options,
            _ => null,
        };
        string? target = options?.ForwardAuthenticate ?? options?.ForwardDefaultSelector?.Invoke(context) ?? options?.ForwardDefault;
        return target is not null && target != scheme;
    }

    /// <summary>The schemes of the requirement and of the endpoint's policies; without any, the default scheme.</summary>
    private static async ValueTask<IEnumerable<string>> SchemesAsync(HttpContext context, IEnumerable<string> ofRequirement)
    {
        var schemes = new HashSet<string>(ofRequirement, StringComparer.Ordinal);
        var metadata = context.GetEndpoint()?.Metadata ?? EndpointMetadataCollection.Empty;
        if (context.RequestServices.GetService<IAuthorizationPolicyProvider>() is { } policies
            && await AuthorizationPolicy.CombineAsync(
                policies, metadata.GetOrderedMetadata<IAuthorizeData>(), metadata.GetOrderedMetadata<AuthorizationPolicy>())
                .ConfigureAwait(false) is { } policy)
        {
            schemes.UnionWith(policy.AuthenticationSchemes);
        }

        if (schemes.Count == 0
            && await context.RequestServices.GetRequiredService<IAuthenticationSchemeProvider>().GetDefaultAuthenticateSchemeAsync()
                .ConfigureAwait(false) is { } scheme)
        {
            schemes.Add(scheme.Name);
        }

        return schemes;
    }
}
