using System.Collections.Concurrent;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// The table of the shared server; each case has a prefix of its own, which goes with the subject. The stores may reach it through something else, and with a second process every other one is opened there.
/// </summary>
internal sealed class PostgreSqlSubject(PostgresServer server, string? connectionString = null, SecondProcess? second = null) : StoreContractSubject
{
    private readonly ConcurrentBag<PostgreSqlStore> _stores = [];
    private readonly ConcurrentBag<FarStore> _farStores = [];
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    public override bool SharesData => true;

    public override DateTimeOffset ServerNow => _now;

    public override async ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken)
    {
        if (second is not null && _stores.Count > _farStores.Count)
        {
            var far = await second.OpenAsync("postgresql", connectionString ?? server.ConnectionString, clock, prefix);
            _farStores.Add(far);
            return far;
        }

        var store = new PostgreSqlStore(new PostgreSqlStoreOptions { ConnectionString = connectionString ?? server.ConnectionString, TimeProvider = clock, Prefix = prefix });
        _stores.Add(store);
        return store;
    }

    public override async ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await RunAsync("UPDATE sact_sessions SET fields = '[7]' WHERE prefix = @prefix AND key_part = @key RETURNING 1", session.Key);

    public override async ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await RunAsync($"UPDATE sact_sessions SET format = {SessionRecord.CurrentFormat + 1} WHERE prefix = @prefix AND key_part = @key RETURNING 1", session.Key);

    public override async ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) =>
        await RunAsync("SELECT 1 FROM sact_sessions WHERE prefix = @prefix AND key_part = @key", key);

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

    private async Task<bool> RunAsync(string sql, SessionKey key) => await server.ScalarAsync(sql, ("prefix", key.Prefix), ("key", key.KeyPart)) is 1;
}
