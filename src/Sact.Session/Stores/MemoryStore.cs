using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in the memory of this process: the default store, for one process whose users may be signed out by a restart. Durability class: the process.
/// </summary>
/// <remarks>
/// Reads take no lock. Writes of different users do not wait for each other. Memory is capped in bytes (<see cref="MemoryStoreOptions.MaxBytes"/>). Expired sessions are destroyed a few at a time
/// as others are created, and by <see cref="DeleteExpiredAsync"/>.
/// </remarks>
[DebuggerDisplay("MemoryStore {Prefix}")]
public sealed class MemoryStore : GenericStore, IExpiredSessionStore
{
    // Each creation looks at this many others, so a full round takes a quarter as many creations as there are sessions.
    private const int SweptWithEachCreation = 4;

    private readonly ConcurrentDictionary<SessionKey, SessionRecord> _records = new();
    private readonly ConcurrentDictionary<string, UserSessions> _users = new(StringComparer.Ordinal);
    private readonly MemoryBudget _budget;
    private readonly DestructionClock _destruction;
    private IEnumerator<KeyValuePair<SessionKey, SessionRecord>>? _sweep;
    private int _sweeping;

    /// <summary>Makes an empty store.</summary>
    /// <param name="options">Its options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option breaks its rule.</exception>
    public MemoryStore(MemoryStoreOptions? options = null)
        : base(options ??= new MemoryStoreOptions())
    {
        if (options.MaxBytes < 64 * 1024)
        {
            throw new ArgumentException("MaxBytes is at least 65536. Set MemoryStoreOptions.MaxBytes accordingly.", nameof(options));
        }

        _budget = new MemoryBudget(options.MaxBytes, _records, Logger);
        _destruction = new DestructionClock(Clock, Logger);
    }

    /// <summary>The bytes that sessions take now, as the store reckons them.</summary>
    public long SizeInBytes => _budget.Bytes;

    /// <inheritdoc/>
    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        bool owns = Owns(key);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<SessionRecord?>(cancellationToken)
            : new(owns && _records.TryGetValue(key, out var record) && record.IsLive(Clock.GetUtcNow()) ? record : null);
    }

    /// <inheritdoc/>
    public override ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionCreation>(cancellationToken);
        }

        Sweep(SweptWithEachCreation);
        var outcome = session.UserId is { } userId ? CreateForUser(session, userId, cap) : CreateAnonymous(session);
        return new(outcome);
    }

    /// <inheritdoc/>
    public override ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionUpdate>(cancellationToken);
        }

        while (_records.TryGetValue(session.Key, out var stored) && stored.IsSameSession(session))
        {
            var outcome = stored.Apply(change, Clock.GetUtcNow());
            if (outcome.Status != SessionUpdateStatus.Applied || ReferenceEquals(outcome.Record, stored))
            {
                return new(outcome);
            }

            bool anonymous = stored.State == SessionState.Anonymous;
            long growth = MemoryBudget.SizeOf(outcome.Record!) - MemoryBudget.SizeOf(stored);
            if (growth > 0)
            {
                _budget.Take(growth, anonymous);
            }

            // Replaces the very record the change was applied to, or nothing: another writer's change is never lost, an ended session never comes back.
            if (_records.TryUpdate(session.Key, outcome.Record!, stored))
            {
                if (growth < 0)
                {
                    _budget.Give(-growth, anonymous);
                }

                return new(outcome);
            }

            if (growth > 0)
            {
                _budget.Give(growth, anonymous);
            }
        }

        return new(SessionUpdate.Gone);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        while (_records.TryGetValue(session.Key, out var stored) && stored.IsSameSession(session))
        {
            if (TryEnd(stored))
            {
                return new(stored.IsLive(Clock.GetUtcNow()));
            }
        }

        return new(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var key in KeysOf(userId))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_records.TryGetValue(key, out var record) && IsOf(record, userId) && record.IsLive(Clock.GetUtcNow()))
            {
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        if (except is { IsDefault: true })
        {
            throw new ArgumentException("A default SessionKey names no session; pass null to keep none.", nameof(except));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<long>(cancellationToken);
        }

        long ended = 0;
        foreach (var key in KeysOf(userId))
        {
            while (key != except && _records.TryGetValue(key, out var record) && IsOf(record, userId))
            {
                if (TryEnd(record))
                {
                    ended += record.IsLive(Clock.GetUtcNow()) ? 1 : 0;
                    break;
                }
            }
        }

        return new(ended);
    }

    /// <inheritdoc/>
    public override ValueTask<long> DeleteAllAsync(CancellationToken cancellationToken = default)
    {
        long ended = 0;
        foreach (var (key, _) in _records)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<long>(cancellationToken);
            }

            while (_records.TryGetValue(key, out var record))
            {
                if (TryEnd(record))
                {
                    ended += record.IsLive(Clock.GetUtcNow()) ? 1 : 0;
                    break;
                }
            }
        }

        return new(ended);
    }

    /// <inheritdoc/>
    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<long>(cancellationToken);
        }

        var now = Clock.GetUtcNow();
        return new(_records.LongCount(entry => entry.Value.IsLive(now)));
    }

    /// <inheritdoc/>
    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<long>(cancellationToken) : new(Sweep(batch));
    }

    private static bool IsOf(SessionRecord record, string userId) => string.Equals(record.UserId, userId, StringComparison.Ordinal);

    private SessionCreation CreateForUser(SessionRecord session, string userId, SessionCap? cap)
    {
        while (true)
        {
            var sessions = _users.GetOrAdd(userId, static _ => new UserSessions());
            lock (sessions)
            {
                if (sessions.Retired)
                {
                    continue;
                }

                try
                {
                    return CreateIndexed(session, userId, sessions, cap);
                }
                finally
                {
                    RetireIfEmpty(userId, sessions);
                }
            }
        }
    }

    /// <summary>Creates under the lock of the user's index.</summary>
    private SessionCreation CreateIndexed(SessionRecord session, string userId, UserSessions sessions, SessionCap? cap)
    {
        if (Standing(session) is { } standing)
        {
            return standing;
        }

        IReadOnlyList<SessionRecord>? chosen = [];
        if (cap is not null && sessions.Count >= cap.Max)
        {
            var now = Clock.GetUtcNow();
            chosen = cap.ChooseEnded([.. sessions.ToArray().Select(key => _records.GetValueOrDefault(key)).OfType<SessionRecord>().Where(record => IsOf(record, userId) && record.IsLive(now))], now);
            if (chosen is null)
            {
                return SessionCreation.CapReached;
            }
        }

        _budget.Take(MemoryBudget.SizeOf(session), anonymous: false);
        foreach (var record in chosen)
        {
            EndByKey(record);
            sessions.Remove(record.Key);
        }

        // Indexed before it is there: an index entry may name a dead session, a live session is always named.
        sessions.Add(session.Key);
        if (_records.TryAdd(session.Key, session))
        {
            return SessionCreation.Created(chosen.Count == 0 ? null : [.. chosen.Select(record => record.Key)]);
        }

        // Another user's creation under the same key came between.
        sessions.Remove(session.Key);
        _budget.Give(MemoryBudget.SizeOf(session), anonymous: false);
        return SessionCreation.Exists;
    }

    private SessionCreation CreateAnonymous(SessionRecord session)
    {
        while (true)
        {
            if (Standing(session) is { } standing)
            {
                return standing;
            }

            _budget.Take(MemoryBudget.SizeOf(session), anonymous: true);
            if (_records.TryAdd(session.Key, session))
            {
                _budget.Entered(session);
                return SessionCreation.Created();
            }

            _budget.Give(MemoryBudget.SizeOf(session), anonymous: true);
        }
    }

    /// <summary>What stands in the way of a creation: null if nothing does. A dead record under the key gives way.</summary>
    private SessionCreation? Standing(SessionRecord session)
    {
        if (!_records.TryGetValue(session.Key, out var stored))
        {
            return null;
        }

        if (stored.IsLive(Clock.GetUtcNow()))
        {
            return stored.IsSameCreation(session) ? SessionCreation.Created() : SessionCreation.Exists;
        }

        EndByKey(stored);
        return null;
    }

    /// <summary>Takes a record out if it still stands exactly so, and its index entry with it.</summary>
    private bool TryEnd(SessionRecord record)
    {
        if (!_records.TryRemove(new KeyValuePair<SessionKey, SessionRecord>(record.Key, record)))
        {
            return false;
        }

        _budget.Left(record);
        if (record.UserId is { } userId && _users.TryGetValue(userId, out var sessions))
        {
            lock (sessions)
            {
                // A creation under the same key may have come between.
                if (!_records.ContainsKey(record.Key))
                {
                    sessions.Remove(record.Key);
                    RetireIfEmpty(userId, sessions);
                }
            }
        }

        return true;
    }

    /// <summary>Takes a session out in whatever state it stands, leaving the index to the caller, who holds its lock or knows the entry to be dead.</summary>
    private void EndByKey(SessionRecord record)
    {
        while (_records.TryGetValue(record.Key, out var stored) && stored.IsSameSession(record))
        {
            if (_records.TryRemove(new KeyValuePair<SessionKey, SessionRecord>(stored.Key, stored)))
            {
                _budget.Left(stored);
            }
        }
    }

    private void RetireIfEmpty(string userId, UserSessions sessions)
    {
        if (sessions.Count == 0)
        {
            sessions.Retired = true;
            _users.TryRemove(new KeyValuePair<string, UserSessions>(userId, sessions));
        }
    }

    private SessionKey[] KeysOf(string userId)
    {
        if (!_users.TryGetValue(userId, out var sessions))
        {
            return [];
        }

        lock (sessions)
        {
            return sessions.ToArray();
        }
    }

    private long Sweep(int steps)
    {
        if (Interlocked.Exchange(ref _sweeping, 1) == 1)
        {
            return 0;
        }

        try
        {
            long destroyed = 0;
            if (_destruction.Now is not { } now)
            {
                return 0;
            }

            _sweep ??= _records.GetEnumerator();
            for (int i = 0; i < steps; i++)
            {
                if (!_sweep.MoveNext())
                {
                    _sweep = null;
                    break;
                }

                // The enumerator may show a record as it was; only one that still stands exactly so is destroyed.
                var record = _sweep.Current.Value;
                destroyed += record.MayBeDestroyed(now) && TryEnd(record) ? 1 : 0;
            }

            return destroyed;
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }
}
