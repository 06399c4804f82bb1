using Microsoft.Extensions.DependencyInjection;
using Sact.Session.StoreContract;

namespace Sact.Session.Stores.Tests.Readme;

#region readme:contract
public sealed class MySubject : StoreContractSubject
{
    public override bool SharesData => true;         // two stores opened with one prefix see the same sessions

    public override ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken) =>
        new(new MyStore(new GenericStoreOptions { TimeProvider = clock, Prefix = prefix }));
}
#endregion

/// <summary>
/// The C# of README.md about the contract suite, so that the compiler reads it. ReadmeTests in Sact.Session.Tests compares the two.
/// </summary>
public static class ReadmeCode
{
    public static void Stores(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder)
    {
        #region readme:stores
        builder.Services.AddSactSession();                                   // memory
        builder.Services.AddSactSession().UseSqlite("Data Source=app.db");   // package Sact.Session.Sqlite
        builder.Services.AddSactSession().UsePostgreSql("Host=…");           // package Sact.Session.PostgreSql, or an NpgsqlDataSource
        builder.Services.AddSactSession().UseRedis("localhost:6379");        // package Sact.Session.Redis, or an IConnectionMultiplexer
        #endregion
    }

    public static async Task Contract()
    {
        #region readme:contract

        foreach (var rule in StoreContractSuite.Cases)
        {
            await using var subject = new MySubject();
            await rule.RunAsync(subject);                // throws with one sentence if the store breaks the rule
        }
        #endregion
    }
}

/// <summary>Stands for a store author's store.</summary>
public sealed class MyStore(GenericStoreOptions options) : GenericStore(options)
{
    private readonly MemoryStore _inner = new(new MemoryStoreOptions { Prefix = options.Prefix, TimeProvider = options.TimeProvider });

    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        _inner.GetAsync(key, cancellationToken);

    public override ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
        _inner.CreateAsync(session, cap, cancellationToken);

    public override ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
        _inner.UpdateAsync(session, change, cancellationToken);

    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        _inner.DeleteAsync(session, cancellationToken);

    public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default) =>
        _inner.GetActiveSessionsAsync(userId, cancellationToken);

    public override ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        _inner.DeleteActiveSessionsAsync(userId, except, cancellationToken);

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => _inner.ClearAsync(cancellationToken);

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        _inner.CountActiveSessionsAsync(cancellationToken);
}

/// <summary>A store with transactions. Everything else is left abstract.</summary>
public abstract class TransactionalStore(GenericStoreOptions options) : RecordStore(options)
{
    #region readme:store
    protected override async ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(cancellationToken);
        var stored = await transaction.ReadAsync(expected.Key) is { } bytes ? StoredRecord.Unpack(expected.Key, bytes) : default;
        if (stored.Record is not { } record || record.Version != expected.Version || !record.IsSameSession(expected))
        {
            return stored;                           // the base class applies the change to this, and tries again
        }

        await transaction.WriteAsync(expected.Key, replacement.Pack());
        await transaction.CommitAsync();
        return null;
    }
    #endregion

    protected abstract ValueTask<ITransaction> BeginAsync(CancellationToken cancellationToken);

    public interface ITransaction : IAsyncDisposable
    {
        ValueTask<byte[]?> ReadAsync(SessionKey key);

        ValueTask WriteAsync(SessionKey key, byte[] packed);

        ValueTask CommitAsync();
    }
}
