using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// What is under a session's key is not what the store wrote. The session is absent with one event, and no read deletes it.
/// </summary>
public sealed class RedisDamagedRecords(SharedRedis shared)
{
    private const int Unreadable = 25;

    [Fact]
    [Trait("abuse", "H2")]
    public async Task OfEveryLengthAreAbsentWithOneEventEach() =>
        await AreAbsentAsync(packed => Enumerable.Range(0, packed.Length).Select(length => packed[..length]));

    [Fact]
    [Trait("abuse", "H2")]
    public async Task WithAFlippedByteAreAbsentWithOneEventEach() =>
        await AreAbsentAsync(packed => Enumerable.Range(0, packed.Length).Select(at =>
        {
            byte[] flipped = [.. packed];
            flipped[at] ^= 0x81;
            return flipped;
        }));

    [Fact]
    [Trait("abuse", "H2")]
    public async Task WithBytesBehindThemAreAbsentWithOneEventEach() =>
        await AreAbsentAsync(packed => [[.. packed, 0], [.. packed, .. packed], new byte[100], [.. Enumerable.Repeat((byte)255, 100)]]);

    [Fact]
    [Trait("abuse", "H2")]
    public async Task AreNotOverwrittenByANewSession()
    {
        var (server, store, log) = await OpenAsync();
        await using var _ = store;
        using var __ = log;
        foreach (int length in new[] { 0, 1, 17, 18, 43, 60 })
        {
            var session = NewSession(store);
            byte[] damaged = session.Pack()[..length];
            await server.Database.StringSetAsync(RedisSubject.NameOf(session.Key), damaged, TimeSpan.FromHours(1));

            Assert.Equal(SessionCreation.Exists, await store.CreateAsync(session));

            Assert.Equal(damaged, (byte[]?)await server.Database.StringGetAsync(RedisSubject.NameOf(session.Key)));
        }

        await store.ClearAsync();
    }

    [Fact]
    [Trait("abuse", "H2")]
    public async Task WithAnotherStartAreNotChanged()
    {
        var (server, store, log) = await OpenAsync();
        await using var _ = store;
        using var __ = log;
        foreach (int at in new[] { 0, 1, 2, 9, 26, 41 })
        {
            var session = NewSession(store);
            await store.CreateAsync(session);
            byte[] damaged = session.Pack();
            damaged[at] ^= 1;
            await PlantAsync(server, session, damaged);

            Assert.Equal(SessionUpdate.Gone, await store.UpdateAsync(session, Set("a", "1")));

            Assert.Equal(damaged, (byte[]?)await server.Database.StringGetAsync(RedisSubject.NameOf(session.Key)));
        }

        Assert.Equal(6, log.Entries.Count(entry => entry.Id == Unreadable));
        await store.ClearAsync();
    }

    /// <summary>Whoever holds the record of that version holds everything that was lost.</summary>
    [Fact]
    [Trait("abuse", "H2")]
    public async Task BehindTheirStartAreRepairedByAChange()
    {
        var (server, store, log) = await OpenAsync();
        await using var _ = store;
        using var __ = log;
        var session = NewSession(store);
        await store.CreateAsync(session);
        await server.Database.StringSetRangeAsync(RedisSubject.NameOf(session.Key), 60, "?");
        Assert.Null(await store.GetAsync(session.Key));

        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);

        Assert.Equal(session.CurrentHash, (await store.GetAsync(session.Key))?.CurrentHash);
        await store.ClearAsync();
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task UnderAnotherKeyAreAbsentWithOneEvent()
    {
        var (server, store, log) = await OpenAsync();
        await using var _ = store;
        using var __ = log;
        var hers = NewSession(store);
        var his = NewSession(store, "bob");
        await store.CreateAsync(hers);
        await store.CreateAsync(his);

        await PlantAsync(server, his, hers.Pack());

        Assert.Null(await store.GetAsync(his.Key));
        Assert.Equal(SessionUpdate.Gone, await store.UpdateAsync(his, Set("a", "1")));
        Assert.Equal(2, log.Entries.Count(entry => entry.Id == Unreadable));
        Assert.Equal(hers.Key, Assert.Single(await ListAsync(store)).Key);
        Assert.Empty(await ListAsync(store, "bob"));
        Assert.Equal(0, await store.DeleteActiveSessionsAsync("bob"));
        Assert.NotNull(await store.GetAsync(hers.Key));
        await store.ClearAsync();
    }

    [Fact]
    [Trait("abuse", "H5")]
    public async Task OfANewerFormatAreNeverReplaced()
    {
        var (server, store, log) = await OpenAsync();
        await using var _ = store;
        using var __ = log;
        var session = NewSession(store);
        await store.CreateAsync(session);
        byte[] newer = (session with { Format = SessionRecord.CurrentFormat + 1 }).Pack();
        await PlantAsync(server, session, newer);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.UpdateAsync(session, Set("a", "1")));

        Assert.Equal(newer, (byte[]?)await server.Database.StringGetAsync(RedisSubject.NameOf(session.Key)));
        await store.ClearAsync();
    }

    /// <summary>A version that the callers have seen is gone, and an older one is there.</summary>
    [Fact]
    [Trait("abuse", "H2")]
    public async Task OfARestoredBackupAreChangedAsTheyAre()
    {
        var (server, store, log) = await OpenAsync();
        await using var _ = store;
        using var __ = log;
        var first = NewSession(store);
        await store.CreateAsync(first);
        byte[]? backup = await server.Database.StringGetAsync(RedisSubject.NameOf(first.Key));
        var second = (await store.UpdateAsync(first, Set("lost", "1"))).Record!;
        await PlantAsync(server, first, backup);

        var third = await store.UpdateAsync(second, Set("b", "2"));
        var fourth = await store.UpdateAsync(second, Set("c", "3"));

        Assert.Equal(["b"], third.Record!.Fields.Select(field => field.Key));
        Assert.Equal(["b", "c"], fourth.Record!.Fields.Select(field => field.Key).Order());
        Assert.Equal(fourth.Record.Version, (await store.GetAsync(first.Key))!.Version);
        Assert.NotEqual(second.Version, third.Record.Version);
        Assert.DoesNotContain(log.Entries, entry => entry.Id == Unreadable);
        await store.ClearAsync();
    }

    private static Task<bool> PlantAsync(RedisServer server, SessionRecord session, RedisValue value) =>
        server.Database.StringSetAsync(RedisSubject.NameOf(session.Key), value, null, keepTtl: true);

    private async Task<(RedisServer Server, RedisStore Store, CapturedLog Log)> OpenAsync()
    {
        var server = await shared.GetAsync();
        var log = new CapturedLog();
        return (server, OpenRedis(server.Configuration, options => options.LoggerFactory = log), log);
    }

    private async Task AreAbsentAsync(Func<byte[], IEnumerable<byte[]>> damage)
    {
        var (server, store, log) = await OpenAsync();
        await using var _ = store;
        using var __ = log;
        var session = NewSession(store);
        var other = NewSession(store);
        await store.CreateAsync(session);
        await store.CreateAsync(other);
        string name = RedisSubject.NameOf(session.Key);
        int events = 0;
        foreach (byte[] damaged in damage(session.Pack()))
        {
            await PlantAsync(server, session, damaged);

            Assert.Null(await store.GetAsync(session.Key));
            Assert.Equal(++events, log.Entries.Count(entry => entry.Id == Unreadable));
            Assert.Equal(other.Key, Assert.Single(await ListAsync(store)).Key);
            Assert.Equal(++events, log.Entries.Count(entry => entry.Id == Unreadable));
            Assert.Equal(damaged, (byte[]?)await server.Database.StringGetAsync(name));
        }

        Assert.True(events > 0);
        Assert.DoesNotContain("alice", log.Text, StringComparison.Ordinal);
        Assert.Equal(1, await store.CountActiveSessionsAsync());
        Assert.Equal(1, await store.ClearAsync());
        Assert.False(await server.Database.KeyExistsAsync(name));
    }
}
