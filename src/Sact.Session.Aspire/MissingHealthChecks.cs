using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sact.Session;

/// <summary>
/// Adds a health check unless the application has one of that name. Two of one name would be an exception at the first check.
/// </summary>
internal sealed class MissingHealthChecks(IServiceCollection services) : IHealthChecksBuilder
{
    public IServiceCollection Services => services;

    public IHealthChecksBuilder Add(HealthCheckRegistration registration)
    {
        // After all of the application's own, wherever it adds them.
        services.AddHealthChecks().Services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            if (!options.Registrations.Any(known => known.Name.Equals(registration.Name, StringComparison.OrdinalIgnoreCase)))
            {
                options.Registrations.Add(registration);
            }
        });
        return this;
    }
}
