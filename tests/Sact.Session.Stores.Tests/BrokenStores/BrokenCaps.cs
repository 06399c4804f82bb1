namespace Sact.Session.Stores.Tests.BrokenStores;

internal sealed class CapsOneTooMany(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        base.Choose(new SessionCap(cap.Max + 1, cap.Policy), userId);
}

internal sealed class CapsOthersToo(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        cap.ChooseEnded([.. Own().Where(IsLive)], Now);
}

internal sealed class CapsTheAnonymous(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        if (session.UserId is null && cap?.ChooseEnded([.. Own().Where(record => record.UserId is null)], Now) is { } ended)
        {
            EndAll(ended);
        }

        return base.Create(session, cap);
    }
}

internal sealed class CapsWithoutThePending(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        cap.ChooseEnded([.. List(userId).Where(record => record.State == SessionState.SignedIn)], Now);
}

internal sealed class CapsWithTheDead(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        cap.ChooseEnded([.. Own().Where(record => record.UserId == userId)], Now);
}

internal sealed class EndsInsteadOfRefusing(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) => base.Choose(new SessionCap(cap.Max), userId);
}

internal sealed class CapsTheNewest(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        base.Choose(cap, userId) is { } ended ? [.. List(userId).OrderByDescending(record => record.CreatedAt).Take(ended.Count)] : null;
}

internal sealed class CapsByLastVisitOnly(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        base.Choose(cap, userId) is { } ended
            ? [.. List(userId).OrderBy(record => record.LastSeenAt).ThenBy(
                record => record.Key.KeyPart, StringComparer.Ordinal).Take(ended.Count)]
            : null;
}

internal sealed class CapsThePendingLikeAny(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        cap.ChooseEnded([.. List(userId).Select(record => record.With(state: SessionState.SignedIn))], Now);
}

internal sealed class CapsAtOneEach(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        base.Choose(cap, userId) is { } ended ? [.. ended.Take(1)] : null;
}

internal sealed class BreaksTiesAnyhow(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        base.Choose(cap, userId) is { } ended
            ? [.. List(userId).OrderBy(record => record.LastSeenAt).ThenByDescending(
                record => record.Key.KeyPart, StringComparer.Ordinal).Take(ended.Count)]
            : null;
}

internal sealed class NamesNobodyItEnded(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        var creation = base.Create(session, cap);
        return creation.Status == SessionCreationStatus.Created ? SessionCreation.Created() : creation;
    }
}
