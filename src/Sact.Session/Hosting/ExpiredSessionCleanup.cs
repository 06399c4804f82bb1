using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// Removes expired sessions from stores without a time-to-live, in batches, every <see cref="SactSessionOptions.CleanupInterval"/> plus or
/// minus a quarter, so that the nodes of a farm do not start at the same time. A cleanup that leaves something continues within a minute.
/// </summary>
internal sealed class ExpiredSessionCleanup(SessionRegistry registry) : BackgroundService
{
    private const int BatchSize = 500;

    // The rest waits for the next cleanup: a cleanup must not hold the writer of a busy database for long.
    private const int MaxBatches = 200;

    // With a longer pause a store that fills faster than one cleanup empties it would grow for ever.
    private static readonly TimeSpan s_pauseBeforeRest = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(registry.Sources
        .Where(static source => source.Options.CleanupInterval is not null)
        .Select(source => RunAsync(source, stoppingToken)));

    private static async Task RunAsync(SessionSource source, CancellationToken stoppingToken)
    {
        var services = source.Services;
        var interval = source.Options.CleanupInterval!.Value;
        var beforeRest = interval < s_pauseBeforeRest ? interval : s_pauseBeforeRest;
        bool leavesRest = false;
        try
        {
            while (source.Store is IExpiredSessionStore store)
            {
                await Task.Delay(Jittered(leavesRest ? beforeRest : interval), services.Clock, stoppingToken).ConfigureAwait(false);
                leavesRest = await CleanUpAsync(source, store, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Removes what has expired, batch after batch.</summary>
    /// <returns>Whether it stopped before a batch found nothing. False after a failure, so that a store that is down has rest.</returns>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A store that is down now may be up at the next cleanup, and the application continues.")]
    private static async Task<bool> CleanUpAsync(SessionSource source, IExpiredSessionStore store, CancellationToken stoppingToken)
    {
        var services = source.Services;
        try
        {
            int batches = 0;
            while (batches < MaxBatches && await DeleteSomeAsync(source, store, stoppingToken).ConfigureAwait(false) > 0)
            {
                batches++;
            }

            source.Cleanup.Succeeded();
            return batches == MaxBatches;
        }
        catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
        {
            source.Cleanup.Failed(services.Now, fault);
            services.Telemetry.StoreFault(StoreOperation.Sweep, fault);
            return false;
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
