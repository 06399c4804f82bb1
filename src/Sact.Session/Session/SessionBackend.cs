namespace Sact.Session;

/// <summary>What the sessions of one registration work with. They share it, so that a request holds one reference.</summary>
internal sealed class SessionBackend(IGenericStore store, SessionServices services)
{
    private SessionWatch? _watch;

    public IGenericStore Store { get; } = store;

    /// <summary>Clock, telemetry, cookies and settings.</summary>
    public SessionServices Services { get; } = services;

    /// <summary>The watch over open connections, created when the first one is watched.</summary>
    public SessionWatch Watch =>
        _watch ?? Interlocked.CompareExchange(ref _watch, new SessionWatch(Store, Services), null) ?? _watch;

    /// <summary>Stops watching, before the store is disposed of.</summary>
    public void StopWatch() => _watch?.Dispose();
}
