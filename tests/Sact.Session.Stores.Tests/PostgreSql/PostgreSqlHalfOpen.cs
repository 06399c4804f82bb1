using System.Diagnostics;
using Sact.Session.Faults;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>A pool whose connections are all half-open: the server lives, and neither end has learned of the break.</summary>
public sealed class PostgreSqlHalfOpen(SharedPostgres shared)
{
    private const int Many = 10;

    /// <summary>Each idle connection cost a probe its time-out of three seconds, and a pause.</summary>
    [Fact]
    [Trait("abuse", "E4")]
    public async Task IsReachedOverANewConnectionByTheFirstProbe()
    {
        await using var proxy = new FaultProxy(seed: 1);
        proxy.LeadTo((await shared.GetAsync()).Port);
        await using var store = Open(PostgresServer.ConnectionStringAt(proxy.Port));
        var session = NewSession(store);
        await store.CreateAsync(session);
        proxy.Begin(NetworkState.Slow);
        await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => store.GetAsync(session.Key).AsTask()));
        proxy.Clear();
        Assert.True(proxy.Open >= Many / 2, $"Only {proxy.Open} connections: too few to prove anything.");
        proxy.HalfOpen();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1.1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.GetAsync(session.Key, limit.Token));

        var since = Stopwatch.StartNew();
        Assert.NotNull(await Recovery.OfAsync(async () => await store.GetAsync(session.Key)));

        Assert.True(since.Elapsed < TimeSpan.FromSeconds(10), $"The recovery took {since.Elapsed}.");
    }
}
