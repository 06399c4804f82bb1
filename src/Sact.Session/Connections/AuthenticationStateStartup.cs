using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>Refuses to start where another provider has replaced the one that follows the session.</summary>
internal sealed class AuthenticationStateStartup(IServiceScopeFactory scopes) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using var disposed = scope.ConfigureAwait(false);
        var provider = scope.ServiceProvider.GetRequiredService<AuthenticationStateProvider>();
        if (provider is not SessionAuthenticationState)
        {
            throw new InvalidOperationException(
                $"The authentication state comes from {provider.GetType().Name}, which does not follow the session. "
                + "Call AddSactSessionAuthenticationState() after AddInteractiveServerComponents() and after AddServerSideBlazor().");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
