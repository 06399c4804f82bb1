using System.Collections.Concurrent;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// The table of the shared server. Each case has another prefix. The stores may reach the server through a pooler, and with a second
/// process every other store is opened there.
/// </summary>
internal sealed class PostgreSqlSubject(PostgresServer server, string? connectionString = null, SecondProcess? second = null)
    : StoreContractSubject
{
    // The cases are about rules, not about time, and the machine may be busy.
    private readonly string _connectionString = (connectionString ?? server.ConnectionString) + ";Timeout=15";
    private readonly ConcurrentBag<PostgreSqlStore> _stores = [];
    private readonly ConcurrentBag<FarStore> _farStores = [];
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(
        TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    public override bool SharesData => true;

    public override DateTimeOffset ServerNow => _now;

    public override async ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken)
    {
        if (second is not null && _stores.Count > _farStores.Count)
        {
            var far = await second.OpenAsync("postgresql", _connectionString, clock, prefix);
            _farStores.Add(far);
            return far;
        }

        var options = new PostgreSqlStoreOptions { ConnectionString = _connectionString, TimeProvider = clock, Prefix = prefix };
        var store = new PostgreSqlStore(options);
        _stores.Add(store);
        return store;
    }

    public override async ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await server.PlantAsync(session.Key, [7]);

    public override async ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await server.PlantAsync(session.Key, (session with { Format = SessionRecord.CurrentFormat + 1 }).Pack());

    public override async ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) =>
        await server.ScalarAsync(
            "SELECT 1 FROM sact_sessions WHERE prefix = @prefix AND key_part = @key", ("prefix", key.Prefix), ("key", key.KeyPart)) is 1;

    public override async ValueTask DisposeAsync()
    {
        foreach (var far in _farStores)
        {
            await far.CloseAsync();
        }

        foreach (var store in _stores)
        {
            await store.ClearAsync();
            await store.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}
