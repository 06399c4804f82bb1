using System.Runtime.CompilerServices;

namespace Sact.Session.Stores;

/// <summary>
/// The base class of a store that keeps whole records as bytes. It has every rule; the derived class only reads, adds, compares, replaces
/// and removes (<see cref="SessionRecord.Pack"/>, <see cref="StoredRecord.Unpack"/>).
/// </summary>
/// <remarks>
/// <para>
/// A change is applied to the record that the caller holds, and replaces the stored one if that still has the caller's version. After a
/// lost race it is applied to what the store answered. A refusal is believed only of a record that was read after the call began.
/// </para>
/// <para>Concurrent changes of one session in this process join: one write is in flight, and the next carries all that wait.</para>
/// </remarks>
public abstract class RecordStore : GenericStore, IEndedSessionStore, ISessionBatchStore
{
    // Parallel sign-ins of one user at a full cap invalidate each other's choice, but one of them always succeeds.
    private const int MostAdditions = 256;

    private const int ReadsAtOnce = 16;

    private readonly RecordChanges _changes;

    /// <inheritdoc/>
    protected RecordStore(GenericStoreOptions options)
        : base(options) => _changes = new RecordChanges(this);

    /// <summary>
    /// After how many lost races a change is made by <see cref="RewriteAsync"/>; default never, for a store that has no lock for a record.
    /// </summary>
    protected internal virtual int RacesBeforeRewrite => int.MaxValue;

    internal DateTimeOffset Now => Clock.GetUtcNow();

    /// <inheritdoc/>
    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        (await FindAsync(key, cancellationToken).ConfigureAwait(false)).Record;

    /// <inheritdoc/>
    public async ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        if (!Owns(key))
        {
            return default;
        }

        return LookUp(key, await ReadAsync(key, cancellationToken).ConfigureAwait(false), Now);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        SessionKey[] owned = [.. keys.Where(Owns).Distinct()];
        var found = owned.Length == 0
            ? new Dictionary<SessionKey, StoredRecord>()
            : await ReadManyAsync(owned, cancellationToken).ConfigureAwait(false);
        var now = Now;
        return [.. keys.Select(key =>
            found.TryGetValue(key, out var stored) && !stored.Header.IsNewer ? LookUp(key, stored, now) : default)];
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        cap = session.UserId is null ? null : cap;
        var admission = new RecordAdmission(Now, cap?.Max ?? 0, [], []);
        for (int attempt = 0; attempt < MostAdditions; attempt++)
        {
            var answer = await AddAsync(session, admission, cancellationToken).ConfigureAwait(false);
            if (answer.IsAdded)
            {
                foreach (var ended in answer.Ended)
                {
                    ReportEnded(ended);
                }

                return SessionCreation.Created(answer.Ended);
            }

            if (answer.Occupant.Exists)
            {
                return LiveOf(session.Key, answer.Occupant, Now)?.IsSameCreation(session) == true
                    ? SessionCreation.Created()
                    : SessionCreation.Exists;
            }

            if (await SessionCapChoice.ChooseAsync(this, session, cap!, cancellationToken).ConfigureAwait(false) is not { } chosen)
            {
                return SessionCreation.CapReached;
            }

            admission = chosen;
        }

        throw new SessionStoreException(
            "Too many sign-ins of one user ran at the same time, and each changed what the others had to end. Try again.");
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ThrowIfBadChange(change);
        cancellationToken.ThrowIfCancellationRequested();
        if (!Owns(session.Key))
        {
            return SessionUpdate.Gone;
        }

        var outcome = await _changes.ApplyAsync(session, change, cancellationToken).ConfigureAwait(false);
        if (outcome is { Status: SessionUpdateStatus.Applied, Record: { } changed })
        {
            Endings.ReportIfReplaced(session, changed);
        }

        return outcome;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        EndAsync(session, SessionEndReason.SignedOut, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> EndAsync(
        SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (!Owns(session.Key))
        {
            return false;
        }

        var marker = EndedMarker.Of(session, reason, Now);
        try
        {
            return (await MarkEndedAsync(session, marker, cancellationToken).ConfigureAwait(false)).IsLive(Now);
        }
        finally
        {
            // After a failure too: its outcome may be unknown.
            ReportEnded(session.Key);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        EndActiveSessionsAsync(userId, except, SessionEndReason.SignedOutElsewhere, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        ThrowIfBadEnding(userId, except);
        var now = Now;
        var markers = new List<EndedMarker>();
        await foreach (var (key, stored) in ReadUserAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            if (key != except && IsOf(stored, userId))
            {
                markers.Add(EndedMarker.Of(key, stored, reason, now));
            }
        }

        try
        {
            return await MarkUserEndedAsync(userId, markers, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            markers.ForEach(marker => ReportEnded(marker.Key));
        }
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        await foreach (var (key, stored) in ReadUserAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IsOf(stored, userId) && LiveOf(key, stored, Now) is { } record)
            {
                yield return record;
            }
        }
    }

    /// <summary>Reads what is under a key, in one round trip.</summary>
    /// <param name="key">A key of this store's prefix.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>What is there, expired or not.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    protected internal abstract ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken);

    /// <summary>Reads what is under many keys, in one round trip; default 16 reads at a time.</summary>
    /// <param name="keys">Different keys of this store's prefix, at least one.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>What is there, expired or not. A key under which there is nothing may be missing.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    protected virtual async ValueTask<IReadOnlyDictionary<SessionKey, StoredRecord>> ReadManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var found = new Dictionary<SessionKey, StoredRecord>(keys.Count);
        foreach (var some in keys.Chunk(ReadsAtOnce))
        {
            var read = await Task.WhenAll(some.Select(key => ReadAsync(key, cancellationToken).AsTask())).ConfigureAwait(false);
            for (int i = 0; i < some.Length; i++)
            {
                found[some[i]] = read[i];
            }
        }

        return found;
    }

    /// <summary>
    /// Adds a record together with its user's index entry, in one atomic step. It replaces an expired record under the key.
    /// </summary>
    /// <param name="session">The new record, of this store's prefix.</param>
    /// <param name="admission">How many sessions its user may have, and which ones may end.</param>
    /// <param name="cancellationToken">Checked before the write begins.</param>
    /// <returns>Added, occupied or full.</returns>
    /// <exception cref="SessionStoreException">The store does not answer or is full.</exception>
    protected abstract ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken);

    /// <summary>Replaces a record if it still has the expected version and lineage, in one round trip.</summary>
    /// <param name="expected">The record that the store must still have.</param>
    /// <param name="replacement">The record that takes its place.</param>
    /// <param name="cancellationToken">
    /// Checked before the write begins. An <see cref="OperationCanceledException"/> means that nothing was written.
    /// </param>
    /// <returns>Null if it was replaced; otherwise what is under the key instead.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    protected internal abstract ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a record while nobody else can. The base class calls it where <see cref="RacesBeforeRewrite"/> says so.
    /// </summary>
    /// <param name="key">A key of this store's prefix.</param>
    /// <param name="rewrite">Makes the new record of what is stored; null for no change.</param>
    /// <param name="cancellationToken">
    /// Checked before the write begins. An <see cref="OperationCanceledException"/> means that nothing was written.
    /// </param>
    /// <returns>A task.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    protected internal virtual ValueTask RewriteAsync(
        SessionKey key, Func<StoredRecord, SessionRecord?> rewrite, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This store has no lock for a record. Override RewriteAsync together with RacesBeforeRewrite.");

    /// <summary>How long to wait before the next attempt after some lost races; default not at all.</summary>
    /// <param name="lostRaces">How many races this change has lost, at least 1.</param>
    /// <returns>The pause.</returns>
    protected internal virtual TimeSpan PauseAfter(int lostRaces) => TimeSpan.Zero;

    /// <summary>
    /// Tells whether a read can show that a write of unknown outcome has happened; default yes. A store that waits for replicas must not
    /// take the master's word for it.
    /// </summary>
    /// <param name="exception">The fault of the write.</param>
    /// <returns>True if a read settles it.</returns>
    protected internal virtual bool IsSettledByRead(SessionStoreException exception) => true;

    /// <summary>
    /// Puts a marker in place of a record of any format that has the session's lineage, and removes its index entry, in one atomic step.
    /// A marker that is already there stays (<see cref="StoredRecord.IsEnded"/>).
    /// </summary>
    /// <param name="session">The record as the caller last saw it. Only its identity and its user matter.</param>
    /// <param name="marker">What takes its place. A store may destroy it after <see cref="EndedMarker.Lifetime"/>.</param>
    /// <param name="cancellationToken">Checked before the write begins.</param>
    /// <returns>What the marker replaced; nothing if there was no record of this lineage.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    protected abstract ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken);

    /// <summary>
    /// Puts markers in place of the records of a user, as <see cref="MarkEndedAsync"/> does. Whose record it is decides here, and not the
    /// lineage.
    /// </summary>
    /// <param name="userId">The user id.</param>
    /// <param name="markers">The markers of the user's sessions, as <see cref="ReadUserAsync"/> found them; maybe none.</param>
    /// <param name="cancellationToken">Checked before the first write begins.</param>
    /// <returns>How many live sessions the markers replaced.</returns>
    /// <exception cref="SessionStoreException">The store does not answer. Some sessions may have ended.</exception>
    protected abstract ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken);

    /// <summary>Reads the records of a user, expired ones included, as the index names them.</summary>
    /// <remarks>
    /// A store without an index compares <see cref="RecordHeader.UserId"/>. It leaves out bytes that are no record, since nobody knows
    /// whose they are.
    /// </remarks>
    /// <param name="userId">The user id.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The keys and what is under them.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    protected internal abstract IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, CancellationToken cancellationToken);

    /// <summary>The next part of a store's walk over all records of its prefix.</summary>
    /// <param name="query">The query. A store may use its conditions to walk over fewer records.</param>
    /// <param name="after">Where the last part ended, in the store's format; null to begin.</param>
    /// <param name="most">About how many records to look at.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    /// <returns>What the store met.</returns>
    protected internal delegate ValueTask<ScannedRecords> RecordScan(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken);

    /// <summary>
    /// Finds one page of sessions, for a store that is an <see cref="ISessionQueryStore"/>. It applies the conditions, and looks at a
    /// bounded number of records.
    /// </summary>
    /// <param name="query">The query.</param>
    /// <param name="scan">The store's walk. A query for a user does not need it.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The page.</returns>
    /// <exception cref="ArgumentException">The query breaks a rule, or its cursor is of another query.</exception>
    protected ValueTask<SessionPage> QueryAsync(SessionQuery query, RecordScan scan, CancellationToken cancellationToken) =>
        new RecordQuery(this, Clock).RunAsync(query, scan, cancellationToken);

    internal void ReportUnreadable(SessionKey key, FormatException error) => LogUnreadable(key.ToString(), error);

    private SessionLookup LookUp(SessionKey key, StoredRecord stored, DateTimeOffset now) =>
        LiveOf(key, stored, now) is { } live ? new(live)
        : stored.Record is { } expired ? new(EndedMarker.Of(expired, SessionEndReason.Expired, expired.ExpiresAt))
        : stored.Ended is { } ended && ended.IsVisible(now) ? new(ended)
        : default;

    internal static bool IsOf(StoredRecord stored, string userId) =>
        stored.Error is not null || string.Equals(stored.Header.UserId, userId, StringComparison.Ordinal);

    /// <summary>The live record that was found, if it is of this session.</summary>
    /// <exception cref="SessionStoreException">It is of a newer format.</exception>
    internal SessionRecord? LiveOf(SessionRecord session, StoredRecord stored) =>
        stored.Error is null && stored.Header.LineageHash != session.LineageHash ? null : LiveOf(session.Key, stored, Now);

    /// <summary>The live record that was found under a key.</summary>
    /// <exception cref="SessionStoreException">It is of a newer format.</exception>
    private SessionRecord? LiveOf(SessionKey key, StoredRecord stored, DateTimeOffset now)
    {
        if (stored.Error is { } error)
        {
            LogUnreadable(key.ToString(), error);
            return null;
        }

        if (!stored.IsLive(now))
        {
            return null;
        }

        ThrowIfNewerFormat(stored.Header.Format);
        return stored.Record;
    }
}
