using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>
/// The gauges of one meter. Several registrations share a meter, and two instruments of one name would hide each other, so that each gauge
/// reports all of them, each with its name as a label.
/// </summary>
internal sealed class SessionGauges
{
    private const string Unnamed = "default";
    private const int LeastToClean = 16;

    private static readonly ConditionalWeakTable<Meter, SessionGauges> s_ofMeters = [];

    // Weak, because nobody disposes of sessions that are created without dependency injection.
    private readonly List<WeakReference<IGaugedSessions>> _sessions = [];
    private readonly Lock _lock = new();

    // The list is cleaned when it has doubled. So an addition costs the same, however long the list is.
    private int _cleanAt = LeastToClean;

    private SessionGauges(Meter meter)
    {
        meter.CreateObservableGauge(
            "sact.session.active",
            ObserveActive,
            "{session}",
            "Live sessions in the store, by registration. Every node counts all of them.");
        meter.CreateObservableGauge(
            "sact.session.watched",
            ObserveWatched,
            "{connection}",
            "Open connections of this node that close when their session ends, by registration.");
    }

    public static SessionGauges Of(Meter meter) => s_ofMeters.GetValue(meter, static meter => new SessionGauges(meter));

    public void Add(IGaugedSessions sessions)
    {
        lock (_lock)
        {
            if (_sessions.Count >= _cleanAt)
            {
                _sessions.RemoveAll(static known => !known.TryGetTarget(out _));
                _cleanAt = Math.Max(LeastToClean, 2 * _sessions.Count);
            }

            _sessions.Add(new WeakReference<IGaugedSessions>(sessions));
        }
    }

    public void Remove(IGaugedSessions sessions)
    {
        lock (_lock)
        {
            _sessions.RemoveAll(known => !known.TryGetTarget(out var target) || ReferenceEquals(target, sessions));
        }
    }

    private IEnumerable<Measurement<long>> ObserveActive() => Observe(static sessions => sessions
        .DistinctBy(static some => some.Store, ReferenceEqualityComparer.Instance)
        .Select(static some => some.Active)
        .ToList() is var counts && counts.TrueForAll(static count => count is not null) ? counts.Sum() : null);

    private IEnumerable<Measurement<long>> ObserveWatched() => Observe(static sessions => sessions.Sum(static some => (long)some.Watched));

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A gauge that throws would hide the other instruments from some listeners.")]
    private List<Measurement<long>> Observe(Func<IEnumerable<IGaugedSessions>, long?> measure)
    {
        var measured = new List<Measurement<long>>();
        foreach (var sessions in Living().GroupBy(static some => some.Registration, StringComparer.Ordinal))
        {
            try
            {
                if (measure(sessions) is { } value)
                {
                    string name = sessions.Key.Length == 0 ? Unnamed : sessions.Key;
                    measured.Add(new Measurement<long>(value, new KeyValuePair<string, object?>("registration", name)));
                }
            }
            catch (Exception)
            {
            }
        }

        return measured;
    }

    private List<IGaugedSessions> Living()
    {
        lock (_lock)
        {
            return [.. _sessions.Select(static known => known.TryGetTarget(out var target) ? target : null).OfType<IGaugedSessions>()];
        }
    }
}
