using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sact.Session;

/// <summary>What one check has found: what is wrong, in plain English, and the figures.</summary>
internal sealed class HealthFindings
{
    private readonly Dictionary<string, object> _figures = [];
    private readonly List<string> _failures = [];
    private readonly List<string> _warnings = [];

    public void Fail(string cause) => _failures.Add(cause);

    public void Warn(string cause) => _warnings.Add(cause);

    public void Note(string name, object figure) => _figures[name] = figure;

    public HealthCheckResult Answer(HealthStatus failureStatus, Exception? fault = null)
    {
        var status = _failures.Count > 0 ? failureStatus : _warnings.Count > 0 ? HealthStatus.Degraded : HealthStatus.Healthy;
        string description = _failures.Count + _warnings.Count == 0
            ? "The session store answers."
            : string.Join(' ', _failures.Concat(_warnings));
        return new HealthCheckResult(status, description, fault, _figures);
    }

    /// <summary>Takes what the store has found about itself.</summary>
    public void Add(StoreHealth health)
    {
        _failures.AddRange(health.Failures);
        _warnings.AddRange(health.Warnings);
        foreach (var (name, figure) in health.Figures)
        {
            _figures[name] = figure;
        }
    }

    /// <summary>Compares the figures of the store and the duration of the call with the limits.</summary>
    /// <param name="health">The figures.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="began">The clock of this machine before the call.</param>
    /// <param name="duration">How long the call took.</param>
    public void Compare(StoreHealth health, SactSessionHealthCheckOptions limits, DateTimeOffset began, TimeSpan duration)
    {
        Note("duration_ms", duration.TotalMilliseconds);
        if (duration > limits.SlowAfter)
        {
            Warn(
                $"The session store is slow: it answered after {Seconds(duration)}, "
                + $"and the limit SlowAfter is {Seconds(limits.SlowAfter)}. Look at its load and at the network.");
        }

        if (health.StoreTime is { } time)
        {
            CompareClocks(time - began, limits.MaxClockDifference, duration);
        }

        if (health.ReplicaLag is { } lag)
        {
            Note("replica_lag_seconds", lag.TotalSeconds);
            if (lag > limits.MaxReplicaLag)
            {
                Warn(
                    $"A replica is {Seconds(lag)} behind, and the limit MaxReplicaLag is {Seconds(limits.MaxReplicaLag)}. "
                    + "A failover loses the sign-ins and sign-outs of that time. Look at the replica and at the network.");
            }
        }

        if (health.Fill is { } fill)
        {
            Note("fill", fill);
            if (fill > limits.MaxFill)
            {
                Warn(
                    $"The session store uses {Percent(fill)} of its memory, and the limit MaxFill is {Percent(limits.MaxFill)}. "
                    + "A full store refuses sign-ins. Give it more memory.");
            }
        }
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} seconds");

    private static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:0} %");

    // The store read its clock at some moment of the call.
    private void CompareClocks(TimeSpan ahead, TimeSpan limit, TimeSpan duration)
    {
        var difference = ahead < TimeSpan.Zero ? ahead : ahead > duration ? ahead - duration : TimeSpan.Zero;
        Note("clock_difference_seconds", difference.TotalSeconds);
        if (difference.Duration() > limit)
        {
            string where = difference > TimeSpan.Zero ? "ahead of" : "behind";
            Warn(
                $"The clock of the session store is {Seconds(difference.Duration())} {where} "
                + $"the clock of this machine, and the limit MaxClockDifference is {Seconds(limit)}. "
                + "Sessions expire early or late. Synchronise the clocks.");
        }
    }
}
