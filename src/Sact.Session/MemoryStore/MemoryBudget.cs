using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Reckons the bytes that sessions take in memory and keeps them under the limit. Anonymous sessions have a tenth of it and make room only for each other and for
/// users; a user's session is never evicted.
/// </summary>
internal sealed class MemoryBudget(long maxBytes, ConcurrentDictionary<SessionKeyPart, SessionRecord> records, Func<bool> sweep, ILogger logger)
{
    // A record, its place in the dictionary and its place in the index, measured on 64-bit .NET 10 and rounded up.
    private const int FixedBytes = 448;

    private readonly long _maxAnonymousBytes = maxBytes / 10;
    private readonly ConcurrentQueue<(SessionKey Key, DateTimeOffset SeenAt)> _anonymous = new();
    private long _bytes;
    private long _anonymousBytes;
    private long _anonymousCount;

    public long Bytes => Interlocked.Read(ref _bytes);

    public static long SizeOf(SessionRecord record) =>
        FixedBytes + (2L * (record.UserId?.Length ?? 0)) + record.Fields.PackedLength + SizeOf(record.SignInClient) + SizeOf(record.LastSeenClient);

    /// <summary>Takes room for a record, or for its growth, making anonymous sessions go if need be.</summary>
    /// <exception cref="SessionStoreException">There is none to be had.</exception>
    public void Take(long bytes, bool anonymous)
    {
        long total = Interlocked.Add(ref _bytes, bytes);
        long shy = anonymous ? Interlocked.Add(ref _anonymousBytes, bytes) : 0;
        while (total > maxBytes || shy > _maxAnonymousBytes)
        {
            if (!EvictOne() && !sweep())
            {
                Give(bytes, anonymous);
                MemoryStoreLog.MemoryFull(logger, maxBytes);
                throw new SessionStoreException("The memory store is full. Raise MemoryStoreOptions.MaxBytes, or choose a store that does not live in memory.");
            }

            total = Bytes;
            shy = anonymous ? Interlocked.Read(ref _anonymousBytes) : 0;
        }
    }

    public void Give(long bytes, bool anonymous)
    {
        Interlocked.Add(ref _bytes, -bytes);
        if (anonymous)
        {
            Interlocked.Add(ref _anonymousBytes, -bytes);
        }
    }

    /// <summary>Enters an anonymous session into the order of eviction.</summary>
    public void Entered(SessionRecord record)
    {
        _anonymous.Enqueue((record.Key, record.LastSeenAt));
        long live = Interlocked.Increment(ref _anonymousCount);

        // Those that were ended or have expired leave their place behind. Clearing a few with each entry keeps the queue within twice the living.
        for (int i = 0; i < 4 && _anonymous.Count > (2 * live) + 64 && _anonymous.TryDequeue(out var place); i++)
        {
            if (records.TryGetValue(place.Key.Part, out _))
            {
                _anonymous.Enqueue(place);
            }
        }
    }

    public void Left(SessionRecord record)
    {
        bool anonymous = record.State == SessionState.Anonymous;
        if (anonymous)
        {
            Interlocked.Decrement(ref _anonymousCount);
        }

        Give(SizeOf(record), anonymous);
    }

    private static long SizeOf(SessionClient? client) =>
        client is null ? 0 : 80 + (2L * ((client.UserAgent?.Length ?? 0) + (client.RemoteAddress?.Length ?? 0)));

    private bool EvictOne()
    {
        // The oldest first; one that was seen since it took its place gets a second one. Twice round is enough to find one that can go.
        for (long tries = 2L * _anonymous.Count; tries > 0 && _anonymous.TryDequeue(out var place); tries--)
        {
            if (!records.TryGetValue(place.Key.Part, out var record) || record.State != SessionState.Anonymous)
            {
                continue;
            }

            if (record.LastSeenAt > place.SeenAt)
            {
                _anonymous.Enqueue((record.Key, record.LastSeenAt));
            }
            else if (records.TryRemove(new KeyValuePair<SessionKeyPart, SessionRecord>(record.Key.Part, record)))
            {
                Left(record);
                MemoryStoreLog.AnonymousEvicted(logger, record.Key);
                return true;
            }
            else
            {
                _anonymous.Enqueue(place);
            }
        }

        return false;
    }
}
