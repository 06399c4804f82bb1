namespace Sact.Session.Stores.Tests.BrokenStores;

/// <summary>Replaces whatever is there: the later of two writers wins alone.</summary>
internal sealed class ReplacesWithoutComparing(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override bool MayReplace(StoredRecord stored, SessionRecord expected) => stored.Record?.IsSameSession(expected) == true;
}

/// <summary>Takes any session that has the caller's version for the caller's.</summary>
internal sealed class ComparesOnlyTheVersion(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override bool MayReplace(StoredRecord stored, SessionRecord expected) => stored.Record?.Version == expected.Version;
}

/// <summary>Takes a larger version for a newer state, although a change has only seen its own.</summary>
internal sealed class ReplacesWhatIsOlder(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override bool MayReplace(StoredRecord stored, SessionRecord expected) =>
        stored.Record is { } record && record.IsSameSession(expected) && record.Version >= expected.Version;
}

/// <summary>Compares columns, and looks into no record that it replaces.</summary>
internal sealed class ReplacesUnseen(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override bool MayReplace(StoredRecord stored, SessionRecord expected) =>
        Data.Records.TryGetValue(expected.Key, out var record) && record.Version == expected.Version && record.IsSameSession(expected);
}

/// <summary>Believes a refusal by the record that the caller holds, however old that is.</summary>
internal sealed class RefusesByTheCallersRecord(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Update(SessionRecord session, SessionChange change) =>
        Stored(session.Key) is not null && session.Apply(change, Now) is { Status: not SessionUpdateStatus.Applied } refusal
            ? refusal
            : base.Update(session, change);
}

/// <summary>A change leaves the version as it was.</summary>
internal sealed class KeepsTheVersion(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        base.Apply(stored, change) is { Status: SessionUpdateStatus.Applied, Record: { } record }
            ? SessionUpdate.Applied(record with { Version = stored.Version })
            : base.Apply(stored, change);
}

/// <summary>Gives every call a new version, whether it changes anything or not.</summary>
internal sealed class CountsEveryCall(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        base.Apply(stored, change) is { Status: SessionUpdateStatus.Applied, Record: { } record }
            ? SessionUpdate.Applied(record with { Version = Math.Max(record.Version, stored.Version + 1) })
            : base.Apply(stored, change);
}

/// <summary>Numbers each record anew when it is stored.</summary>
internal sealed class ForgetsTheVersion(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override void Put(SessionRecord record) => base.Put(record with { Version = 1 });
}

/// <summary>Writes every touch, as if it had no interval.</summary>
internal sealed class WritesRedundantTouches(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        base.Apply(stored, change.Touch is { } touch
            ? change.Without(touch: true, newTouch: new SessionTouch(touch.SeenAt, touch.Client))
            : change);
}

/// <summary>Drops a whole change if its touch is redundant.</summary>
internal sealed class DropsWhatIsBesideARedundantTouch(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        change.Touch is { } touch && stored.Presented && touch.SeenAt - stored.LastSeenAt < touch.Interval
            ? SessionUpdate.Applied(stored)
            : base.Apply(stored, change);
}

/// <summary>Takes the touch of a session that was never presented for redundant, too.</summary>
internal sealed class DropsTheFirstTouch(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        change.Touch is { } touch && touch.SeenAt - stored.LastSeenAt < touch.Interval
            ? base.Apply(stored, change.Without(touch: true))
            : base.Apply(stored, change);
}

/// <summary>A caller that meets another one's write is answered as if its change were in it.</summary>
internal sealed class LosesAJoinedChange(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private readonly Gate _joined = new(2);
    private readonly TaskCompletionSource<SessionUpdate> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _callers;

    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        int caller = Interlocked.Increment(ref _callers);
        if (caller > 2)
        {
            return await base.UpdateAsync(session, change, cancellationToken);
        }

        await _joined.ArriveAsync();
        if (caller == 2)
        {
            return await _written.Task;
        }

        var update = await base.UpdateAsync(session, change, cancellationToken);
        _written.SetResult(update);
        return update;
    }
}

/// <summary>Fails a writer that has lost one race.</summary>
internal sealed class GivesUpAfterALostRace(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private readonly Gate _gate = new(2);

    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        var seen = await Locked(() => Stored(session.Key), cancellationToken);
        await _gate.ArriveAsync();
        return await Locked(
            () => Stored(session.Key)?.Version == seen?.Version
                ? Update(session, change)
                : throw new SessionStoreException("Another writer was faster."),
            cancellationToken);
    }
}
