using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Keeps the estimated size of all sessions within a limit. Anonymous sessions have a tenth of it. They make room for each other and for
/// users' sessions, the oldest first; a user's session is never removed for room.
/// </summary>
internal sealed class MemoryBudget(
    long maxBytes, ConcurrentDictionary<SessionKeyPart, SessionRecord> records, Func<MemorySweepResult> destroyExpired, ILogger logger)
{
    // A record, its entry in the dictionary and its entry in the index of users: measured on 64-bit .NET 10 and rounded up.
    private const int FixedBytes = 448;

    private readonly long _maxAnonymousBytes = maxBytes / 10;
    private readonly ConcurrentQueue<(SessionKey Key, DateTimeOffset SeenAt)> _anonymous = new();
    private long _bytes;
    private long _anonymousBytes;
    private long _anonymousCount;

    public long Bytes => Interlocked.Read(ref _bytes);

    public static long SizeOf(SessionRecord record) =>
        FixedBytes
        + (2L * (record.UserId?.Length ?? 0))
        + record.Fields.Packed.Length
        + SizeOf(record.SignInClient)
        + SizeOf(record.LastSeenClient);

    /// <summary>Reserves bytes for a record or for its growth. It removes anonymous sessions and expired ones if it must.</summary>
    /// <returns>
    /// False if another thread is making room at this moment. The caller must leave its locks, which that thread may need, and try again.
    /// </returns>
    /// <exception cref="SessionStoreException">There is no room.</exception>
    public bool TryReserve(long bytes, bool anonymous)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _anonymousBytes, anonymous ? bytes : 0);
        while (Bytes > maxBytes || (anonymous && Interlocked.Read(ref _anonymousBytes) > _maxAnonymousBytes))
        {
            var swept = EvictOne() ? MemorySweepResult.Destroyed : destroyExpired();
            if (swept == MemorySweepResult.Destroyed)
            {
                continue;
            }

            Release(bytes, anonymous);
            if (swept == MemorySweepResult.Busy)
            {
                return false;
            }

            MemoryStoreLog.MemoryFull(logger, maxBytes);
            throw new SessionStoreException(
                $"The memory store is full: its limit is {maxBytes} bytes, a tenth of which is for anonymous sessions. Raise "
                + "MemoryStoreOptions.MaxBytes, or use a store outside of the process.");
        }

        return true;
    }

    public void Release(long bytes, bool anonymous)
    {
        Interlocked.Add(ref _bytes, -bytes);
        Interlocked.Add(ref _anonymousBytes, anonymous ? -bytes : 0);
    }

    /// <summary>Adds an anonymous session to the queue of eviction.</summary>
    public void OnAnonymousAdded(SessionRecord record)
    {
        _anonymous.Enqueue((record.Key, record.LastSeenAt));
        long live = Interlocked.Increment(ref _anonymousCount);

        // Ended and expired sessions leave their entries behind. Four checks with each new entry keep the queue within twice the live ones.
        for (int i = 0; i < 4 && _anonymous.Count > (2 * live) + 64 && _anonymous.TryDequeue(out var entry); i++)
        {
            if (records.ContainsKey(entry.Key.Part))
            {
                _anonymous.Enqueue(entry);
            }
        }
    }

    /// <summary>Releases the bytes of a record that was removed.</summary>
    public void OnRemoved(SessionRecord record)
    {
        bool anonymous = record.State == SessionState.Anonymous;
        Interlocked.Add(ref _anonymousCount, anonymous ? -1 : 0);
        Release(SizeOf(record), anonymous);
    }

    private static long SizeOf(SessionClient? client) =>
        client is null ? 0 : 80 + (2L * ((client.UserAgent?.Length ?? 0) + (client.RemoteAddress?.Length ?? 0)));

    private bool EvictOne()
    {
        // A session that was seen since its entry was queued is queued again. Two rounds are enough to find one to remove.
        for (long tries = 2L * _anonymous.Count; tries > 0 && _anonymous.TryDequeue(out var entry); tries--)
        {
            if (!records.TryGetValue(entry.Key.Part, out var record) || record.State != SessionState.Anonymous)
            {
                continue;
            }

            if (record.LastSeenAt > entry.SeenAt)
            {
                _anonymous.Enqueue((record.Key, record.LastSeenAt));
            }
            else if (records.TryRemove(new KeyValuePair<SessionKeyPart, SessionRecord>(record.Key.Part, record)))
            {
                OnRemoved(record);
                MemoryStoreLog.AnonymousEvicted(logger, record.Key);
                return true;
            }
            else
            {
                _anonymous.Enqueue(entry);
            }
        }

        return false;
    }
}
