using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
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
    public const string NotCheckedType = "urn:sact-session:dashboard-not-checked";

    private volatile bool _isMapped;
    private volatile bool _isChecked;

    /// <summary>Remembers that there is a dashboard, so that its endpoints are checked at start-up.</summary>
    public void Expect() => (_isMapped, _isChecked) = (true, false);

    /// <summary>Lets an endpoint of the dashboard answer 503 until its policy was checked.</summary>
    /// <remarks>
    /// A server accepts requests before the endpoints can be checked: the server builds the pipeline, and the pipeline the endpoints.
    /// The host of the obsolete <c>WebHostBuilder</c> starts no lifecycle service, so it never checks them.
    /// </remarks>
    public void Guard(EndpointBuilder endpoint)
    {
        if (endpoint.RequestDelegate is { } answer)
        {
            endpoint.RequestDelegate = context => _isChecked ? answer(context) : SessionChallenge.WriteAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                NotCheckedType,
                "The dashboard is not open yet.",
                "Its authorization policy is checked when the application has started. Try again in a moment. If that does not help, "
                + "read the log of the application's start, and start it with WebApplication or the generic host.");
        }
    }

    /// <summary>
    /// Checks the metadata of an endpoint of the dashboard. What its policies require is checked when the host has started.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no policy, or anonymous requests are allowed.</exception>
    public static void Check(IEnumerable<object> metadata)
    {
        object[] all = [.. metadata];
        if (Array.Exists(all, static item => item is IAllowAnonymous)
            || !Array.Exists(all, static item => item is IAuthorizeData or AuthorizationPolicy or IAuthorizationRequirementData))
        {
            throw Refused();
        }
    }

    private static InvalidOperationException Refused() => new(
        "The session dashboard has no authorization policy that limits it to administrators, so it would show everybody's sessions. "
        + "Call MapSactSessionDashboard(…).RequireAuthorization(\"name of a policy\"), and do not allow anonymous requests. "
        + "A policy must require more than a signed-in user.");

    /// <summary>Combines what an endpoint requires as the framework does. A requirement of a fresh session limits nobody.</summary>
    private static async Task CheckAsync(Endpoint endpoint, IAuthorizationPolicyProvider policies)
    {
        var policy = await AuthorizationPolicy.CombineAsync(
            policies,
            endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(),
            endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>()).ConfigureAwait(false);
        var requirements = (policy?.Requirements ?? []).Concat(
            endpoint.Metadata.GetOrderedMetadata<IAuthorizationRequirementData>().SelectMany(static data => data.GetRequirements()));
        if (requirements.All(static requirement => requirement is DenyAnonymousAuthorizationRequirement or SessionRequirement))
        {
            throw Refused();
        }
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!_isMapped)
        {
            return;
        }

        // The endpoints are built now in place of at the first request, and with them the first check runs.
        var endpoints = services.GetRequiredService<EndpointDataSource>().Endpoints;
        if (services.GetService<IAuthorizationPolicyProvider>() is not { } policies)
        {
            throw Refused();
        }

        foreach (var endpoint in endpoints.Where(static endpoint => endpoint.Metadata.GetMetadata<DashboardMark>() is not null))
        {
            await CheckAsync(endpoint, policies).ConfigureAwait(false);
        }

        _isChecked = true;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Marks the endpoints of the dashboard.</summary>
internal sealed class DashboardMark;
