using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the dashboard for administrators.</summary>
public static class SactSessionDashboardExtensions
{
    /// <summary>
    /// Maps a page by which administrators search the sessions of all users, look at one of them, and end them (ASVS 5.0 V7.4.5). The page
    /// loads nothing from another host, and the time lines of sessions are kept on this node from now on.
    /// </summary>
    /// <remarks>
    /// <para>
    /// An authorization policy, or a role, is required. Without one the application does not start; a policy that only requires a
    /// signed-in user does not count. Add <c>.RequireFreshSession(…)</c> for a recent password. The policy is checked when the host has
    /// started. Until then the answer is 503.
    /// </para>
    /// <para>
    /// The actor of each act in the log is the key of the administrator's session, or a handle made of the user's id. A request that ends
    /// sessions must come from this site, as in <c>MapSactSessions</c>.
    /// </para>
    /// </remarks>
    /// <param name="endpoints">The application, or a group of endpoints.</param>
    /// <param name="path">The path of the page, such as <c>/admin/sessions</c>.</param>
    /// <param name="name">The name of the registration whose sessions are administered; null for the unnamed one.</param>
    /// <returns>The group of the endpoints, for the authorization policy.</returns>
    /// <exception cref="InvalidOperationException">There is no such registration.</exception>
    /// <example>
    /// <code>
    /// app.MapSactSessionDashboard("/admin/sessions").RequireAuthorization("admins");
    /// </code>
    /// </example>
    public static RouteGroupBuilder MapSactSessionDashboard(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string path, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var source = SessionRegistry.Of(endpoints.ServiceProvider).Find(typeof(IGenericStore), name);
        source.Services.Telemetry.KeepTimelines(source.Services.Clock);
        var policy = endpoints.ServiceProvider.GetRequiredService<DashboardPolicy>();
        policy.Expect();
        var group = endpoints.MapGroup(path);
        group.WithMetadata(new DashboardMark());
        ((IEndpointConventionBuilder)group).Finally(endpoint =>
        {
            DashboardPolicy.Check(endpoint.Metadata);
            policy.Guard(endpoint);
        });
        new DashboardRoutes(new SessionAdministration(source.Store, source.Services), source.Services.Clock, source.Services.Telemetry.Log)
            .Map(group);
        return group;
    }
}
