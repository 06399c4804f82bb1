using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace Sact.Session;

/// <summary>The meter <c>Sact.Session</c>. The values of its labels are a fixed set, so that no request can add a time series.</summary>
internal sealed class SessionMetrics
{
    public const string MeterName = "Sact.Session";

    private readonly Counter<long> _began;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _renewed;
    private readonly Counter<long> _conflicts;
    private readonly Counter<long> _touchFailures;
    private readonly Counter<long> _storeFaults;
    private readonly Counter<long> _anonymousRefused;
    private readonly Histogram<double> _storeDuration;

    public SessionMetrics(Meter meter)
    {
        _began = meter.CreateCounter<long>("sact.session.began", "{session}", "Sessions begun, by state.");
        _ended = meter.CreateCounter<long>("sact.session.ended", "{session}", "Sessions ended, by reason.");
        _refused = meter.CreateCounter<long>("sact.session.refused", "{request}", "Presented cookies that were refused, by reason.");
        _replayed = meter.CreateCounter<long>(
            "sact.session.replayed", "{session}", "Ids that were replayed long after a renewal had replaced them.");
        _renewed = meter.CreateCounter<long>("sact.session.renewed", "{session}", "Steps of renewal, by kind.");
        _conflicts = meter.CreateCounter<long>(
            "sact.session.conflicts", "{write}", "Conditional writes that lost against another write. Each was retried or given up.");
        _touchFailures = meter.CreateCounter<long>("sact.session.touch_failures", "{write}", "Failed writes of \"last seen\".");
        _storeFaults = meter.CreateCounter<long>(
            "sact.session.store_faults", "{operation}", "Failed operations of the store, by operation.");
        _anonymousRefused = meter.CreateCounter<long>(
            "sact.session.anonymous_refused", "{session}", "Anonymous sessions that MaxAnonymousSessionsPerMinute refused.");

        // The boundaries that OpenTelemetry advises for the calls of a database client.
        _storeDuration = meter.CreateHistogram(
            "sact.session.store.duration",
            "s",
            "Duration of the calls of the store, by operation and outcome.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] });
        Gauges = SessionGauges.Of(meter);
    }

    /// <summary>The meter of sessions that are created without dependency injection.</summary>
    public static SessionMetrics Shared { get; } = new(new Meter(MeterName));

    /// <summary>The gauges of the same meter.</summary>
    public SessionGauges Gauges { get; }

    /// <summary>Whether somebody measures the calls of stores.</summary>
    public bool MeasuresStoreCalls => _storeDuration.Enabled;

    public void Began(SessionState state) => Add(_began, 1, "state", state switch
    {
        SessionState.SignedIn => "signed_in",
        SessionState.Pending => "pending",
        _ => "anonymous",
    });

    public void Ended(string reason, long count) => Add(_ended, count, "reason", reason);

    public void Refused(RefusedReason reason) => Add(_refused, 1, "reason", reason switch
    {
        RefusedReason.Unknown => "unknown",
        RefusedReason.Foreign => "foreign",
        RefusedReason.Stale => "stale",
        RefusedReason.Replayed => "replayed",
        RefusedReason.Misplaced => "misplaced",
        RefusedReason.Malformed => "malformed",
        _ => "conflict",
    });

    public void Replayed() => Add(_replayed, 1);

    public void Renewed(SessionRenewalKind kind) => Add(_renewed, 1, "kind", kind switch
    {
        SessionRenewalKind.Propose => "proposed",
        SessionRenewalKind.Promote => "promoted",
        _ => "replaced",
    });

    public void Conflict() => Add(_conflicts, 1);

    public void TouchFailed() => Add(_touchFailures, 1);

    public void AnonymousRefused() => Add(_anonymousRefused, 1);

    public void StoreFault(string operation) => Add(_storeFaults, 1, "operation", operation);

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A listener runs inside Record. What it throws must not stop a session.")]
    public void StoreCall(string operation, string outcome, TimeSpan duration)
    {
        try
        {
            _storeDuration.Record(
                duration.TotalSeconds,
                new KeyValuePair<string, object?>("operation", operation),
                new KeyValuePair<string, object?>("outcome", outcome));
        }
        catch (Exception)
        {
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A listener runs inside Add. What it throws must not stop a session.")]
    private static void Add(Counter<long> counter, long count, string? label = null, string? value = null)
    {
        try
        {
            if (label is null)
            {
                counter.Add(count);
            }
            else
            {
                counter.Add(count, new KeyValuePair<string, object?>(label, value));
            }
        }
        catch (Exception)
        {
        }
    }
}
