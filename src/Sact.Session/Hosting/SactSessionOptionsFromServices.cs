using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Sets the services that the application did not set in the options, from dependency injection.</summary>
internal sealed class SactSessionOptionsFromServices(IServiceProvider services) : IPostConfigureOptions<SactSessionOptions>
{
    public void PostConfigure(string? name, SactSessionOptions options)
    {
        options.TimeProvider ??= services.GetService<TimeProvider>();
        options.LoggerFactory ??= services.GetService<ILoggerFactory>();
        options.MeterFactory ??= services.GetService<IMeterFactory>();
        if (services.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(typeof(ISessionObserver), name ?? "") == true)
        {
            options.Observers ??= () => services.GetKeyedServices<ISessionObserver>(name ?? "");
        }

        options.DataProtectionProvider ??= services.GetService<IDataProtectionProvider>();
    }
}
