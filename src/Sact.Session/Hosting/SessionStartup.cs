using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>Checks the options and makes the stores when the host starts, not at the first sign-in.</summary>
internal sealed class SessionStartup(SessionRegistry registry) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        registry.Check();
        registry.CreateStores();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
