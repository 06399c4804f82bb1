using System.Diagnostics;

namespace Sact.Session;

/// <summary>
/// Two stores as one, while an application moves from one to the other without signing anybody out. New sessions begin in the new store. A
/// session of the old store is read there, and moves with its first change. <c>sact-session copy</c> moves the rest.
/// </summary>
/// <remarks>
/// <para>
/// Every node of the application must use it, before the first session moves: stop the nodes that know only the old store first. A node
/// that knows only the new store may run beside it once the old one has no session left.
/// </para>
/// <para>
/// <b>The truth.</b> What the new store has under a key, a record or a marker, is the truth. Only where it has nothing, the old store is.
/// So a read looks into the new store, then the old one, then the new one again, because the session may have moved in between.
/// </para>
/// <para>
/// <b>A move</b> has four steps. 1: read the record in the old store. 2: create it in the new store, its aliases first; a creation never
/// overwrites. 3: put a marker that nobody sees into the place of the old record. 4: if step 3 found no live record, look why: if somebody
/// else has moved the session, it lives; if it has ended, end it in the new store too. A copy that leaves the old record has no step 3.
/// </para>
/// <para>
/// <b>An end</b> (a sign-out, a revocation, a replayed id) writes its marker into the old store first, then into the new one, even if the
/// session was never there. The old marker stops moves that have yet to read. The new one refuses the creation of a move that has read
/// before.
/// </para>
/// <para>
/// <b>A change</b> (fields, a touch, a renewal) is made in the new store; a session that is not there moves first. So the old record never
/// changes, and a move carries no outdated record over a newer one. <b>A sign-in</b> under a cap first moves the other sessions of its
/// user, because the cap counts in the new store.
/// </para>
/// <para>
/// <b>A session that cannot move</b> stays in the old store, and takes a place under the cap: the new store refuses it, or has an older
/// state of it. It is served. Each change of it is a <see cref="SessionStoreException"/> that says why.
/// </para>
/// <para>
/// <b>The end of all</b> notes what is live in the old store, clears both stores, and leaves markers in the new one for what it noted.
/// An old store that is no <see cref="ISessionQueryStore"/> cannot say what is live: a move that is killed meanwhile may leave its session.
/// </para>
/// <para>
/// <b>A process that is killed</b> during a move loses nothing. After step 1: nothing has happened. After step 2: both stores have the
/// session, the new one is the truth, and an end reaches both; the next move completes it. After step 3 the move is complete. An end that
/// is killed between its two markers was not acknowledged; its repetition completes it, and so does a move that is under way.
/// </para>
/// <para>
/// <b>The limit</b> is <see cref="EndedMarker.Lifetime"/>: a marker refuses a late creation for ten minutes. A move gives up after five
/// minutes without a write. One whose write itself takes longer than the marker lives ends the session in step 4.
/// </para>
/// <para>
/// The store does not query: <c>sact-session</c> and the administration of each store do. A session that both stores have counts twice in
/// <see cref="CountActiveSessionsAsync"/> and <see cref="ClearAsync"/>. Hints about ends come from the new store.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// builder.Services.AddSactSession().UseStore(services => new MigratingStore(oldStore, newStore));
/// </code>
/// </example>
[DebuggerDisplay("MigratingStore {Prefix}")]
public sealed class MigratingStore : GenericStore, IEndedSessionStore, ISessionBatchStore, IExpiredSessionStore, ISessionEndSource,
    IDescribedStore, IStoreHealthSource, IDisposable, IAsyncDisposable
{
    private readonly RecordStore _from;
    private readonly RecordStore _to;
    private readonly SessionMove _move;
    private readonly MigratingReads _reads;
    private readonly MigratingEnds _ends;

    /// <summary>Joins two stores. It disposes of both.</summary>
    /// <param name="from">The old store.</param>
    /// <param name="to">The new store, with the same prefix and the same routing key.</param>
    /// <exception cref="ArgumentException">The stores are the same object, or have different prefixes or routing keys.</exception>
    public MigratingStore(RecordStore from, RecordStore to)
        : base(new GenericStoreOptions { Prefix = (to ?? throw new ArgumentNullException(nameof(to))).Prefix })
    {
        ArgumentNullException.ThrowIfNull(from);
        if (ReferenceEquals(from, to))
        {
            throw new ArgumentException("Both stores are the same one. Pass the old store and the new one.", nameof(to));
        }

        if (from.Prefix != to.Prefix)
        {
            throw new ArgumentException(
                $"The old store has the prefix '{from.Prefix}' and the new one '{to.Prefix}'. The prefix is a part of each session's key, "
                + "so that both must have the same one. Set GenericStoreOptions.Prefix of both.",
                nameof(to));
        }

        if (TagOf(from) != TagOf(to))
        {
            throw new ArgumentException(
                "The two stores have different routing keys, so that the new one would not find the sessions of a user. "
                + "Set GenericStoreOptions.RoutingKey of both to the same value.",
                nameof(to));
        }

        _from = from;
        _to = to;
        _move = new SessionMove(from, to);
        _reads = new MigratingReads(from, to);
        _ends = new MigratingEnds(from, to);
        from.Endings.Reported += ReportEnded;
        to.Endings.Reported += ReportEnded;
    }

    /// <inheritdoc/>
    public StoreDescription Description => (_to as IDescribedStore)?.Description ?? StoreDescription.Other;

    /// <inheritdoc/>
    public override string CreateSessionId(string? userId = null) => _to.CreateSessionId(userId);

    /// <inheritdoc/>
    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        (await FindAsync(key, cancellationToken).ConfigureAwait(false)).Record;

    /// <inheritdoc/>
    public async ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Owns(key) ? await _reads.FindAsync(key, cancellationToken).ConfigureAwait(false) : default;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken = default) => _reads.FindManyAsync(keys, cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        return _reads.ListAsync(userId, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        var old = await _from.ReadAsync(session.Key, cancellationToken).ConfigureAwait(false);
        if (old.IsOccupiedFor(session, _to.Now))
        {
            if (!old.IsLive(_to.Now) && !(old.Ended is { } marker && SessionMove.IsMoved(marker)))
            {
                return SessionCreation.Exists;
            }

            await _move.MoveAsync(session.Key, cancellationToken).ConfigureAwait(false);
        }

        // The cap counts and ends in the new store only, so all sessions of the user must be there, and nowhere else.
        if (cap is not null && session.UserId is { } userId
            && await _move.MoveAllAsync(userId, cancellationToken).ConfigureAwait(false) is > 0 and var staying)
        {
            // Those that cannot move take their places under the cap.
            if (staying >= cap.Max)
            {
                // It throws, unless the cap refuses.
                cap.ChooseEnded([], staying, _to.Now);
                return SessionCreation.CapReached;
            }

            cap = new SessionCap(cap.Max - staying, cap.Policy);
        }

        var creation = await _to.CreateAsync(session, cap, cancellationToken).ConfigureAwait(false);
        if (creation.Status == SessionCreationStatus.Created && old is { Exists: true, IsEnded: false } && !old.IsLive(_to.Now))
        {
            // An expired record had the key. A clock that is set back must not revive it after the new session.
            await _move.EndOldAsync(old.Record ?? RecordOfKey.Named(session.Key, old.Header.LineageHash, _to.Now)).ConfigureAwait(false);
        }

        return creation;
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

        if (change.Raise?.Lifetimes is not null)
        {
            // A session whose life becomes shorter must not be found in the old store after it has expired in the new one.
            await _move.MoveAsync(session.Key, cancellationToken).ConfigureAwait(false);
        }

        var outcome = await _to.UpdateAsync(session, change, cancellationToken).ConfigureAwait(false);
        if (outcome.Status != SessionUpdateStatus.Gone)
        {
            return outcome;
        }

        await _move.MoveAsync(session.Key, cancellationToken).ConfigureAwait(false);
        return await _to.UpdateAsync(session, change, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        EndAsync(session, SessionEndReason.SignedOut, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> EndAsync(SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Owns(session.Key) && await _ends.EndAsync(session, reason, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        EndActiveSessionsAsync(userId, except, SessionEndReason.SignedOutElsewhere, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        ThrowIfBadEnding(userId, except);
        cancellationToken.ThrowIfCancellationRequested();
        return _ends.EndUserAsync(userId, except, reason, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => _ends.ClearAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        await _to.CountActiveSessionsAsync(cancellationToken).ConfigureAwait(false)
        + await _from.CountActiveSessionsAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        long destroyed = 0;
        foreach (var store in ((RecordStore[])[_to, _from]).OfType<IExpiredSessionStore>())
        {
            if (batch - destroyed is > 0 and var rest)
            {
                destroyed += await store.DeleteExpiredAsync((int)rest, cancellationToken).ConfigureAwait(false);
            }
        }

        return destroyed;
    }

    /// <inheritdoc/>
    /// <remarks>Every end leaves a marker in the new store, so the new store reports every end.</remarks>
    public IAsyncEnumerable<SessionKey?> ListenAsync(CancellationToken cancellationToken = default) => _to is ISessionEndSource source
        ? source.ListenAsync(cancellationToken)
        : throw new NotSupportedException("The new store reports no ends of other processes. Open connections close by polling.");

    /// <inheritdoc/>
    public async ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default)
    {
        var old = await InspectAsync(_from, cancellationToken).ConfigureAwait(false);
        var now = await InspectAsync(_to, cancellationToken).ConfigureAwait(false);
        return new StoreHealth
        {
            Failures = [.. old.Failures.Select(static found => "The old store: " + found), .. now.Failures],
            Warnings = [.. old.Warnings.Select(static found => "The old store: " + found), .. now.Warnings],
            StoreTime = now.StoreTime,
            ReplicaLag = now.ReplicaLag,
            Fill = now.Fill,
            Figures = now.Figures,
        };
    }

    /// <summary>Disposes of both stores.</summary>
    public void Dispose()
    {
        StopListening();
        (_from as IDisposable)?.Dispose();
        (_to as IDisposable)?.Dispose();
    }

    /// <summary>Disposes of both stores.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        StopListening();
        foreach (var store in (RecordStore[])[_from, _to])
        {
            if (store is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (store as IDisposable)?.Dispose();
            }
        }
    }

    private static string TagOf(RecordStore store) => store.GetSessionKey(store.CreateSessionId("routing")).RoutingTag;

    private static async ValueTask<StoreHealth> InspectAsync(RecordStore store, CancellationToken cancellationToken)
    {
        if (store is IStoreHealthSource source)
        {
            return await source.InspectAsync(cancellationToken).ConfigureAwait(false);
        }

        await store.GetAsync(store.GetSessionKey(store.CreateSessionId()), cancellationToken).ConfigureAwait(false);
        return new StoreHealth();
    }

    private void StopListening()
    {
        _from.Endings.Reported -= ReportEnded;
        _to.Endings.Reported -= ReportEnded;
    }
}
