namespace Sact.Session.Stores.Tests.BrokenStores;

internal sealed class UpsertsOnUpdate(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Update(SessionRecord session, SessionChange change)
    {
        if (Read(session.Key) is null)
        {
            Put(session);
        }

        return base.Update(session, change);
    }
}

internal sealed class WritesWholeBlobs(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Update(SessionRecord session, SessionChange change)
    {
        var update = Read(session.Key) is null ? SessionUpdate.Gone : Apply(session, change);
        if (update.Status == SessionUpdateStatus.Applied)
        {
            Put(update.Record!);
        }

        return update;
    }
}

internal sealed class AnswersWithTheOldRecord(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Update(SessionRecord session, SessionChange change)
    {
        var before = Read(session.Key);
        var update = base.Update(session, change);
        return update.Status == SessionUpdateStatus.Applied ? SessionUpdate.Applied(before!) : update;
    }
}

internal sealed class IgnoresConditions(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        base.Apply(stored, change.Without(condition: true));
}

internal sealed class TakesNullForAbsent(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        change.Condition is { Expected: null } condition
            && stored.Fields.TryGetValue(condition.Name, out var value)
            && value.Span.SequenceEqual("null"u8)
            ? base.Apply(stored, change.Without(condition: true))
            : base.Apply(stored, change);
}

internal sealed class LandsFieldsOfAConflict(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Update(SessionRecord session, SessionChange change)
    {
        var update = base.Update(session, change);
        if (update.Status == SessionUpdateStatus.Conflict)
        {
            Put(update.Record!.With(fields: update.Record!.Fields.Merge(change.Set, change.Remove)));
        }

        return update;
    }
}

internal sealed class RemovesAfterItSets(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change)
    {
        var update = base.Apply(stored, change);
        return update.Status == SessionUpdateStatus.Applied
            ? SessionUpdate.Applied(update.Record!.With(fields: update.Record!.Fields.Merge(null, change.Remove)))
            : update;
    }
}

internal sealed class IgnoresTheLimit(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) => base.Apply(stored, change.Without(limit: true));
}

internal sealed class RefusesToShrink(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change)
    {
        var update = base.Apply(stored, change);
        return update.Status == SessionUpdateStatus.Applied && change.ChangesFields && update.Record!.Fields.SizeInBytes > change.MaxBytes
            ? SessionUpdate.TooLarge
            : update;
    }
}

internal sealed class CountsCharactersNotBytes(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change)
    {
        var update = base.Apply(stored, change.Without(limit: true));
        int characters = update.Record?.Fields.Sum(field => field.Key.Length + System.Text.Encoding.UTF8.GetCharCount(field.Value.Span))
            ?? 0;
        return update.Status == SessionUpdateStatus.Applied
            && characters > change.MaxBytes
            && update.Record!.Fields.SizeInBytes > stored.Fields.SizeInBytes
            ? SessionUpdate.TooLarge
            : update;
    }
}

internal sealed class IgnoresTheLineageOfChanges(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Update(SessionRecord session, SessionChange change) =>
        base.Update(Stored(session.Key) ?? session, change);
}
