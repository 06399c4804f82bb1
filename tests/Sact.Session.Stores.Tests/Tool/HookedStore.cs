namespace Sact.Session.Stores.Tests;

/// <summary>Does something around the steps of a move of a user's session.</summary>
internal sealed class HookedStore(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    public Func<Task>? BeforeAdd { get; init; }

    public Action? AfterAdd { get; init; }

    public Action? AfterRefusal { get; init; }

    public Action? AfterRead { get; init; }

    public Action? AfterEnd { get; init; }

    public Action? AfterClear { get; init; }

    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        long ended = await base.ClearAsync(cancellationToken);
        AfterClear?.Invoke();
        return ended;
    }

    protected override async ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken)
    {
        bool isSession = session.State == SessionState.SignedIn;
        if (isSession && BeforeAdd is { } before)
        {
            await before();
        }

        var added = await base.AddAsync(session, admission, cancellationToken);
        if (isSession)
        {
            (added.IsAdded ? AfterAdd : AfterRefusal)?.Invoke();
        }

        return added;
    }

    protected override async ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var stored = await base.ReadAsync(key, cancellationToken);
        if (stored.Record is { State: SessionState.SignedIn })
        {
            AfterRead?.Invoke();
        }

        return stored;
    }

    protected override async ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken)
    {
        var replaced = await base.MarkEndedAsync(session, marker, cancellationToken);
        if (replaced.Record is { State: SessionState.SignedIn })
        {
            AfterEnd?.Invoke();
        }

        return replaced;
    }
}
