namespace Sact.Session.Tests;

/// <summary>A store that overrides only what it must. It is empty, and full for every user who has a cap.</summary>
internal sealed class BareStore(GenericStoreOptions options) : RecordStore(options)
{
    /// <summary>The keys that the next addition under a cap ends; null to answer that the user has no room.</summary>
    public IReadOnlyList<SessionKey>? Ended { get; init; }

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => new(0);

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) => new(0);

    protected internal override ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken) => default;

    protected override ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken) =>
        new(Ended is null ? RecordAddition.Full : RecordAddition.Added(Ended));

    protected internal override ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken) => new((StoredRecord?)null);

    protected override ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken) => default;

    protected override ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken) => default;

    protected internal override IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, CancellationToken cancellationToken) => AsyncEnumerable.Empty<KeyValuePair<SessionKey, StoredRecord>>();
}
