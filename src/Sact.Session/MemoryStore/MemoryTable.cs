using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// The sessions in memory, with the index of each user's sessions and the budget. An index may name an ended session, but a live session
/// is always in its user's index.
/// </summary>
internal sealed class MemoryTable
{
    private readonly ConcurrentDictionary<SessionKeyPart, SessionRecord> _records = new();
    private readonly ConcurrentDictionary<string, UserSessions> _users = new(StringComparer.Ordinal);
    private readonly MemoryBudget _budget;
    private readonly MemoryMarkers _markers;
    private readonly TimeProvider _clock;

    public MemoryTable(long maxBytes, TimeProvider clock, ILogger logger, Func<MemorySweepResult> destroyExpired)
    {
        _budget = new MemoryBudget(maxBytes, _records, destroyExpired, logger);
        _markers = new MemoryMarkers(maxBytes, clock);
        _clock = clock;
    }

    /// <summary>The estimated bytes of all sessions.</summary>
    public long SizeInBytes => _budget.Bytes;

    /// <summary>
    /// All records at this moment, expired ones included. It is for the operator: it copies the references, and stops all writes for that
    /// time.
    /// </summary>
    public KeyValuePair<SessionKeyPart, SessionRecord>[] Snapshot() => _records.ToArray();

    /// <summary>
    /// All records, expired ones included. A record that is added, changed or ended meanwhile may be missing or outdated.
    /// </summary>
    public IEnumerable<SessionRecord> All => _records.Select(static entry => entry.Value);

    public SessionRecord? Get(SessionKeyPart key) => _records.TryGetValue(key, out var record) ? record : null;

    /// <summary>The marker of a session that ended a short time ago.</summary>
    public EndedMarker? FindMarker(SessionKeyPart key) => _markers.Find(key);

    /// <summary>Gets a user's sessions, expired ones included.</summary>
    public IReadOnlyList<SessionRecord> SessionsOf(string userId)
    {
        if (!_users.TryGetValue(userId, out var sessions))
        {
            return [];
        }

        lock (sessions)
        {
            var found = new SessionRecord[sessions.Count];
            return new ArraySegment<SessionRecord>(found, 0, sessions.Find(_records, userId, found));
        }
    }

    /// <summary>Creates a session, unless another one has its key or the cap refuses.</summary>
    /// <exception cref="SessionStoreException">The memory is full.</exception>
    public SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        var wait = default(SpinWait);
        while (true)
        {
            if ((session.UserId is { } userId ? TryCreateForUser(session, userId, cap) : TryCreateWithoutUser(session)) is { } outcome)
            {
                return outcome;
            }

            wait.SpinOnce();
        }
    }

    /// <summary>Replaces this very record, so that no other writer's change is lost and no ended session comes back.</summary>
    /// <returns>False if the record was changed or ended meanwhile.</returns>
    /// <exception cref="SessionStoreException">The memory is full.</exception>
    public bool TryReplace(SessionRecord stored, SessionRecord changed)
    {
        bool anonymous = stored.State == SessionState.Anonymous;
        long growth = MemoryBudget.SizeOf(changed) - MemoryBudget.SizeOf(stored);
        var wait = default(SpinWait);
        while (growth > 0 && !_budget.TryReserve(growth, anonymous))
        {
            wait.SpinOnce();
        }

        bool replaced = _records.TryUpdate(stored.Key.Part, changed, stored);
        long unused = replaced ? -growth : growth;
        if (unused > 0)
        {
            _budget.Release(unused, anonymous);
        }

        return replaced;
    }

    /// <summary>Ends a session, whoever changes its record meanwhile. With a reason it leaves a marker.</summary>
    /// <returns>The record that ended; null if the session was not there.</returns>
    public SessionRecord? End(SessionRecord session, SessionEndReason? reason)
    {
        var removed = Remove(session, reason);
        if (removed is not null)
        {
            RemoveFromIndex(removed);
        }

        return removed;
    }

    /// <summary>Ends a session if this is still its record.</summary>
    public bool TryEnd(SessionRecord record)
    {
        bool removed = TryRemove(record);
        if (removed)
        {
            RemoveFromIndex(record);
        }

        return removed;
    }

    /// <returns>The outcome; null if the attempt must be repeated.</returns>
    private SessionCreation? TryCreateForUser(SessionRecord session, string userId, SessionCap? cap)
    {
        var sessions = _users.GetOrAdd(userId, static _ => new UserSessions());
        lock (sessions)
        {
            try
            {
                return sessions.IsRetired ? null : TryCreateIndexed(session, userId, sessions, cap);
            }
            finally
            {
                RetireIfEmpty(userId, sessions);
            }
        }
    }

    private SessionCreation? TryCreateIndexed(SessionRecord session, string userId, UserSessions sessions, SessionCap? cap)
    {
        if (FindExisting(session) is { } existing)
        {
            return existing;
        }

        IReadOnlyList<SessionRecord>? ended = [];
        if (cap is not null && sessions.Count >= cap.Max)
        {
            ended = ChooseEnded(sessions, userId, cap);
            if (ended is null)
            {
                return SessionCreation.CapReached;
            }
        }

        if (!_budget.TryReserve(MemoryBudget.SizeOf(session), anonymous: false))
        {
            return null;
        }

        if (sessions.IsRetired)
        {
            // Making room destroyed this user's last expired session. A session added now would be in no index.
            _budget.Release(MemoryBudget.SizeOf(session), anonymous: false);
            return null;
        }

        foreach (var record in ended)
        {
            Remove(record, SessionEndReason.OverLimit);
            sessions.Remove(record.Key.Part);
        }

        RemoveExpired(session);

        // Indexed first: a live session must be in the index at every moment.
        sessions.Add(session.Key.Part);
        if (_records.TryAdd(session.Key.Part, session))
        {
            return SessionCreation.Created(ended.Count == 0 ? null : ended.Select(static record => record.Key).ToArray());
        }

        // Another user's creation took the key meanwhile.
        sessions.Remove(session.Key.Part);
        _budget.Release(MemoryBudget.SizeOf(session), anonymous: false);
        return SessionCreation.Exists;
    }

    // The array is borrowed: with 100 sessions at a full cap, a new one would add 0.9 KB to the 1.8 KB that a sign-in allocates.
    private IReadOnlyList<SessionRecord>? ChooseEnded(UserSessions sessions, string userId, SessionCap cap)
    {
        var buffer = ArrayPool<SessionRecord>.Shared.Rent(sessions.Count);
        var now = _clock.GetUtcNow();
        int live = 0;
        foreach (var record in buffer.AsSpan(0, sessions.Find(_records, userId, buffer)))
        {
            if (record.IsLive(now))
            {
                buffer[live++] = record;
            }
        }

        var ended = cap.ChooseEnded(new ArraySegment<SessionRecord>(buffer, 0, live), now);
        ArrayPool<SessionRecord>.Shared.Return(buffer, clearArray: true);
        return ended;
    }

    /// <returns>The outcome; null if the attempt must be repeated.</returns>
    private SessionCreation? TryCreateWithoutUser(SessionRecord session)
    {
        if (FindExisting(session) is { } existing)
        {
            return existing;
        }

        // A note has no user either. It has no part in the budget of the visitors.
        bool anonymous = session.State == SessionState.Anonymous;
        if (!_budget.TryReserve(MemoryBudget.SizeOf(session), anonymous))
        {
            return null;
        }

        RemoveExpired(session);
        if (_records.TryAdd(session.Key.Part, session))
        {
            if (anonymous)
            {
                _budget.OnAnonymousAdded(session);
            }

            return SessionCreation.Created();
        }

        _budget.Release(MemoryBudget.SizeOf(session), anonymous);
        return null;
    }

    /// <returns>The outcome if a live session has the key of the new one, or if the new one has ended already; otherwise null.</returns>
    private SessionCreation? FindExisting(SessionRecord session)
    {
        if (Get(session.Key.Part) is { } stored && stored.IsLive(_clock.GetUtcNow()))
        {
            return stored.IsSameCreation(session) ? SessionCreation.Created() : SessionCreation.Exists;
        }

        // A marker is added before its record is removed, so a late retry of a creation revives nothing.
        return _markers.Find(session.Key.Part)?.LineageHash == session.LineageHash ? SessionCreation.Exists : null;
    }

    /// <summary>
    /// Removes an expired record under the key of a new session. It comes last, so that a refused creation destroys nothing.
    /// </summary>
    private void RemoveExpired(SessionRecord session)
    {
        if (Get(session.Key.Part) is { } stored && !stored.IsLive(_clock.GetUtcNow()))
        {
            TryRemove(stored);
        }
    }

    /// <summary>
    /// Removes a session, whoever changes its record meanwhile, and leaves a marker if there is a reason. It does not change the index.
    /// </summary>
    private SessionRecord? Remove(SessionRecord session, SessionEndReason? reason)
    {
        while (Get(session.Key.Part) is { } stored && stored.IsSameSession(session))
        {
            var marker = reason is { } why ? EndedMarker.Of(stored, why, _clock.GetUtcNow()) : null;
            if (marker is not null)
            {
                _markers.Add(marker);
            }

            if (TryRemove(stored))
            {
                if (marker is not null)
                {
                    _markers.Confirm(marker);
                }

                return stored;
            }
        }

        return null;
    }

    private bool TryRemove(SessionRecord record)
    {
        bool removed = _records.TryRemove(new KeyValuePair<SessionKeyPart, SessionRecord>(record.Key.Part, record));
        if (removed)
        {
            _budget.OnRemoved(record);
        }

        return removed;
    }

    private void RemoveFromIndex(SessionRecord record)
    {
        if (record.UserId is not { } userId || !_users.TryGetValue(userId, out var sessions))
        {
            return;
        }

        lock (sessions)
        {
            // A new session may have taken the key meanwhile.
            if (!_records.ContainsKey(record.Key.Part))
            {
                sessions.Remove(record.Key.Part);
                RetireIfEmpty(userId, sessions);
            }
        }
    }

    private void RetireIfEmpty(string userId, UserSessions sessions)
    {
        if (sessions.Count == 0)
        {
            sessions.Retire();
            _users.TryRemove(new KeyValuePair<string, UserSessions>(userId, sessions));
        }
    }
}
