using StackExchange.Redis;

namespace Sact.Session.Stores.Tests;

/// <summary>A server that speaks Redis; every case has a prefix of its own.</summary>
internal sealed class RedisSubject(IConnectionMultiplexer connection) : StoreContractSubject
{
    public override bool SharesData => true;

    public static string NameOf(SessionKey key) => $"{key.Prefix}:{{{key.RoutingTag}}}:s:{key.KeyPart}";

    public override ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken) =>
        new(new RedisStore(new RedisStoreOptions { Connection = connection, TimeProvider = clock, Prefix = prefix }));

    public override async ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await connection.GetDatabase().HashDeleteAsync(NameOf(session.Key), "cur");

    public override async ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        await connection.GetDatabase().HashSetAsync(NameOf(session.Key), "fmt", SessionRecord.CurrentFormat + 1);
        return true;
    }

    public override async ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) =>
        await connection.GetDatabase().KeyExistsAsync(NameOf(key));
}
