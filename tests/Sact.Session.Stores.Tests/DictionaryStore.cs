using System.Runtime.CompilerServices;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// The contract at its plainest: one dictionary, one lock, no index. It shows that the suite asks for nothing a simple store cannot do, and
/// every broken store is this one with one rule broken.
/// </summary>
internal class DictionaryStore : GenericStore, IExpiredSessionStore
{
    private readonly DateTimeOffset _openedAt;
    private readonly long _openedTimestamp;

    public DictionaryStore(GenericStoreOptions options, DictionaryData data)
        : base(options)
    {
        Data = data;
        _openedAt = Clock.GetUtcNow();
        _openedTimestamp = Clock.GetTimestamp();
    }

    protected DictionaryData Data { get; }

    protected DateTimeOffset Now => Clock.GetUtcNow();

    private bool ClockHasJumped => (_openedAt + Clock.GetElapsedTime(_openedTimestamp) - Now).Duration() > SessionRecord.SkewMargin;

    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        bool owns = Owns(key);
        return Locked(() => owns ? Read(key) : null, cancellationToken);
    }

    public override ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        return Locked(() => Create(session, cap), cancellationToken);
    }

    public override ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
        Locked(() => Owns(session.Key) ? Update(session, change) : SessionUpdate.Gone, cancellationToken);

    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        Locked(() => Owns(session.Key) && Delete(session), cancellationToken);

    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        foreach (var session in await Locked(() => List(userId), cancellationToken))
        {
            yield return session;
        }
    }

    public override ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadEnding(userId, except);
        return Locked(() => DeleteActive(userId, except), cancellationToken);
    }

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => Locked(DeleteAll, cancellationToken);

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        Locked(Count, cancellationToken);

    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return Locked(() => Sweep(batch), cancellationToken);
    }

    // What a broken store overrides: one verb, called under the lock.
    protected virtual bool IsLive(SessionRecord record) => record.IsLive(Now);

    protected virtual SessionRecord? Read(SessionKey key) => Stored(key) is { } record && IsLive(record) ? record : null;

    protected virtual SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        if (Read(session.Key) is { } standing)
        {
            return standing.IsSameCreation(session) ? SessionCreation.Created() : SessionCreation.Exists;
        }

        var ended = cap is null || session.UserId is not { } userId ? [] : Choose(cap, userId);
        if (ended is null)
        {
            return SessionCreation.CapReached;
        }

        foreach (var record in ended)
        {
            Data.Records.Remove(record.Key);
        }

        Put(session);
        return SessionCreation.Created([.. ended.Select(record => record.Key)]);
    }

    protected virtual IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        cap.ChooseEnded([.. Own().Where(record => record.UserId == userId && IsLive(record) && !IsNewer(record))], Newer(userId), Now);

    protected virtual void Put(SessionRecord record) => Data.Records[record.Key] = record;

    protected virtual SessionUpdate Update(SessionRecord session, SessionChange change)
    {
        if (Stored(session.Key) is not { } stored || !stored.IsSameSession(session))
        {
            return SessionUpdate.Gone;
        }

        var update = Apply(stored, change);
        if (update.Status == SessionUpdateStatus.Applied)
        {
            Put(update.Record!);
        }

        return update;
    }

    protected virtual SessionUpdate Apply(SessionRecord stored, SessionChange change) => stored.Apply(change, Now);

    protected virtual bool Delete(SessionRecord session) =>
        Readable(session.Key) is { } stored && stored.IsSameSession(session) && End(stored);

    protected virtual List<SessionRecord> List(string userId) =>
        [.. Own().Where(record => record.UserId == userId && IsLive(record)).Select(Known)];

    protected virtual long DeleteActive(string userId, SessionKey? except) =>
        EndAll(Own().Where(record => record.UserId == userId && record.Key != except));

    protected virtual long DeleteAll() =>
        Own().Where(record => record is not { State: SessionState.Note, UserId: null }).ToList()
            .LongCount(record => End(record) && record.State != SessionState.Note);

    protected virtual long Count() => Own().LongCount(record => IsLive(record) && record.State != SessionState.Note);

    protected virtual long Sweep(int batch)
    {
        if (ClockHasJumped)
        {
            return 0;
        }

        var dead = Own().Where(record => record.MayBeDestroyed(Now)).Take(batch).ToList();
        EndAll(dead);
        return dead.Count;
    }

    protected virtual SessionRecord? Stored(SessionKey key)
    {
        var record = Readable(key);
        return record is null ? null : Known(record);
    }

    /// <summary>The record under a key, of whatever format; null for garbage.</summary>
    protected SessionRecord? Readable(SessionKey key) => Data.Garbage.Contains(key) ? null : Data.Records.GetValueOrDefault(key);

    protected static bool IsNewer(SessionRecord record) => record.Format > SessionRecord.CurrentFormat;

    protected int Newer(string userId) => Own().Count(record => record.UserId == userId && IsLive(record) && IsNewer(record));

    private static SessionRecord Known(SessionRecord record)
    {
        ThrowIfNewerFormat(record.Format);
        return record;
    }

    protected bool End(SessionRecord record)
    {
        Data.Records.Remove(record.Key);
        return IsLive(record);
    }

    protected long EndAll(IEnumerable<SessionRecord> records) => records.ToList().LongCount(End);

    /// <summary>The readable records of this prefix, those of a newer format among them.</summary>
    protected IEnumerable<SessionRecord> Own() =>
        Data.Records.Values.Where(record => record.Key.Prefix == Prefix && !Data.Garbage.Contains(record.Key));

    protected ValueTask<T> Locked<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        lock (Data.Lock)
        {
            return new(work());
        }
    }
}
