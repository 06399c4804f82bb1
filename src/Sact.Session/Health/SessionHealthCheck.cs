using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sact.Session;

/// <summary>Checks the store of one registration. It reads only, and its time is bounded whatever the store does.</summary>
internal sealed class SessionHealthCheck(
    IServiceProvider services, string? registration, TimeSpan? timeout, SactSessionHealthCheckOptions limits) : IHealthCheck
{
    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "Whatever a store throws, it cannot serve sessions.")]
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // An error of the setup has its message, and is reported by the service of health checks.
        var source = SessionRegistry.Of(services).Find(typeof(IGenericStore), registration);
        var findings = new HealthFindings();
        Exception? thrown = null;
        try
        {
            await CheckAsync(source, findings, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (SessionStoreException fault)
        {
            findings.Fail(fault.Message);
            thrown = fault;
        }
        catch (Exception fault)
        {
            // The message of a custom store may hold anything.
            findings.Fail($"The session store failed ({fault.GetType().Name}). The log has the details of failed requests.");
        }

        return findings.Answer(context.Registration.FailureStatus, thrown);
    }

    private async Task CheckAsync(SessionSource source, HealthFindings findings, CancellationToken cancellationToken)
    {
        var clock = source.Services.Clock;
        var limit = timeout ?? source.Services.Settings.StoreTimeout;
        var store = source.Store;
        findings.Note("store", (store as IDescribedStore)?.Description.System ?? store.GetType().Name);

        // Not disposed here: a call that is given up is cancelled in the background, and a disposed source would forget it.
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var began = clock.GetUtcNow();
        long start = clock.GetTimestamp();

        // On another thread, because a store may block the one that calls it.
        var inspecting = Task.Run(() => InspectAsync(store, stop.Token), CancellationToken.None);
        StoreHealth health;
        try
        {
            health = await inspecting.WaitAsync(limit, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException timeout) when (!inspecting.IsCompleted)
        {
            Abandon(inspecting, stop);
            throw new SessionStoreException(
                $"The session store did not answer the health check within {limit}. Check the store and the network.", timeout);
        }
        catch (OperationCanceledException)
        {
            Abandon(inspecting, stop);
            throw;
        }
        finally
        {
            if (inspecting.IsCompleted)
            {
                stop.Dispose();
            }
        }

        findings.Add(health);
        findings.Compare(health, limits, began, clock.GetElapsedTime(start));
        if (source.Cleanup.FailedSince is { } failure)
        {
            string cause = failure.Fault is SessionStoreException known ? known.Message : failure.Fault.GetType().Name;
            findings.Note("cleanup_failed_since", failure.At);
            findings.Warn($"The cleanup of expired sessions fails since {failure.At:u}, and the store grows. The cause: {cause}");
        }
    }

    private static async Task<StoreHealth> InspectAsync(IGenericStore store, CancellationToken stop)
    {
        if (store is IStoreHealthSource source)
        {
            return await source.InspectAsync(stop).ConfigureAwait(false);
        }

        await store.GetAsync(store.GetSessionKey(store.CreateSessionId()), stop).ConfigureAwait(false);
        return new StoreHealth();
    }

    // Nobody waits for it any more. A callback of the store must not delay the answer.
    private static void Abandon(Task inspecting, CancellationTokenSource stop)
    {
        Observe(inspecting);
        var cancelling = stop.CancelAsync();
        Observe(cancelling);
        cancelling.ContinueWith(
            static (_, stop) => ((CancellationTokenSource)stop!).Dispose(),
            stop,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private static void Observe(Task task) => task.ContinueWith(
        static task => _ = task.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
