using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>What the sessions of one registration work with. They share it, so that a request holds one reference.</summary>
internal sealed class SessionBackend(IGenericStore store, SessionServices services)
{
    // Sessions that are created by hand share one per store and services, and with it the watch.
    private static readonly ConditionalWeakTable<SessionServices, ConditionalWeakTable<IGenericStore, SessionBackend>> s_byHand = [];

    private SessionWatch? _watch;

    public IGenericStore Store { get; } = store;

    /// <summary>Clock, telemetry, cookies and settings.</summary>
    public SessionServices Services { get; } = services;

    /// <summary>The watch over open connections, created when the first one is watched.</summary>
    public SessionWatch Watch =>
        _watch ?? Interlocked.CompareExchange(ref _watch, new SessionWatch(Store, Services), null) ?? _watch;

    /// <summary>That of a session that is created by hand.</summary>
    public static SessionBackend Of(IGenericStore store, SessionServices services) =>
        s_byHand.GetOrCreateValue(services).GetValue(store, store => new SessionBackend(store, services));

    /// <summary>Stops watching.</summary>
    public void StopWatch() => _watch?.Dispose();
}
