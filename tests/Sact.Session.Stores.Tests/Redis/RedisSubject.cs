using System.Collections.Concurrent;
using Sact.Session.Stores.Tests.Sqlite;
using StackExchange.Redis;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A server that speaks Redis; every case has a prefix of its own, whose keys go with the subject. Every other store has another
/// connection, as another process would.
/// </summary>
/// <param name="connections">The connections.</param>
/// <param name="second">Another process, in which every other store is opened in place of the second connection; null for none.</param>
/// <param name="configuration">How the other process reaches the server.</param>
internal sealed class RedisSubject(
    IReadOnlyList<IConnectionMultiplexer> connections, SecondProcess? second = null, string? configuration = null) : StoreContractSubject
{
    private readonly ConcurrentBag<FarStore> _farStores = [];
    private readonly ConcurrentDictionary<string, bool> _prefixes = new(StringComparer.Ordinal);
    private int _opened;

    public override bool SharesData => true;

    private IDatabase Database => connections[0].GetDatabase();

    public static string NameOf(SessionKey key) => $"{key.Prefix}:{{{key.RoutingTag}}}:s:{key.KeyPart}";

    public override async ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken)
    {
        _prefixes[prefix] = true;
        int number = Interlocked.Increment(ref _opened);
        if (second is not null && number % 2 == 0)
        {
            var far = (FarStore)await second.OpenAsync("redis", configuration!, clock, prefix);
            _farStores.Add(far);
            return far;
        }

        return new RedisStore(
            new RedisStoreOptions { Connection = connections[number % connections.Count], TimeProvider = clock, Prefix = prefix });
    }

    public override async ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await PlantAsync(session, "no session");

    public override async ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await PlantAsync(session, (session with { Format = SessionRecord.CurrentFormat + 1 }).Pack());

    public override async ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) =>
        await Database.KeyExistsAsync(NameOf(key));

    /// <summary>Whatever the case did: no key was left that would stay for ever.</summary>
    public async Task EveryKeyHasATtlAsync()
    {
        await foreach (var key in KeysAsync())
        {
            Assert.True(
                await Database.KeyTimeToLiveAsync(key) is not null || !await Database.KeyExistsAsync(key), $"The key {key} has no TTL.");
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var far in _farStores)
        {
            await far.CloseAsync();
        }

        await foreach (var key in KeysAsync())
        {
            await Database.KeyDeleteAsync(key);
        }

        await base.DisposeAsync();
    }

    private Task<bool> PlantAsync(SessionRecord session, RedisValue value) =>
        Database.StringSetAsync(NameOf(session.Key), value, null, keepTtl: true);

    private async IAsyncEnumerable<RedisKey> KeysAsync()
    {
        foreach (string prefix in _prefixes.Keys)
        {
            foreach (var server in connections[0].GetServers().Where(server => !server.IsReplica))
            {
                await foreach (var key in server.KeysAsync(pattern: prefix + ":*", pageSize: 1000))
                {
                    yield return key;
                }
            }
        }
    }
}
