using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sact.Session.Tool;

/// <summary>Whether the store serves sessions: what the health check of an application finds, with its default limits.</summary>
internal static class StoreCheck
{
    /// <exception cref="SessionStoreException">
    /// The store does not answer, or its table has another version or shape. The message says which.
    /// </exception>
    public static async Task<CheckFindings> RunAsync(RecordStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var found = new HealthFindings();
        var began = clock.GetUtcNow();
        long start = clock.GetTimestamp();
        var health = await ((IStoreHealthSource)store).InspectAsync(cancellationToken).ConfigureAwait(false);
        found.Add(health);
        found.Compare(health, new SactSessionHealthCheckOptions(), began, clock.GetElapsedTime(start));
        var answer = found.Answer(HealthStatus.Unhealthy);
        var findings = new CheckFindings();
        if (answer.Status != HealthStatus.Healthy)
        {
            findings.Problems.Add(answer.Description!);
        }

        findings.Figures["store"] = (store as IDescribedStore)?.Description.System ?? "other";
        foreach (var (name, figure) in answer.Data)
        {
            findings.Figures[name] = Convert.ToString(figure, CultureInfo.InvariantCulture) ?? "";
        }

        return findings;
    }
}
