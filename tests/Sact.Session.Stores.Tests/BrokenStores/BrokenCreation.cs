namespace Sact.Session.Stores.Tests.BrokenStores;

internal sealed class OverwritesOnCreate(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        Put(session);
        return SessionCreation.Created();
    }
}

internal sealed class RefusesARetry(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap) =>
        Read(session.Key) is null ? base.Create(session, cap) : SessionCreation.Exists;
}

internal sealed class OverwritesOnRetry(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        if (Read(session.Key)?.IsSameCreation(session) == true)
        {
            Put(session);
        }

        return base.Create(session, cap);
    }
}

internal sealed class TakesAnyRecordForARetry(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap) =>
        Read(session.Key) is null ? base.Create(session, cap) : SessionCreation.Created();
}

internal sealed class CapsBeforeItLooks(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        if (cap is not null && session.UserId is { } userId && Choose(cap, userId) is { } ended)
        {
            EndAll(ended);
        }

        return base.Create(session, cap);
    }
}

internal sealed class HoldsTheKeysOfTheDead(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap) =>
        Stored(session.Key) is { } stored && !stored.IsSameSession(session) ? SessionCreation.Exists : base.Create(session, cap);
}

internal sealed class ClearsTheKeyBeforeTheCap(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        if (Stored(session.Key) is { } stored && !IsLive(stored))
        {
            End(stored);
        }

        return base.Create(session, cap);
    }
}

internal sealed class TakesForeignPrefixes(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    public override ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
        Locked(() => Create(session, cap), cancellationToken);
}
