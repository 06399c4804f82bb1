using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the JSON API of a user's own sessions.</summary>
public static class SactSessionRouteExtensions
{
    /// <summary>
    /// Maps a small JSON API with which the signed-in user sees and ends their own sessions (ASVS 5.0 V7.4.5 for one's own, V7.5.2):
    /// <list type="bullet">
    /// <item><c>GET prefix</c>: the user's sessions, the last seen first, with <c>current</c>.</item>
    /// <item><c>DELETE prefix/{key}</c>: ends one; 204. Ending the current one signs out, cookie and all. 404 for any other key, be it unknown, malformed or another user's: the answers do not differ.</item>
    /// <item><c>DELETE prefix</c>: ends all but the current one; 200 with their number, <c>{"ended":2}</c>.</item>
    /// </list>
    /// Nobody signed in: 401. Refusals are problem details. Described for OpenAPI; works under Native AOT.
    /// </summary>
    /// <remarks>
    /// A DELETE is let through only from the site itself: <c>Sec-Fetch-Site</c> is <c>same-origin</c> or <c>none</c>; a browser too old to send it sends an <c>Origin</c> whose host is the request's; a client that is no browser sends
    /// <c>X-Requested-With</c>. Anything else is 403 before any session is looked at, sibling subdomains too. No CORS header is ever sent, and none should be added.
    /// </remarks>
    /// <param name="endpoints">Where to map it.</param>
    /// <param name="prefix">The path, such as <c>/account/sessions</c>.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <returns>The group of the three endpoints, for conditions of your own: <c>.RequireFreshSession(…)</c>, <c>.RequireRateLimiting(…)</c>.</returns>
    public static RouteGroupBuilder MapSactSessions(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix, string? name = null) =>
        endpoints.MapSactSessions<IGenericStore>(prefix, name);

    /// <inheritdoc cref="MapSactSessions(IEndpointRouteBuilder, string, string?)"/>
    /// <typeparam name="TStore">The store's type, where two registrations differ by it.</typeparam>
    public static RouteGroupBuilder MapSactSessions<TStore>(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix, string? name = null)
        where TStore : class, IGenericStore
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        var group = endpoints.MapGroup(prefix);
        new SessionRoutes(context => SessionRegistry.SourceOf(context, typeof(TStore), name).SessionOf(context)).Map(group, name);
        return group;
    }
}
