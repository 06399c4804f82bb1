using System.Buffers.Binary;
using System.Buffers.Text;
using Sact.Session.Stores.Tests.Fuzzing;

namespace Sact.Session.Stores.Tests;

/// <summary>Pages of a search over Redis, between which sessions begin and end.</summary>
public sealed class RedisPages(SharedRedis shared)
{
    /// <summary>
    /// A page ends within the keys of one step of SCAN. When keys are gone, the same step covers more of the table, and what it newly
    /// covers is in no order with what was taken.
    /// </summary>
    [Theory]
    [InlineData(500)]
    [InlineData(137)]
    [InlineData(40)]
    public async Task FindEverySessionThatLivesThroughTheSearch(int pageSize)
    {
        for (int round = 0; round < 5; round++)
        {
            await using var store = RedisStores.OpenRedis((await shared.GetAsync()).Configuration);
            var sessions = Enumerable.Range(0, 1500).Select(i => PostgreSqlStores.NewSession(store, $"user-{i}")).ToList();
            await Task.WhenAll(sessions.Select(session => store.CreateAsync(session).AsTask()));
            var mayEnd = sessions.Where((_, i) => i % 3 > 0).ToList();
            var found = new HashSet<SessionKey>();
            var query = new SessionQuery { PageSize = pageSize };
            int pages = 0;
            do
            {
                var page = await store.QueryAsync(query);
                found.UnionWith(page.Sessions.Select(session => session.Key));
                query = query with { After = page.Next };

                // The index of a user with one session is a key, and is gone with the session.
                var some = mayEnd.Take(150).ToList();
                mayEnd.RemoveRange(0, some.Count);
                await Task.WhenAll(some.Select(session => store.DeleteAsync(session).AsTask()));
                Assert.InRange(++pages, 1, 1000);
            }
            while (query.After is not null);

            var lost = sessions.Where((_, i) => i % 3 == 0).Select(session => session.Key).Except(found);
            Assert.Empty(lost);
            await store.ClearAsync();
        }
    }

    /// <summary>The checksum of a cursor has no key. A cursor has the number of keys of a step, and a long step stops the server.</summary>
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(513)]
    [InlineData(-1)]
    public async Task AForgedCursorIsNoLongStep(int count)
    {
        await using var store = RedisStores.OpenRedis((await shared.GetAsync()).Configuration);
        await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => store.CreateAsync(PostgreSqlStores.NewSession(store, $"user-{i}")).AsTask()));
        var query = new SessionQuery { PageSize = 1 };
        string cursor = (await store.QueryAsync(query)).Next!;
        byte[] place = Base64Url.DecodeFromChars(cursor)[8..];
        Assert.Equal(cursor, ForgedCursor.Of(store.Prefix, query, place));
        BinaryPrimitives.WriteInt32BigEndian(place.AsSpan(16), count);

        var refusal = await Assert.ThrowsAsync<ArgumentException>(
            () => store.QueryAsync(query with { After = ForgedCursor.Of(store.Prefix, query, place) }).AsTask());

        Assert.Contains("is no cursor of this query", refusal.Message, StringComparison.Ordinal);
        await store.ClearAsync();
    }
}
