namespace Sact.Session.Stores.Tests.BrokenStores;

internal sealed class IgnoresTheLineageOfEnds(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool Delete(SessionRecord session) => base.Delete(Stored(session.Key) ?? session);
}

internal sealed class EndsOnlyWhatHasNotChanged(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool Delete(SessionRecord session) =>
        Stored(session.Key)?.CurrentHash == session.CurrentHash && base.Delete(session);
}

internal sealed class SaysTrueToEveryEnd(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool Delete(SessionRecord session)
    {
        base.Delete(session);
        return true;
    }
}

internal sealed class ListsFromAnIndexItForgets(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private readonly Dictionary<SessionKey, SessionRecord> _index = [];

    protected override void Put(SessionRecord record)
    {
        _index[record.Key] = record;
        base.Put(record);
    }

    protected override List<SessionRecord> List(string userId) =>
        [.. _index.Values.Where(record => record.UserId == userId && IsLive(record))];
}

internal sealed class IgnoresTheException(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except) => base.DeleteActive(userId, null);
}

internal sealed class KeepsAllForAForeignException(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except) =>
        except is { } key && Read(key)?.UserId != userId ? 0 : base.DeleteActive(userId, except);
}

internal sealed class ExceptsByKeyPart(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except) =>
        EndAll(Own().Where(record => record.UserId == userId && record.Key.KeyPart != except?.KeyPart));
}

internal sealed class SparesThePending(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except) =>
        EndAll(Own().Where(record => record.UserId == userId && record.State == SessionState.SignedIn && record.Key != except));
}

internal sealed class HidesThePending(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) =>
        [.. base.List(userId).Where(record => record.State == SessionState.SignedIn)];
}

internal sealed class StopsAfterAHundred(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except) =>
        EndAll(Own().Where(record => record.UserId == userId && record.Key != except).Take(100));
}

internal sealed class EndsAllPrefixes(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteAll() => EndAll(Data.Records.Values);
}

internal sealed class EndsByPatternOfThePrefix(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteAll() =>
        EndAll(Data.Records.Values.Where(record => record.Key.Prefix.StartsWith(Prefix, StringComparison.Ordinal)));
}

internal sealed class SparesTheAnonymous(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteAll() => EndAll(Own().Where(record => record.UserId is not null));
}

internal sealed class ForgetsWhatProvidersEnded(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteAll() => EndAll(Own());
}

internal sealed class KeepsEveryNote(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteAll() => EndAll(Own().Where(record => record.State != SessionState.Note));
}

internal sealed class CountsOnlyUsers(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Count() => Own().LongCount(record => IsLive(record) && record.UserId is not null);
}

internal sealed class FindsForeignPrefixes(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Locked(() => Read(key), cancellationToken);
}

internal sealed class ListsEveryPrefix(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) =>
        [.. Data.Records.Values.Where(record => record.UserId == userId && IsLive(record))];
}

internal sealed class IgnoresCancellation(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        base.DeleteAsync(session, CancellationToken.None);

    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        base.GetAsync(key, CancellationToken.None);
}
