using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Sact.Session;

/// <summary>
/// The three endpoints of <c>MapSactSessions</c>. They are plain request delegates, because Native AOT compiles only the lambdas of an
/// application. Their metadata has what OpenAPI would read from a lambda.
/// </summary>
internal sealed class SessionRoutes(Func<HttpContext, RequestSession> sessionOf)
{
    public const string NoSuchSessionType = "urn:sact-session:no-such-session";
    public const string CrossSiteType = "urn:sact-session:cross-site";

    private const string Problem = "application/problem+json";

    /// <param name="group">The group of the endpoints.</param>
    /// <param name="suffix">What distinguishes the names of these endpoints from those of another mapping.</param>
    public void Map(RouteGroupBuilder group, string suffix)
    {
        Describe(group.MapGet("", ListAsync), ListAsync)
            .WithName("ListSessions" + suffix)
            .WithSummary("The sessions of the signed-in user, the last seen first.")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(ListedSession[]), ["application/json"]));
        Unsafe(Describe(group.MapDelete("/{key}", EndOneAsync), EndOneAsync))
            .WithName("EndSession" + suffix)
            .WithSummary("Ends one of the user's sessions. Ending the current one signs out.")
            .WithMetadata(
                new KeyParameter(),
                new ProducesResponseTypeMetadata(StatusCodes.Status204NoContent, typeof(void)),
                new ProducesResponseTypeMetadata(StatusCodes.Status404NotFound, typeof(ProblemDetails), [Problem]));
        Unsafe(Describe(group.MapDelete("", EndOthersAsync), EndOthersAsync))
            .WithName("EndOtherSessions" + suffix)
            .WithSummary("Ends all of the user's sessions but the current one.")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(EndedSessions), ["application/json"]));
    }

    private async Task ListAsync(HttpContext context)
    {
        ForbidOtherSites(context);
        var session = sessionOf(context);
        if (await session.ReadSignedInAsync().ConfigureAwait(false) is null)
        {
            await SessionChallenge.NobodyAsync(context, session.State.EndReason).ConfigureAwait(false);
            return;
        }

        var sessions = await session.Devices.ListAsync(CancellationToken.None).ConfigureAwait(false);
        ListedSession[] answer = [.. sessions.Select(ListedSession.Of)];
        await context.Response
            .WriteAsJsonAsync(answer, ListedSessionJson.Default.ListedSessionArray, cancellationToken: context.RequestAborted)
            .ConfigureAwait(false);
    }

    private async Task EndOneAsync(HttpContext context)
    {
        if (await RefusesAsync(context).ConfigureAwait(false))
        {
            return;
        }

        bool ended = SessionKey.TryParse(context.Request.RouteValues["key"] as string, null, out var key) && !key.IsDefault
            && await sessionOf(context).Devices.DeleteAsync(key, CancellationToken.None).ConfigureAwait(false);
        if (ended)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await SessionChallenge.WriteAsync(
            context,
            StatusCodes.Status404NotFound,
            NoSuchSessionType,
            "You have no such session.",
            "It may have ended or expired. List your sessions again.").ConfigureAwait(false);
    }

    private async Task EndOthersAsync(HttpContext context)
    {
        if (await RefusesAsync(context).ConfigureAwait(false))
        {
            return;
        }

        var ended = new EndedSessions(
            await sessionOf(context).Devices.DeleteOthersAsync(renewCurrent: false, CancellationToken.None).ConfigureAwait(false));
        await context.Response
            .WriteAsJsonAsync(ended, ListedSessionJson.Default.EndedSessions, cancellationToken: context.RequestAborted)
            .ConfigureAwait(false);
    }

    /// <summary>Refuses a request of another site before any session is read, and a request without a signed-in user.</summary>
    private async Task<bool> RefusesAsync(HttpContext context)
    {
        var session = sessionOf(context);
        if (!CrossSiteGuard.Allows(context.Request))
        {
            SessionsApiLog.CrossSite(session.Telemetry.Log);
            await RefuseAsync(context).ConfigureAwait(false);
            return true;
        }

        if (await session.ReadSignedInAsync().ConfigureAwait(false) is null)
        {
            await SessionChallenge.NobodyAsync(context, session.State.EndReason).ConfigureAwait(false);
            return true;
        }

        return false;
    }

    /// <summary>
    /// A page of another site must not load the answer, not even as an image or a script. The refusal has it too: otherwise the page could
    /// tell from it whether somebody is signed in.
    /// </summary>
    public static void ForbidOtherSites(HttpContext context) => context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";

    /// <summary>Answers a request that may come from another site.</summary>
    public static Task RefuseAsync(HttpContext context) => SessionChallenge.WriteAsync(
        context,
        StatusCodes.Status403Forbidden,
        CrossSiteType,
        "The request does not come from this site.",
        $"A client that is no browser must send the header {CrossSiteGuard.Header}.");

    private static IEndpointConventionBuilder Describe(IEndpointConventionBuilder endpoint, RequestDelegate handler) =>
        endpoint.WithMetadata(
            handler.Method, new ProducesResponseTypeMetadata(StatusCodes.Status401Unauthorized, typeof(ProblemDetails), [Problem]));

    private static IEndpointConventionBuilder Unsafe(IEndpointConventionBuilder endpoint) =>
        endpoint.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status403Forbidden, typeof(ProblemDetails), [Problem]));

    /// <summary>The key in the route. A request delegate has no parameter for it that OpenAPI could read.</summary>
    private sealed class KeyParameter : IParameterBindingMetadata
    {
        public string Name => "key";

        public bool HasTryParse => false;

        public bool HasBindAsync => false;

        public ParameterInfo ParameterInfo { get; } = ((Action<string>)Key).Method.GetParameters()[0];

        public bool IsOptional => false;

        private static void Key(string key)
        {
        }
    }
}
