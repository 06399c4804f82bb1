using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// Removes expired sessions from stores without a time-to-live, in batches, every <see cref="SactSessionOptions.CleanupInterval"/> plus or
/// minus a quarter, so that the nodes of a farm do not start at the same time.
/// </summary>
internal sealed class ExpiredSessionCleanup(SessionRegistry registry) : BackgroundService
{
    private const int BatchSize = 500;

    // The rest waits for the next cleanup: a cleanup must not hold the writer of a busy database for long.
    private const int MaxBatches = 200;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(registry.Sources
        .Where(static source => source.Options.CleanupInterval is not null)
        .Select(source => RunAsync(source, stoppingToken)));

    private static async Task RunAsync(SessionSource source, CancellationToken stoppingToken)
    {
        var services = source.Services;
        try
        {
            while (source.Store is IExpiredSessionStore store)
            {
                await Task.Delay(Jittered(source.Options.CleanupInterval!.Value), services.Clock, stoppingToken).ConfigureAwait(false);
                await CleanUpAsync(source, store, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A store that is down now may be up at the next cleanup, and the application continues.")]
    private static async Task CleanUpAsync(SessionSource source, IExpiredSessionStore store, CancellationToken stoppingToken)
    {
        var services = source.Services;
        try
        {
            for (int i = 0; i < MaxBatches && await DeleteSomeAsync(source, store, stoppingToken).ConfigureAwait(false) > 0; i++)
            {
            }

            source.Cleanup.Succeeded();
        }
        catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
        {
            source.Cleanup.Failed(services.Now, fault);
            services.Telemetry.StoreFault(StoreOperation.Sweep, fault);
        }
    }

    private static ValueTask<long> DeleteSomeAsync(SessionSource source, IExpiredSessionStore store, CancellationToken stoppingToken)
    {
        var services = source.Services;
        return StoreCall.IsObserved(services.Telemetry.Metrics)
            ? StoreCall.ObserveAsync(
                source.Store,
                services.Telemetry.Metrics,
                services.Clock,
                StoreOperation.Sweep,
                (store, stoppingToken),
                static about => about.store.DeleteExpiredAsync(BatchSize, about.stoppingToken))
            : store.DeleteExpiredAsync(BatchSize, stoppingToken);
    }

    private static TimeSpan Jittered(TimeSpan interval) => interval * (0.75 + (RandomNumberGenerator.GetInt32(501) / 1000.0));
}
