using System.Diagnostics.Metrics;

namespace Sact.Session;

/// <summary>The library's meter, <c>Sact.Session</c>. Labels are the constants below: a fixed set, whatever is presented.</summary>
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

    public SessionMetrics(Meter meter)
    {
        _began = meter.CreateCounter<long>("sact.session.began", "{session}", "Sessions begun, by state.");
        _ended = meter.CreateCounter<long>("sact.session.ended", "{session}", "Sessions ended, by reason.");
        _refused = meter.CreateCounter<long>("sact.session.refused", "{request}", "Presented cookies that were refused, by reason.");
        _replayed = meter.CreateCounter<long>("sact.session.replayed", "{session}", "Secrets replayed long after they had been renewed.");
        _renewed = meter.CreateCounter<long>("sact.session.renewed", "{session}", "Steps of renewal, by kind.");
        _conflicts = meter.CreateCounter<long>("sact.session.conflicts", "{write}", "Conditional writes that met another write and were tried again or given up.");
        _touchFailures = meter.CreateCounter<long>("sact.session.touch_failures", "{write}", "Failed notes that a session was seen.");
        _storeFaults = meter.CreateCounter<long>("sact.session.store_faults", "{operation}", "Operations that the store failed, by operation.");
    }

    /// <summary>The meter of sessions that are made without dependency injection.</summary>
    public static SessionMetrics Shared { get; } = new(new Meter(MeterName));

    public void Began(SessionState state) => _began.Add(1, new KeyValuePair<string, object?>("state", state switch
    {
        SessionState.SignedIn => "signed_in",
        SessionState.Pending => "pending",
        _ => "anonymous",
    }));

    public void Ended(string reason, long count) => _ended.Add(count, new KeyValuePair<string, object?>("reason", reason));

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Replayed() => _replayed.Add(1);

    public void Renewed(SessionRenewalKind kind) => _renewed.Add(1, new KeyValuePair<string, object?>("kind", kind switch
    {
        SessionRenewalKind.Propose => "proposed",
        SessionRenewalKind.Promote => "promoted",
        _ => "replaced",
    }));

    public void Conflict() => _conflicts.Add(1);

    public void TouchFailed() => _touchFailures.Add(1);

    public void StoreFault(string operation) => _storeFaults.Add(1, new KeyValuePair<string, object?>("operation", operation));
}
