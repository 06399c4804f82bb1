using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Gives the options what dependency injection has and the application did not set.</summary>
internal sealed class SactSessionOptionsFromServices(IServiceProvider services) : IPostConfigureOptions<SactSessionOptions>
{
    public void PostConfigure(string? name, SactSessionOptions options)
    {
        if (options.TimeProvider is null && services.GetService<TimeProvider>() is { } clock)
        {
            options.TimeProvider = clock;
        }

        if (options.LoggerFactory is null && services.GetService<ILoggerFactory>() is { } log)
        {
            options.LoggerFactory = log;
        }

        if (options.MeterFactory is null && services.GetService<IMeterFactory>() is { } meters)
        {
            options.MeterFactory = meters;
        }

        if (options.DataProtectionProvider is null && services.GetService<IDataProtectionProvider>() is { } protection)
        {
            options.DataProtectionProvider = protection;
        }
    }
}
