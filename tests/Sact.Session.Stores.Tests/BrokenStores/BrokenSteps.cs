namespace Sact.Session.Stores.Tests.BrokenStores;

/// <summary>Applies a change and then spoils the record that comes of it.</summary>
internal abstract class SpoilsTheResult(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change)
    {
        var update = base.Apply(stored, change);
        return update.Status == SessionUpdateStatus.Applied ? SessionUpdate.Applied(Spoil(stored, change, update.Record!)) : update;
    }

    protected abstract SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result);
}

internal sealed class TouchesBackwards(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        change.Touch is { } touch ? result.With(lastSeenAt: touch.SeenAt) : result;
}

internal sealed class TouchesPastTheDeadline(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        change.Touch is { } touch && touch.SeenAt > result.CreatedAt
        ? result.With(createdAt: touch.SeenAt)
        : result;
}

internal sealed class ForgetsThePresentation(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        result.With(presented: stored.Presented);
}

internal sealed class ForgetsClients(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        result.With(withoutClients: true);
}

internal sealed class IgnoresWhatARenewalSaw(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        change.Renewal is { Kind: not SessionRenewalKind.Promote } renewal
        ? base.Apply(stored, new SessionChange
        {
            Set = change.Set,
            Remove = change.Remove,
            Touch = change.Touch,
            Condition = change.Condition,
            Raise = change.Raise,
            MaxBytes = change.MaxBytes,
            Generation = change.Generation,
            Renewal = renewal.Kind == SessionRenewalKind.Propose
                ? SessionRenewal.Propose(renewal.Hash, renewal.At, stored)
                : SessionRenewal.Replace(renewal.Hash, renewal.At, stored),
        })
        : base.Apply(stored, change);
}

internal sealed class IgnoresTheGeneration(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) => base.Apply(stored, new SessionChange
    {
        Set = change.Set,
        Remove = change.Remove,
        Touch = change.Touch,
        Condition = change.Condition,
        Raise = change.Raise,
        MaxBytes = change.MaxBytes,
        Renewal = change.Renewal,
    });
}

internal sealed class PromotesTwice(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        change.Renewal is { Kind: SessionRenewalKind.Promote } renewal && renewal.Hash == stored.CurrentHash
            ? SessionUpdate.Applied(stored)
            : base.Apply(stored, change);
}

internal sealed class ForgetsThePrevious(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        result.With(withoutPrevious: true);
}

internal sealed class KeepsTheGeneration(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) => result.With(generation: 0);
}

internal sealed class RenewsTheDeadline(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        change.Renewal is null ? result : result.With(lastSeenAt: Now);
}

internal sealed class LowersLevels(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionUpdate Apply(SessionRecord stored, SessionChange change) =>
        base.Apply(
            change.Raise is { } raise && stored.IsLive(Now) ? stored.With(level: Math.Min(stored.AssuranceLevel, raise.Level)) : stored,
            change);
}

internal sealed class LeavesThemPending(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        result.With(state: stored.State);
}

internal sealed class IgnoresNewLimits(GenericStoreOptions options, DictionaryData data) : SpoilsTheResult(options, data)
{
    protected override SessionRecord Spoil(SessionRecord stored, SessionChange change, SessionRecord result) =>
        result.With(lifetimes: stored.Lifetimes);
}
