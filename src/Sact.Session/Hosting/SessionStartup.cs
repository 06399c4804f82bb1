using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// Validates the options and creates the stores when the host starts, so that an error does not wait for the first sign-in.
/// </summary>
internal sealed class SessionStartup(SessionRegistry registry) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        registry.Check();
        registry.CreateStores();
        foreach (var source in registry.Sources)
        {
            source.Services.Observers.Create();

            // The gauges report a registration from the start on, and not from its first request.
            _ = source.Backend;
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
