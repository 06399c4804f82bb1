namespace Sact.Session.Stores.Tests.BrokenStores;

internal sealed class ReadsTheExpired(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Read(SessionKey key) => Stored(key);
}

internal sealed class ExpiresOneMillisecondLate(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool IsLive(SessionRecord record) => Now <= record.ExpiresAt;
}

internal sealed class ChangesTheExpired(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) => stored.Apply(change, stored.LastSeenAt);
}

internal sealed class ForgetsTheFirstUseTimeout(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool IsLive(SessionRecord record) => record.With(presented: true).IsLive(Now);
}

internal sealed class DeletesTheExpiredOnRead(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Read(SessionKey key)
    {
        if (Stored(key) is { } record && !IsLive(record))
        {
            End(record);
        }

        return base.Read(key);
    }
}

internal sealed class PrunesTheExpiredOnCreate(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        EndAll(Own().Where(record => record.UserId == session.UserId && !IsLive(record)));
        return base.Create(session, cap);
    }
}

internal sealed class ListsTheExpired(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) => [.. Own().Where(record => record.UserId == userId)];
}

internal sealed class CountsTheExpired(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Count() => Own().LongCount();
}

internal sealed class LeavesTheExpiredWhenItEnds(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool Delete(SessionRecord session) => Read(session.Key) is not null && base.Delete(session);

    protected override long DeleteActive(string userId, SessionKey? except) => EndAll(List(userId).Where(record => record.Key != except));
}

internal sealed class CountsTheExpiredItEnds(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool Delete(SessionRecord session) =>
        Stored(session.Key)?.IsSameSession(session) == true && Data.Records.Remove(session.Key);
}

internal sealed class SweepsAtTheDeadline(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Sweep(int batch)
    {
        var dead = Own().Where(record => !IsLive(record)).Take(batch).ToList();
        EndAll(dead);
        return dead.Count;
    }
}

internal sealed class BelievesAnyClock(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Sweep(int batch)
    {
        var dead = Own().Where(record => record.MayBeDestroyed(Now)).Take(batch).ToList();
        EndAll(dead);
        return dead.Count;
    }
}

internal sealed class SweepsByTheFirstDeadline(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Sweep(int batch)
    {
        var dead = Own().Where(record => record.With(lastSeenAt: record.CreatedAt).MayBeDestroyed(Now)).Take(batch).ToList();
        EndAll(dead);
        return dead.Count;
    }
}

internal sealed class SweepsWithoutEnd(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Sweep(int batch) => base.Sweep(int.MaxValue);
}

/// <summary>Takes the header that garbage does not have for one that expired in 1970.</summary>
internal sealed class SweepsWhatItCannotRead(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Sweep(int batch)
    {
        long destroyed = Data.Garbage.Where(key => key.Prefix == Prefix).Take(batch).LongCount(Data.Records.Remove);
        return destroyed + base.Sweep(batch - (int)destroyed);
    }
}

internal sealed class NeverSweeps(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Sweep(int batch) => 0;
}
