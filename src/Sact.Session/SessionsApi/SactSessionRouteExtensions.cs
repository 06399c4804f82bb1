using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
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
    /// A DELETE must come from this site. Its <c>Sec-Fetch-Site</c> is <c>same-origin</c> or <c>none</c>. An older browser sends an
    /// <c>Origin</c> with the host of the request. A client that is no browser sends <c>X-Requested-With</c>.
    /// Anything else, sibling subdomains included, is 403 before any session is read. The API sends no CORS header; do not add one.
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

    /// <inheritdoc cref="MapSactSessions(IEndpointRouteBuilder, string, string?)"/>
    /// <typeparam name="TStore">The type of the store, if two registrations have different stores.</typeparam>
    public static RouteGroupBuilder MapSactSessions<TStore>(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix, string? name = null)
        where TStore : class, IGenericStore
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        var group = endpoints.MapGroup(prefix);
        new SessionRoutes(context => RegistryOfRequest.SourceOf(context, typeof(TStore), name).SessionOf(context)).Map(group, name);
        return group;
    }
}
