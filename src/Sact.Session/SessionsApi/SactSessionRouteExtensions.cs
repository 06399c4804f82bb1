using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the JSON API of a user's own sessions.</summary>
public static class SactSessionRouteExtensions
{
    /// <summary>
    /// Maps a small JSON API by which the signed-in user lists and ends their sessions (ASVS 5.0 V7.4.5 and V7.5.2).
    /// If nobody is signed in, the answer is 401. Refusals are problem details (RFC 9457).
    /// OpenAPI describes it, and it works under Native AOT.
    /// <list type="bullet">
    /// <item><c>GET prefix</c>: the user's sessions, the last seen first; <c>current</c> marks that of the request.</item>
    /// <item>
    /// <c>DELETE prefix/{key}</c>: ends one session; 204. For the current one it signs out and deletes the cookie.
    /// 404 for any other key. The answer is the same for an unknown key, a malformed key and the key of another user.
    /// </item>
    /// <item><c>DELETE prefix</c>: ends all sessions but the current one; 200 with their number, <c>{"ended":2}</c>.</item>
    /// </list>
    /// </summary>
    /// <remarks>
    /// <para>
    /// A DELETE must come from this site. Its <c>Sec-Fetch-Site</c> is <c>same-origin</c> or <c>none</c>. An older browser sends an
    /// <c>Origin</c> with the host of the request. A client that is no browser sends <c>X-Requested-With</c>.
    /// Anything else, sibling subdomains included, is 403 before any session is read. The API sends no CORS header; do not add one.
    /// </para>
    /// <para>
    /// The endpoints have the names <c>ListSessions</c>, <c>EndSession</c> and <c>EndOtherSessions</c>, which OpenAPI uses as operation
    /// ids. A named registration adds its name: <c>ListSessions.admin</c>. A second call for the same registration adds a number:
    /// <c>ListSessions2</c>.
    /// </para>
    /// </remarks>
    /// <param name="endpoints">The application, or a group of endpoints.</param>
    /// <param name="prefix">The path, such as <c>/account/sessions</c>.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <returns>
    /// The group of the three endpoints, for more requirements: <c>.RequireFreshSession(…)</c>, <c>.RequireRateLimiting(…)</c>.
    /// </returns>
    /// <example><code>app.MapSactSessions("/account/sessions");</code></example>
    public static RouteGroupBuilder MapSactSessions(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix, string? name = null) =>
        endpoints.MapSactSessions<IGenericStore>(prefix, name);

    /// <summary>
    /// Maps an endpoint that shows how long the session lives from now on, and a script that warns before it ends (WCAG 2.2, 2.2.1 and
    /// 2.2.6) and signs out all tabs of the browser together.
    /// <list type="bullet">
    /// <item>
    /// <c>GET prefix</c>: <c>{"expiresInSeconds":1740,"idleSeconds":1740,"absoluteSeconds":604000}</c>. It does not extend the session.
    /// </item>
    /// <item><c>POST prefix</c>: extends the session as any request does, and answers the same.</item>
    /// <item><c>DELETE prefix</c>: signs out; 204.</item>
    /// <item><c>GET prefix/script.js</c>: the script. A Content-Security-Policy of <c>script-src 'self'; connect-src 'self'</c> allows
    /// it.</item>
    /// </list>
    /// If nobody is signed in, GET and POST answer 401. POST and DELETE must come from this site, as in <c>MapSactSessions</c>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The script reads its settings from the tag that loads it: <c>data-warn</c>, the seconds before the end (default 120), <c>data-
    /// signed-out</c>, the page to open afterwards (default: this one), and the words <c>data-title</c>, <c>data-text</c> (with
    /// <c>{0}</c> for the seconds), <c>data-stay</c> and <c>data-out</c>. It shows a modal <c>dialog</c> of the class <c>sact-session-
    /// dialog</c>. When a form with the attribute <c>data-sact-sign-out</c> is sent, the other tabs look at the session.
    /// </para>
    /// <para>
    /// Add <c>data-signed-in</c> on a page that shows a signed-in user. The script then leaves the page even if the user signs out in
    /// another tab before the script runs. A page of nobody must not have it: it would load itself again and again.
    /// </para>
    /// </remarks>
    /// <param name="endpoints">The application, or a group of endpoints.</param>
    /// <param name="prefix">The path, such as <c>/session</c>.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <returns>The group of the endpoints.</returns>
    /// <example><code>app.MapSactSessionTimeLeft("/session");</code></example>
    public static RouteGroupBuilder MapSactSessionTimeLeft(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        var group = endpoints.MapGroup(prefix);
        new TimeLeftRoutes(context => RegistryOfRequest.SessionOf(context, name)).Map(group);
        return group;
    }

    /// <inheritdoc cref="MapSactSessions(IEndpointRouteBuilder, string, string?)"/>
    /// <typeparam name="TStore">The type of the store, if two registrations have different stores.</typeparam>
    public static RouteGroupBuilder MapSactSessions<TStore>(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix, string? name = null)
        where TStore : class, IGenericStore
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        var group = endpoints.MapGroup(prefix);
        string suffix = endpoints.ServiceProvider.GetService<SessionRouteNames>()?.TakeSuffix(name) ?? "";
        new SessionRoutes(context => RegistryOfRequest.SourceOf(context, typeof(TStore), name).SessionOf(context)).Map(group, suffix);
        return group;
    }
}
