namespace Sact.Session.Faults;

/// <summary>A store with servers of the run's own, and all faults that can be done to it.</summary>
internal abstract class TestedStore : IAsyncDisposable
{
    private readonly List<FaultProxy> _proxies = [];

    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What an application process connects to: the proxies, if there are any.</summary>
    public abstract string Connection { get; }

    /// <summary>Whether a full disk is one of the faults.</summary>
    public virtual bool HasDisk => false;

    /// <summary>The connections that the application processes have now.</summary>
    public int Connections => _proxies.Sum(proxy => proxy.Open);

    protected IReadOnlyList<FaultProxy> Proxies => _proxies;

    /// <summary>Makes the store of a name.</summary>
    /// <returns>Null if there is none.</returns>
    public static TestedStore? Of(string name) => name switch
    {
        "redis" => new TestedRedis(),
        "cluster" => new TestedCluster(),
        "postgres" => new TestedPostgres(),
        "sqlite" => new TestedSqlite(),
        _ => null,
    };

    /// <summary>Starts what the store needs.</summary>
    /// <exception cref="InvalidOperationException">A server is not on this machine.</exception>
    public abstract Task StartAsync(int seed);

    /// <summary>Everything that can happen to it.</summary>
    public IReadOnlyList<Fault> Faults(Applications applications, BrowserLoad load) =>
        [.. _proxies.Count == 0 ? [] : NetworkFaults.Over(_proxies), ProcessFaults.Kill(applications), .. OwnFaults(applications, load)];

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }
    }

    protected abstract IEnumerable<Fault> OwnFaults(Applications applications, BrowserLoad load);

    /// <summary>Puts one more proxy in front of the store. It leads nowhere yet.</summary>
    protected FaultProxy AddProxy(int seed)
    {
        var proxy = new FaultProxy(unchecked((seed * 31) + _proxies.Count));
        _proxies.Add(proxy);
        return proxy;
    }
}
