using Sact.Session.Stores.Tests;

// The source of spans is one for the process, so a test would see the spans of another one.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Sact.Session.Aspire.Tests.StartedServers))]

namespace Sact.Session.Aspire.Tests;

/// <summary>A Redis and a PostgreSQL, each started by the first test that needs it.</summary>
public sealed class StartedServers : IAsyncDisposable
{
    private RedisServer? _redis;
    private PostgresServer? _postgres;

    /// <summary>The connection string of a server, as an app host would give it.</summary>
    public async Task<string> ConnectionStringAsync(string package) => package == Package.Redis
        ? (_redis ??= await RedisServer.StartAsync()).Configuration
        : (_postgres ??= await PostgresServer.StartAsync()).ConnectionString;

    public async ValueTask DisposeAsync()
    {
        await (_redis?.DisposeAsync() ?? default);
        await (_postgres?.DisposeAsync() ?? default);
    }
}
