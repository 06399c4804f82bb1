using Sact.Session.Stores.Tests.Sqlite;

namespace Sact.Session.Stores.Tests;

/// <summary>The whole suite over two stores as one: sessions that begin in the new store, and sessions that began in the old one.</summary>
public abstract class MigratingContractCases
{
    /// <summary>Without queries, which each of the two stores answers.</summary>
    public static IEnumerable<TheoryDataRow<string>> Cases => ContractRows.WithoutQueries;

    /// <summary>Without two that count what a cleanup destroys: it also destroys the markers of moved sessions in the old store.</summary>
    public static IEnumerable<TheoryDataRow<string>> CasesOfOldSessions =>
        Cases.Where(row => row.Data is not ("Sweep.SparesTheLiving" or "Sweep.NeverTakesWhatIsTouched"));

    private protected abstract Task<MigratingSubject> NewSubjectAsync();

    private protected static MigratingSubject OfDictionaries(bool beganInOld)
    {
        static DictionarySubject New() => new((options, data) => new RecordDictionaryStore(options, data));
        return new MigratingSubject(New(), New(), beganInOld);
    }

    private protected async Task HoldsAsync(string @case)
    {
        await using var subject = await NewSubjectAsync();
        await ContractRows.Named(@case).RunAsync(subject, TestContext.Current.CancellationToken);
    }
}

/// <summary>Sessions that begin in the new store, while the old one is empty.</summary>
public sealed class MigratingContract : MigratingContractCases
{
    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(Cases))]
    public Task Holds(string @case) => HoldsAsync(@case);

    private protected override Task<MigratingSubject> NewSubjectAsync() => Task.FromResult(OfDictionaries(beganInOld: false));
}

/// <summary>Sessions that began in the old store.</summary>
public sealed class MigratingOldSessionsContract : MigratingContractCases
{
    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(CasesOfOldSessions))]
    public Task Holds(string @case) => HoldsAsync(@case);

    [Theory]
    [InlineData(71, 1000)]
    [InlineData(72, 1000)]
    public async Task RandomCommandsAgreeWithTheModel(ulong seed, int commands)
    {
        await using var subject = await NewSubjectAsync();
        await StoreContractModel.RunAsync(subject, seed, commands, TestContext.Current.CancellationToken);
    }

    private protected override Task<MigratingSubject> NewSubjectAsync() => Task.FromResult(OfDictionaries(beganInOld: true));
}

/// <summary>
/// Sessions that began in SQLite, and move to PostgreSQL. Without SACT_LARGE=1 only the cases in which the two must agree on markers and
/// versions.
/// </summary>
public sealed class MigratingSqliteToPostgreSqlContract(SharedPostgres postgres) : MigratingContractCases
{
    private static readonly string[] s_usual = ["Creation.", "Ending.", "EndingMany.", "Marker.", "Renewal."];

    public static IEnumerable<TheoryDataRow<string>> CasesOfServers => Environment.GetEnvironmentVariable("SACT_LARGE") == "1"
        ? CasesOfOldSessions
        : CasesOfOldSessions.Where(row => s_usual.Any(kind => row.Data.StartsWith(kind, StringComparison.Ordinal)));

    [Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]
    [MemberData(nameof(CasesOfServers))]
    public Task Holds(string @case) => HoldsAsync(@case);

    private protected override async Task<MigratingSubject> NewSubjectAsync() => new(
        new SqliteSubject(inMemory: false), new PostgreSqlSubject(await postgres.GetAsync()), beganInOld: true);
}

/// <summary>Two subjects as one.</summary>
/// <param name="from">The old store.</param>
/// <param name="to">The new store.</param>
/// <param name="beganInOld">Whether sessions began in the old store.</param>
internal sealed class MigratingSubject(StoreContractSubject from, StoreContractSubject to, bool beganInOld) : StoreContractSubject
{
    public override bool SharesData => true;

    public override bool ClearLeavesMarkers => true;

    public override DateTimeOffset ServerNow => to.ServerNow;

    public override async ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken)
    {
        var old = (RecordStore)await from.OpenAsync(clock, prefix, cancellationToken);
        var store = new MigratingStore(old, (RecordStore)await to.OpenAsync(clock, prefix, cancellationToken));
        return beganInOld ? new BeganInOldStore(store, old, clock) : store;
    }

    public override async ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await (await PlaceAsync(session)).PlantGarbageAsync(session, cancellationToken);

    public override async ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) =>
        await (await PlaceAsync(session)).PlantNewerFormatAsync(session, cancellationToken);

    public override async ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) =>
        await to.ExistsPhysicallyAsync(key, cancellationToken) | await from.ExistsPhysicallyAsync(key, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await from.DisposeAsync();
        await to.DisposeAsync();
        await base.DisposeAsync();
    }

    private async ValueTask<StoreContractSubject> PlaceAsync(SessionRecord session) =>
        await to.ExistsPhysicallyAsync(session.Key, CancellationToken.None) == true ? to : from;
}

/// <summary>Puts new sessions into the old store, as they were before the application knew the new one.</summary>
internal sealed class BeganInOldStore(MigratingStore inner, RecordStore old, TimeProvider clock)
    : GenericStore(new GenericStoreOptions { Prefix = inner.Prefix, TimeProvider = clock }),
        IEndedSessionStore, ISessionBatchStore, IExpiredSessionStore
{
    private static readonly SemaphoreSlim s_creating = new(1, 1);

    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        if (cap is not null && session.UserId is not null)
        {
            return await inner.CreateAsync(session, cap, cancellationToken);
        }

        // No key begins in the old store after it was used in the new one.
        await s_creating.WaitAsync(cancellationToken);
        try
        {
            var found = await inner.FindAsync(session.Key, cancellationToken);
            return found.Record is null && found.Ended is null
                ? await old.CreateAsync(session, null, cancellationToken)
                : await inner.CreateAsync(session, null, cancellationToken);
        }
        finally
        {
            s_creating.Release();
        }
    }

    public override string CreateSessionId(string? userId = null) => inner.CreateSessionId(userId);

    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        inner.GetAsync(key, cancellationToken);

    public ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        inner.FindAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken = default) => inner.FindManyAsync(keys, cancellationToken);

    public override ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
        inner.UpdateAsync(session, change, cancellationToken);

    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        inner.DeleteAsync(session, cancellationToken);

    public ValueTask<bool> EndAsync(SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default) =>
        inner.EndAsync(session, reason, cancellationToken);

    public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, CancellationToken cancellationToken = default) => inner.GetActiveSessionsAsync(userId, cancellationToken);

    public override ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        inner.DeleteActiveSessionsAsync(userId, except, cancellationToken);

    public ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken = default) =>
        inner.EndActiveSessionsAsync(userId, except, reason, cancellationToken);

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => inner.ClearAsync(cancellationToken);

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        inner.CountActiveSessionsAsync(cancellationToken);

    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default) =>
        inner.DeleteExpiredAsync(batch, cancellationToken);
}
