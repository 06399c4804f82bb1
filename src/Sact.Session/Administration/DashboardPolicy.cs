using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// Refuses to start an application whose dashboard is open to more than administrators. Every user of an application is authenticated, so
/// that alone is no policy.
/// </summary>
internal sealed class DashboardPolicy(IServiceProvider services) : IHostedLifecycleService
{
    private volatile bool _isMapped;

    /// <summary>Remembers that there is a dashboard, so that its endpoints are checked at start-up.</summary>
    public void Expect() => _isMapped = true;

    /// <summary>Checks the metadata of an endpoint of the dashboard.</summary>
    /// <exception cref="InvalidOperationException">There is no policy, or anonymous requests are allowed.</exception>
    public static void Check(IEnumerable<object> metadata)
    {
        bool isAnonymous = false, isLimited = false;
        foreach (object item in metadata)
        {
            isAnonymous |= item is IAllowAnonymous;
            isLimited |= item switch
            {
                IAuthorizeData data => !string.IsNullOrEmpty(data.Policy) || !string.IsNullOrEmpty(data.Roles),
                AuthorizationPolicy policy => policy.Requirements.Any(
                    static requirement => requirement is not DenyAnonymousAuthorizationRequirement and not SessionRequirement),
                _ => false,
            };
        }

        if (isAnonymous || !isLimited)
        {
            throw new InvalidOperationException(
                "The session dashboard has no authorization policy that limits it to administrators, so it would show everybody's "
                + "sessions. Call MapSactSessionDashboard(…).RequireAuthorization(\"name of a policy\"), and do not allow anonymous "
                + "requests. "
                + "A policy must require more than a signed-in user.");
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // The endpoints are built now in place of at the first request, and with them the check runs.
        if (_isMapped)
        {
            _ = services.GetRequiredService<EndpointDataSource>().Endpoints.Count;
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
