using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Sact.Session.SecondProcess;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>
/// The database of a context. Each case has another prefix. With a second process every other store is opened there.
/// </summary>
internal sealed class EntityFrameworkSubject(EntityFrameworkFixture fixture, SecondProcess? second = null) : StoreContractSubject
{
    private readonly ConcurrentBag<EntityFrameworkStore<ShopContext>> _stores = [];
    private readonly ConcurrentBag<FarStore> _farStores = [];
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(
        TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    public override bool SharesData => true;

    public override DateTimeOffset ServerNow => _now;

    public override async ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken)
    {
        if (second is not null && _stores.Count > _farStores.Count)
        {
            var far = await second.OpenAsync(fixture.Kind, fixture.ConnectionString, clock, prefix);
            _farStores.Add(far);
            return far;
        }

        var store = fixture.Database.Open(new EntityFrameworkStoreOptions { TimeProvider = clock, Prefix = prefix });
        _stores.Add(store);
        return store;
    }

    public override async ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await PlantAsync(session.Key, [7], cancellationToken);

    public override async ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await PlantAsync(session.Key, (session with { Format = SessionRecord.CurrentFormat + 1 }).Pack(), cancellationToken);

    public override async ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken)
    {
        await using var context = fixture.Database.CreateContext();
        return await RowsOf(context, key).AnyAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var far in _farStores)
        {
            await far.CloseAsync();
        }

        foreach (var store in _stores)
        {
            await store.ClearAsync();
        }

        await base.DisposeAsync();
    }

    private static IQueryable<SessionRow> RowsOf(ShopContext context, SessionKey key) =>
        context.Set<SessionRow>().Where(row => row.Prefix == key.Prefix && row.KeyPart == key.KeyPart);

    private async Task<bool> PlantAsync(SessionKey key, byte[] record, CancellationToken cancellationToken)
    {
        await using var context = fixture.Database.CreateContext();
        return await RowsOf(context, key).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Record, record), cancellationToken) == 1;
    }
}
