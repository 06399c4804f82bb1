using System.Buffers;

namespace Sact.Session;

public sealed partial class MemoryStore
{
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
                    if (CreateIndexed(session, userId, sessions, cap) is { } outcome)
                    {
                        return outcome;
                    }
                }
                finally
                {
                    RetireIfEmpty(userId, sessions);
                }
            }
        }
    }

    /// <summary>Creates under the lock of the user's index; null if that index left the store while room was made, so that it must be fetched anew.</summary>
    private SessionCreation? CreateIndexed(SessionRecord session, string userId, UserSessions sessions, SessionCap? cap)
    {
        if (Standing(session) is { } standing)
        {
            return standing;
        }

        IReadOnlyList<SessionRecord>? chosen = [];
        if (cap is not null && sessions.Count >= cap.Max)
        {
            var now = Clock.GetUtcNow();
            chosen = ChooseEnded(sessions, userId, cap, now);
            if (chosen is null)
            {
                return SessionCreation.CapReached;
            }
        }

        _budget.Take(MemoryBudget.SizeOf(session), anonymous: false);
        if (sessions.Retired)
        {
            // Making room swept this user's last dead session. A session entered here now would stand in no index, and ending everywhere would miss it.
            _budget.Give(MemoryBudget.SizeOf(session), anonymous: false);
            return null;
        }

        foreach (var record in chosen)
        {
            EndByKey(record);
            sessions.Remove(record.Key.Part);
        }

        GiveWay(session);

        // Indexed before it is there: an index entry may name a dead session, a live session is always named.
        sessions.Add(session.Key.Part);
        if (_records.TryAdd(session.Key.Part, session))
        {
            return SessionCreation.Created(KeysOf(chosen));
        }

        // Another user's creation under the same key came between.
        sessions.Remove(session.Key.Part);
        _budget.Give(MemoryBudget.SizeOf(session), anonymous: false);
        return SessionCreation.Exists;
    }

    // At a full cap every sign-in looks at all of the user's sessions, so the room for that is borrowed.
    private IReadOnlyList<SessionRecord>? ChooseEnded(UserSessions sessions, string userId, SessionCap cap, DateTimeOffset now)
    {
        int count = sessions.Count;
        var keys = ArrayPool<SessionKeyPart>.Shared.Rent(count);
        var live = ArrayPool<SessionRecord>.Shared.Rent(count);
        sessions.CopyTo(keys);
        int found = 0;
        foreach (var key in keys.AsSpan(0, count))
        {
            if (_records.TryGetValue(key, out var record) && IsOf(record, userId) && record.IsLive(now))
            {
                live[found++] = record;
            }
        }

        var chosen = cap.ChooseEnded(new ArraySegment<SessionRecord>(live, 0, found), now);
        ArrayPool<SessionRecord>.Shared.Return(live, clearArray: true);
        ArrayPool<SessionKeyPart>.Shared.Return(keys);
        return chosen;
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
            GiveWay(session);
            if (_records.TryAdd(session.Key.Part, session))
            {
                _budget.Entered(session);
                return SessionCreation.Created();
            }

            _budget.Give(MemoryBudget.SizeOf(session), anonymous: true);
        }
    }

    /// <summary>What stands in the way of a creation: null if nothing does.</summary>
    private SessionCreation? Standing(SessionRecord session)
    {
        if (!_records.TryGetValue(session.Key.Part, out var stored))
        {
            return null;
        }

        if (stored.IsLive(Clock.GetUtcNow()))
        {
            return stored.IsSameCreation(session) ? SessionCreation.Created() : SessionCreation.Exists;
        }

        return null;
    }

    /// <summary>Makes a dead record under the key give way, once nothing else stands in the way: a refused creation destroys nothing.</summary>
    private void GiveWay(SessionRecord session)
    {
        if (_records.TryGetValue(session.Key.Part, out var stored) && !stored.IsLive(Clock.GetUtcNow()))
        {
            EndByKey(stored);
        }
    }

    /// <summary>Takes a record out if it still stands exactly so, and its index entry with it.</summary>
    private bool TryEnd(SessionRecord record)
    {
        if (!_records.TryRemove(new KeyValuePair<SessionKeyPart, SessionRecord>(record.Key.Part, record)))
        {
            return false;
        }

        _budget.Left(record);
        if (record.UserId is { } userId && _users.TryGetValue(userId, out var sessions))
        {
            lock (sessions)
            {
                // A creation under the same key may have come between.
                if (!_records.ContainsKey(record.Key.Part))
                {
                    sessions.Remove(record.Key.Part);
                    RetireIfEmpty(userId, sessions);
                }
            }
        }

        return true;
    }

    /// <summary>Takes a session out in whatever state it stands, leaving the index to the caller, who holds its lock or knows the entry to be dead.</summary>
    private void EndByKey(SessionRecord record)
    {
        while (_records.TryGetValue(record.Key.Part, out var stored) && stored.IsSameSession(record))
        {
            if (_records.TryRemove(new KeyValuePair<SessionKeyPart, SessionRecord>(stored.Key.Part, stored)))
            {
                _budget.Left(stored);
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

    private static SessionKey[]? KeysOf(IReadOnlyList<SessionRecord> records)
    {
        if (records.Count == 0)
        {
            return null;
        }

        var keys = new SessionKey[records.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = records[i].Key;
        }

        return keys;
    }

    private SessionKeyPart[] KeysOf(string userId)
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

    /// <summary>Looks at some records, from where the last sweep stopped, and destroys at most so many that may be. Without a bound on steps it looks at all of them, round the end.</summary>
    private long Sweep(int steps, int most)
    {
        if (Interlocked.Exchange(ref _sweeping, 1) == 1)
        {
            return 0;
        }

        try
        {
            long destroyed = 0;
            if (DestructionTime is not { } now)
            {
                return 0;
            }

            _sweep ??= _records.GetEnumerator();
            bool wrapped = steps < int.MaxValue;
            for (int i = 0; i < steps && destroyed < most; i++)
            {
                if (!_sweep.MoveNext())
                {
                    _sweep = wrapped ? null : _records.GetEnumerator();
                    if (_sweep is null)
                    {
                        break;
                    }

                    wrapped = true;
                    continue;
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
