using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>A store that is checked when the host has started.</summary>
internal interface ICheckedAtStart
{
    /// <summary>Throws if the store cannot work as the application is made. A database that is down is no such error.</summary>
    Task CheckAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Checks the stores after every hosted service has started, because one of them may apply migrations. An error stops the application.
/// </summary>
internal sealed class EntityFrameworkStartup : IHostedLifecycleService
{
    private readonly ConcurrentQueue<ICheckedAtStart> _stores = new();

    public void Add(ICheckedAtStart store) => _stores.Enqueue(store);

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var store in _stores)
        {
            await store.CheckAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
