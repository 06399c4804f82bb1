using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

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
/// A session never ends in one store and lives on in the other. An end is written to the old store first, and leaves a marker in the new
/// one even if the session was never there, so that no copy that is under way brings it back. A copy never overwrites.
/// </para>
/// <para>
/// Until a session has moved, reading it takes two round trips. The store does not query: <c>sact-session</c> and the administration of
/// each store do. A session that both stores have counts twice in <see cref="CountActiveSessionsAsync"/> and <see cref="ClearAsync"/>.
/// Hints about ends come from the new store.
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
    // Each attempt fails only if somebody else has just put a record of this session into the place.
    private const int MostAttempts = 16;

    private readonly RecordStore _from;
    private readonly RecordStore _to;
    private readonly SessionMove _move;

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
                $"The old store has the prefix '{from.Prefix}' and the new one '{to.Prefix}'. The prefix is a part of each session's key, so "
                + "that both must have the same one. Set GenericStoreOptions.Prefix of both.",
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
    public async ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        if (!Owns(key))
        {
            return default;
        }

        var found = await _to.FindAsync(key, cancellationToken).ConfigureAwait(false);
        if (IsAnswer(found))
        {
            return found;
        }

        var old = await _from.FindAsync(key, cancellationToken).ConfigureAwait(false);
        if (old.Record is not null)
        {
            return old;
        }

        // It may have moved between the two reads.
        found = await _to.FindAsync(key, cancellationToken).ConfigureAwait(false);
        return IsAnswer(found) || !IsAnswer(old) ? found : old;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken = default)
    {
        var found = (await _to.FindManyAsync(keys, cancellationToken).ConfigureAwait(false)).ToArray();
        foreach (var store in (RecordStore[])[_from, _to])
        {
            int[] missing = [.. Enumerable.Range(0, found.Length).Where(i => found[i].Record is null && !IsAnswerOf(store, found[i]))];
            if (missing.Length > 0)
            {
                SessionKey[] some = [.. missing.Select(i => keys[i])];
                var rest = await store.FindManyAsync(some, cancellationToken).ConfigureAwait(false);
                for (int i = 0; i < missing.Length; i++)
                {
                    found[missing[i]] = IsAnswer(rest[i]) ? rest[i] : found[missing[i]];
                }
            }
        }

        return found;
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
        else if (old is { Exists: true, IsEnded: false })
        {
            // An expired record, which the new one replaces: a clock that is set back must not revive it.
            await _move.EndOldAsync(old.Record ?? Nameless(session.Key, old.Header.LineageHash)).ConfigureAwait(false);
        }

        // The cap counts and ends in the new store only, so all sessions of the user must be there, and nowhere else.
        if (cap is not null && session.UserId is { } userId
            && await _move.MoveAllAsync(userId, cancellationToken).ConfigureAwait(false) is > 0 and var newer)
        {
            // Those of a newer format cannot move, and take their places under the cap.
            if (newer >= cap.Max)
            {
                // It throws, unless the cap refuses.
                cap.ChooseEnded([], newer, _to.Now);
                return SessionCreation.CapReached;
            }

            cap = new SessionCap(cap.Max - newer, cap.Policy);
        }

        return await _to.CreateAsync(session, cap, cancellationToken).ConfigureAwait(false);
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
    public async ValueTask<bool> EndAsync(
        SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (!Owns(session.Key))
        {
            return false;
        }

        // The old store first: what has ended there is copied by nobody who looks from now on.
        if (await _from.EndAsync(session, reason, cancellationToken).ConfigureAwait(false))
        {
            await EndInNewAsync(session, reason).ConfigureAwait(false);
            return true;
        }

        // Somebody else may be between the two stores, or may have failed there. The first reason stays.
        var old = await _from.ReadAsync(session.Key, CancellationToken.None).ConfigureAwait(false);
        return old.Ended is { } marker && marker.LineageHash == session.LineageHash && !SessionMove.IsMoved(marker)
            ? await EndInNewAsync(session, marker.Reason).ConfigureAwait(false)
            : await _to.EndAsync(session, reason, CancellationToken.None).ConfigureAwait(false);
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
        cancellationToken.ThrowIfCancellationRequested();
        long ended = 0;
        await foreach (var (key, stored) in _from.ReadUserAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            // One by one, because each may be on its way to the new store.
            if (key != except && stored.IsLive(_to.Now) && string.Equals(stored.Header.UserId, userId, StringComparison.Ordinal))
            {
                ended += await EndAsync(stored.Record ?? Nameless(key, stored.Header.LineageHash), reason, CancellationToken.None)
                    .ConfigureAwait(false) ? 1 : 0;
            }
        }

        // What cannot be read, and what has expired: a clock that is set back must revive nothing.
        ended += await _from.EndActiveSessionsAsync(userId, except, reason, CancellationToken.None).ConfigureAwait(false);
        return ended + await _to.EndActiveSessionsAsync(userId, except, reason, CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);

        // The old store first, so that a session that moves meanwhile is found twice and not never.
        var old = new Dictionary<SessionKey, SessionRecord>();
        await foreach (var session in _from.GetActiveSessionsAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            old[session.Key] = session;
        }

        await foreach (var session in _to.GetActiveSessionsAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            old.Remove(session.Key);
            yield return session;
        }

        foreach (var session in old.Values)
        {
            yield return session;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        long ended = await _from.ClearAsync(cancellationToken).ConfigureAwait(false);
        return ended + await _to.ClearAsync(cancellationToken).ConfigureAwait(false);
    }

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

    private static bool IsAnswer(SessionLookup found) =>
        found.Record is not null || (found.Ended is { } marker && !SessionMove.IsMoved(marker));

    // What the new store knows is final. What the old one knows of a session without a record may be that it has moved.
    private bool IsAnswerOf(RecordStore next, SessionLookup found) => ReferenceEquals(next, _from) && found.Ended is not null;

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

    /// <summary>
    /// Ends a session in the new store, and leaves a marker where there is none: whoever has read the session in the old store a moment
    /// ago must not bring it back.
    /// </summary>
    private async ValueTask<bool> EndInNewAsync(SessionRecord session, SessionEndReason reason)
    {
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (await _to.EndAsync(session, reason, CancellationToken.None).ConfigureAwait(false))
            {
                return true;
            }

            var there = await _to.ReadAsync(session.Key, CancellationToken.None).ConfigureAwait(false);
            if (there.IsEnded || there.Error is not null || (there.Exists && there.Header.LineageHash != session.LineageHash))
            {
                return false;
            }

            if (!there.Exists)
            {
                await _to.CreateAsync(Placeholder(session), cap: null, CancellationToken.None).ConfigureAwait(false);
            }
        }

        throw new SessionStoreException(
            "Two processes kept replacing a session that must end in the new store. Try again.", null, outcomeUnknown: true);
    }

    /// <summary>
    /// A record that only the marker of the session's lineage can replace. It has expired before it exists, and no id has its hash.
    /// </summary>
    private SessionRecord Placeholder(SessionRecord session)
    {
        var life = TimeSpan.FromSeconds(1);
        var before = _to.Now - (SessionRecord.SkewMargin / 2);
        return Nameless(session.Key, session.LineageHash) with
        {
            CreatedAt = before,
            LastSeenAt = before,
            Lifetimes = new SessionLifetimes(life, life, life),
        };
    }

    /// <summary>A record of which only the key and the lineage are known.</summary>
    private SessionRecord Nameless(SessionKey key, SecretHash lineage) => new()
    {
        Key = key,
        State = SessionState.Anonymous,
        LineageHash = lineage,
        CurrentHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
        CreatedAt = _to.Now,
        LastSeenAt = _to.Now,
        Lifetimes = new SessionLifetimes(SessionLifetimes.Maximum, SessionLifetimes.Maximum, SessionLifetimes.Maximum),
    };
}
