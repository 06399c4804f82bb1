using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// Destroys expired sessions in stores that have no time-to-live of their own, in batches, every <see cref="SactSessionOptions.CleanupInterval"/> give or take a quarter, so that the nodes of a farm do
/// not all come at once.
/// </summary>
internal sealed class ExpiredSessionCleanup(SessionRegistry registry) : BackgroundService
{
    private const int Batch = 500;

    // A sweep that finds more leaves the rest to the next one: it must not hold a busy database's writer for long.
    private const int MostBatches = 200;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(registry.Sources.Where(source => source.Options.CleanupInterval is not null).Select(source => SweepAsync(source, stoppingToken)));

    private static async Task SweepAsync(SessionSource source, CancellationToken stoppingToken)
    {
        var services = source.Services;
        try
        {
            while (source.Store is IExpiredSessionStore store)
            {
                await Task.Delay(Jittered(source.Options.CleanupInterval!.Value), services.Clock, stoppingToken).ConfigureAwait(false);
                await SweepOnceAsync(store, services, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A store that is down now may be up at the next sweep; the application goes on.")]
    private static async Task SweepOnceAsync(IExpiredSessionStore store, SessionServices services, CancellationToken stoppingToken)
    {
        try
        {
            for (int i = 0; i < MostBatches && await store.DeleteExpiredAsync(Batch, stoppingToken).ConfigureAwait(false) > 0; i++)
            {
            }
        }
        catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
        {
            services.Telemetry.StoreFault("sweep", fault);
        }
    }

    private static TimeSpan Jittered(TimeSpan interval) => interval * (0.75 + (RandomNumberGenerator.GetInt32(501) / 1000.0));
}
