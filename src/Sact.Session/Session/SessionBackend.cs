using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>What the sessions of one registration work with. They share it, so that a request holds one reference.</summary>
internal sealed class SessionBackend : IGaugedSessions, IDisposable
{
    // So that an application with a store for each request does not keep them all.
    private const int MostStoresByHand = 64;

    // Sessions that are created by hand share one per store and services, and with it the watch. An entry is collected with its services.
    // The value is no weak table of stores: there a living store would keep the backend, and the backend keeps the services.
    private static readonly ConditionalWeakTable<SessionServices, ConcurrentDictionary<IGenericStore, SessionBackend>> s_byHand = [];

    private readonly ActiveSessionCount _active;
    private SessionWatch? _watch;

    public SessionBackend(IGenericStore store, SessionServices services)
    {
        Store = store;
        Services = services;
        _active = new ActiveSessionCount(store, services.Clock, services.Options.ActiveCountInterval, services.Telemetry);
        services.Telemetry.Metrics.Gauges.Add(this);
    }

    public IGenericStore Store { get; }

    /// <summary>Clock, telemetry, cookies and settings.</summary>
    public SessionServices Services { get; }

    /// <summary>The watch over open connections, created when the first one is watched.</summary>
    public SessionWatch Watch =>
        _watch ?? Interlocked.CompareExchange(ref _watch, new SessionWatch(Store, Services), null) ?? _watch;

    /// <summary>That of a session that is created by hand.</summary>
    public static SessionBackend Of(IGenericStore store, SessionServices services)
    {
        var ofStores = s_byHand.GetValue(services, static _ => new(ReferenceEqualityComparer.Instance));
        if (ofStores.TryGetValue(store, out var known))
        {
            return known;
        }

        if (ofStores.Count >= MostStoresByHand)
        {
            foreach (var (other, backend) in ofStores)
            {
                if (backend._watch is null or { Count: 0 })
                {
                    ofStores.TryRemove(other, out _);
                }
            }
        }

        return ofStores.GetOrAdd(store, static (store, services) => new SessionBackend(store, services), services);
    }

    string IGaugedSessions.Registration => Services.Registration;

    int IGaugedSessions.Watched => _watch?.Count ?? 0;

    long? IGaugedSessions.Active => _active.Value;

    /// <summary>Completes when no count of the sessions runs.</summary>
    public Task Counting => _active.Running;

    /// <summary>Stops watching and counting.</summary>
    public void Dispose()
    {
        Services.Telemetry.Metrics.Gauges.Remove(this);
        _active.Dispose();
        _watch?.Dispose();
    }
}
