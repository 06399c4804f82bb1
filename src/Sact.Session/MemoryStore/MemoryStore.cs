using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in the memory of this process. It is the default store, for one process whose users may be signed out by a restart.
/// Durability class: the process.
/// </summary>
/// <remarks>
/// Reads take no lock, and writes of different users do not wait for each other. The memory is limited
/// (<see cref="MemoryStoreOptions.MaxBytes"/>). Expired sessions are destroyed a few at a time as others are created, and by
/// <see cref="DeleteExpiredAsync"/>.
/// </remarks>
[DebuggerDisplay("MemoryStore {Prefix}")]
public sealed class MemoryStore
    : GenericStore, IEndedSessionStore, IExpiredSessionStore, IDescribedStore, IStoreHealthSource, ISessionQueryStore
{
    // Each creation looks at this many records, so a full round takes a quarter as many creations as there are sessions.
    private const int LooksPerCreation = 4;

    private readonly MemoryTable _table;
    private readonly MemorySweep _sweep;
    private readonly long _maxBytes;

    /// <summary>Creates an empty store.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option breaks its rule. The message names the rule.</exception>
    public MemoryStore(MemoryStoreOptions? options = null)
        : base(options ??= new MemoryStoreOptions())
    {
        if (options.MaxBytes < 64 * 1024)
        {
            throw new ArgumentException(
                $"MemoryStoreOptions.MaxBytes is {options.MaxBytes}. It must be at least 65536 bytes (64 KiB).", nameof(options));
        }

        _maxBytes = options.MaxBytes;
        _table = new MemoryTable(
            options.MaxBytes, Clock, Logger, destroyExpired: () => _sweep!.MakeRoom(DestructionTime, maxDestroyed: 100));
        _sweep = new MemorySweep(_table, Clock);
    }

    /// <inheritdoc/>
    public StoreDescription Description => StoreDescription.Memory;

    /// <summary>The estimated bytes of all sessions.</summary>
    internal long SizeInBytes => _table.SizeInBytes;

    /// <inheritdoc/>
    public ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default) => new(new StoreHealth
    {
        Fill = (double)_table.SizeInBytes / _maxBytes,
        Figures = new Dictionary<string, object> { ["used_bytes"] = _table.SizeInBytes, ["max_bytes"] = _maxBytes },
    });

    /// <inheritdoc/>
    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        bool owns = Owns(key);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<SessionRecord?>(cancellationToken)
            : new(owns && _table.Get(key.Part) is { } record && record.IsLive(Clock.GetUtcNow()) ? record : null);
    }

    /// <inheritdoc/>
    public ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        bool owns = Owns(key);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<SessionLookup>(cancellationToken)
            : !owns ? default
            : _table.Get(key.Part) is not { } record ? new(new SessionLookup(_table.FindMarker(key.Part)))
            : record.IsLive(Clock.GetUtcNow()) ? new(new SessionLookup(record))
            : new(new SessionLookup(EndedMarker.Of(record, SessionEndReason.Expired, record.ExpiresAt)));
    }

    /// <inheritdoc/>
    public override ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionCreation>(cancellationToken);
        }

        _sweep.Run(DestructionTime, LooksPerCreation, LooksPerCreation);
        var creation = _table.Create(session, cap);
        for (int i = 0; i < creation.Ended.Count; i++)
        {
            ReportEnded(creation.Ended[i]);
        }

        return new(creation);
    }

    /// <inheritdoc/>
    public override ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionUpdate>(cancellationToken);
        }

        while (_table.Get(session.Key.Part) is { } stored && stored.IsSameSession(session))
        {
            var outcome = stored.Apply(change, Clock.GetUtcNow());
            if (outcome is not { Status: SessionUpdateStatus.Applied, Record: { } changed }
                || ReferenceEquals(changed, stored)
                || _table.TryReplace(stored, changed))
            {
                Endings.ReportIfReplaced(stored, outcome.Record ?? stored);
                return new(outcome);
            }
        }

        return new(SessionUpdate.Gone);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        EndAsync(session, SessionEndReason.SignedOut, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : new(EndsLive(session, reason));
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var session in _table.SessionsOf(userId))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // Read once more: while the caller was busy with the sessions before, this one may have changed or ended.
            if (_table.Get(session.Key.Part) is { } record && record.IsSameSession(session) && record.IsLive(Clock.GetUtcNow()))
            {
                yield return record;
            }
        }
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
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<long>(cancellationToken)
            : new(_table.SessionsOf(userId).LongCount(session => session.Key != except && EndsLive(session, reason)));
    }

    /// <inheritdoc/>
    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        long ended = 0;

        // A snapshot, because a session that is created meanwhile must not end.
        foreach (var (_, session) in _table.Snapshot())
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<long>(cancellationToken);
            }

            if (session is { State: SessionState.Note, UserId: null })
            {
                continue;
            }

            ended += EndsLive(session, reason: null) && session.State != SessionState.Note ? 1 : 0;
        }

        return new(ended);
    }

    /// <inheritdoc/>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        (await CountByStateAsync(cancellationToken).ConfigureAwait(false)).Total;

    /// <inheritdoc/>
    /// <remarks>It looks at all sessions and finds them in their order, so no page has fewer sessions than it may have.</remarks>
    public ValueTask<SessionPage> QueryAsync(SessionQuery query, CancellationToken cancellationToken = default)
    {
        var after = QueryPosition.Read(QueryCursor.Read(Prefix, query));
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionPage>(cancellationToken);
        }

        var now = Clock.GetUtcNow();
        var all = query.UserId is { } userId ? _table.SessionsOf(userId) : _table.All;
        return new(RecordQuery.SortedPage(
            Prefix, query, all.Where(session => session.IsLive(now) && query.Matches(session)), after, skipped: 0));
    }

    /// <inheritdoc/>
    public ValueTask<SessionCounts> CountByStateAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionCounts>(cancellationToken);
        }

        var now = Clock.GetUtcNow();
        return new(_table.All.Aggregate(
            default(SessionCounts), (counts, session) => session.IsLive(now) ? counts.Add(session.State, 1) : counts));
    }

    /// <inheritdoc/>
    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<long>(cancellationToken)
            : new(_sweep.Run(DestructionTime, maxLooks: null, batch) ?? 0);
    }

    /// <summary>Ends a session.</summary>
    /// <returns>True if it was live.</returns>
    private bool EndsLive(SessionRecord session, SessionEndReason? reason)
    {
        var ended = _table.End(session, reason);
        ReportEnded(session.Key);
        return ended?.IsLive(Clock.GetUtcNow()) == true;
    }
}
