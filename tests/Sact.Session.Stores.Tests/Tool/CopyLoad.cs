using System.Collections.Concurrent;
using System.Text;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// An application with two nodes that use both stores, while its sessions are copied: it signs in, changes, signs out, and remembers what
/// it was promised.
/// </summary>
internal sealed class CopyLoad(ToolPlace from, ToolPlace to) : IAsyncDisposable
{
    private const int AtOnce = 16;
    private readonly MigratingStore[] _nodes = [new(from.Open(), to.Open()), new(from.Open(), to.Open())];
    private readonly ConcurrentDictionary<SessionKey, string?> _live = new();
    private readonly ConcurrentBag<SessionKey> _ended = [];
    private SessionRecord[] _sessions = [];

    public int Live => _live.Count;

    public int Ended => _ended.Count;

    /// <summary>Fills the old store, as the application did before it knew the new one.</summary>
    public async Task FillAsync(int count)
    {
        _sessions = [.. Enumerable.Range(0, count).Select(i => PostgreSqlStores.NewSession(from.Store, $"user-{i}"))];
        await Parallel.ForEachAsync(_sessions, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (session, _) =>
        {
            Assert.Equal(SessionCreationStatus.Created, (await from.Store.CreateAsync(session, cancellationToken: default)).Status);
            _live[session.Key] = null;
        });
    }

    /// <summary>Acts on a part of the sessions, in an order in which the copy does not come by.</summary>
    public Task RunAsync(int part, int parts)
    {
        var some = _sessions.Select((session, i) => (session, i)).Where(one => one.i / 6 % parts == part).ToArray();
        new Random(part).Shuffle(some);
        return Parallel.ForEachAsync(
            some, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) => await ActAsync(one.session, one.i));
    }

    /// <summary>What the target alone has: the application forgets the old store.</summary>
    public async Task<(int Lost, int Resurrected, int Overwritten)> CompareAsync()
    {
        var alone = to.Open();
        int lost = 0, resurrected = 0, overwritten = 0;
        foreach (var some in _live.Chunk(ISessionBatchStore.MostKeys))
        {
            var found = await alone.FindManyAsync([.. some.Select(pair => pair.Key)]);
            for (int i = 0; i < some.Length; i++)
            {
                lost += found[i].Record is null ? 1 : 0;
                overwritten += found[i].Record is { } record && ValueOf(record) != some[i].Value ? 1 : 0;
            }
        }

        foreach (var some in _ended.Chunk(ISessionBatchStore.MostKeys))
        {
            resurrected += (await alone.FindManyAsync(some)).Count(found => found.Record is not null);
        }

        return (lost, resurrected, overwritten);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task ActAsync(SessionRecord session, int i)
    {
        var (node, other) = i % 2 == 0 ? (_nodes[0], _nodes[1]) : (_nodes[1], _nodes[0]);
        var seen = await node.GetAsync(session.Key);
        Assert.NotNull(seen);
        switch (i % 6)
        {
            case 0:
                Assert.True(await node.EndAsync(seen, SessionEndReason.SignedOut));
                await EndedAsync(session.Key, other);
                break;
            case 1:
                var first = await node.UpdateAsync(seen, PostgreSqlStores.Set("n", "1"));
                Assert.Equal(SessionUpdateStatus.Applied, first.Status);
                Assert.Equal("1", ValueOf((await other.GetAsync(session.Key))!));
                Assert.Equal(SessionUpdateStatus.Applied, (await other.UpdateAsync(seen, PostgreSqlStores.Set("n", "2"))).Status);
                _live[session.Key] = "2";
                break;
            case 2:
                Assert.Equal(1, await node.DeleteActiveSessionsAsync(session.UserId!));
                await EndedAsync(session.Key, other);
                break;
            case 3:
                // A sign-in that ends the one before.
                var next = PostgreSqlStores.NewSession(node, session.UserId);
                var created = await node.CreateAsync(next, new SessionCap(1));
                Assert.Equal([session.Key], created.Ended);
                _live[next.Key] = null;
                await EndedAsync(session.Key, other);
                break;
            case 4:
                // Two nodes at once: either the change comes first, or the end does. It has ended in both cases.
                await Task.WhenAll(
                    node.UpdateAsync(seen, PostgreSqlStores.Set("n", "1")).AsTask(), other.DeleteAsync(seen).AsTask());
                await EndedAsync(session.Key, node);
                break;
        }
    }

    /// <summary>From the answer on, no node finds the session.</summary>
    private async Task EndedAsync(SessionKey key, MigratingStore other)
    {
        Assert.Null(await other.GetAsync(key));
        _live.TryRemove(key, out _);
        _ended.Add(key);
    }

    private static string? ValueOf(SessionRecord record) =>
        record.Fields.TryGetValue("n", out var json) ? Encoding.UTF8.GetString(json.Span) : null;
}
