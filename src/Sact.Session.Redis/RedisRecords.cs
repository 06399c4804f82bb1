using System.Runtime.CompilerServices;
using Sact.Session.Stores;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>Reads and ends records by their keys, one or many.</summary>
internal sealed class RedisRecords(RedisLink link, RedisKeys keys)
{
    /// <summary>The most keys of one round trip or script.</summary>
    public const int Most = 256;

    /// <summary>A session that ends, and what takes its place; null for nothing.</summary>
    public readonly record struct Ending(SessionKey Key, EndedMarker? Marker);

    public static StoredRecord Stored(SessionKey key, RedisValue value) =>
        value.IsNull ? default : StoredRecord.Unpack(key, ((ReadOnlyMemory<byte>)value).Span);

    public async ValueTask<StoredRecord> ReadAsync(SessionKey key, bool guarded, CancellationToken cancellationToken)
    {
        var name = keys.Record(key);
        try
        {
            return Stored(key, await link.RunAsync(
                write: false,
                name,
                database => database.StringGetAsync(name, CommandFlags.DemandMaster),
                guarded,
                cancellationToken).ConfigureAwait(false));
        }
        catch (SessionStoreException fault) when (RedisFaults.IsWrongType(fault))
        {
            return StoredRecord.Unpack(key, []);
        }
    }

    /// <summary>Reads records in one round trip. No <c>MGET</c>: it fails while a cluster moves half of the keys.</summary>
    public Task<KeyValuePair<SessionKey, StoredRecord>[]> ReadAsync(
        IEnumerable<SessionKey> some, bool guarded, CancellationToken cancellationToken)
    {
        async Task<KeyValuePair<SessionKey, StoredRecord>> OneAsync(SessionKey key) =>
            new(key, await ReadAsync(key, guarded, cancellationToken).ConfigureAwait(false));
        return Task.WhenAll(some.Select(OneAsync));
    }

    /// <summary>Ends the records that have certain bytes at an offset, and their entries in the index, if one is given.</summary>
    /// <returns>For each key what was ended.</returns>
    public async Task<StoredRecord[]> EndAsync(
        IReadOnlyList<Ending> some, RedisKey[] index, int offset, byte[] bytes, bool guarded, CancellationToken cancellationToken)
    {
        RedisKey[] all = [.. some.Select(ending => keys.Record(ending.Key)), .. index];
        RedisValue[] arguments =
            [offset, bytes, .. some.SelectMany(static ending => (RedisValue[])[ending.Key.KeyPart, ending.Marker?.Pack() ?? []])];
        int attempts = all.Length > 1 ? RedisLink.Impatient : RedisLink.Patient;
        try
        {
            var answer = (RedisResult[]?)await link.ScriptAsync(
                RedisScripts.End, all, arguments, attempts, guarded, cancellationToken).ConfigureAwait(false);
            return [.. some.Zip(answer ?? [], static (ending, value) => Stored(ending.Key, (RedisValue)value))];
        }
        catch (SessionStoreException fault) when (all.Length > 1 && RedisFaults.IsOnTheMove(fault))
        {
            // Half of the slot is on another node, where only scripts with one key work. The entries stay and name dead sessions;
            // listing heals that.
            var ended = new List<StoredRecord>(some.Count);
            foreach (var ending in some)
            {
                ended.AddRange(await EndAsync([ending], [], offset, bytes, guarded, CancellationToken.None).ConfigureAwait(false));
            }

            return [.. ended];
        }
    }

    /// <summary>One step of <c>SCAN</c>: the cursor of the next one, 0 for the end, and the keys of records that it met.</summary>
    public async ValueTask<(ulong Next, List<SessionKey> Keys)> ScanStepAsync(
        IServer master, ulong cursor, int count, CancellationToken cancellationToken)
    {
        var (next, names) = await link.ScanStepAsync(master, cursor, keys.RecordPattern, count, cancellationToken).ConfigureAwait(false);
        var found = new List<SessionKey>(names.Length);
        foreach (string? name in names)
        {
            if (keys.TryParse(name, out var key))
            {
                found.Add(key);
            }
        }

        return (next, found);
    }

    /// <summary>The keys of the records of a master, some hundred at a time. One may occur twice.</summary>
    public async IAsyncEnumerable<SessionKey[]> ScanAsync(IServer master, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = new List<SessionKey>(Most);
        await foreach (var name in link.ScanAsync(master, keys.RecordPattern, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (keys.TryParse(name, out var key))
            {
                found.Add(key);
            }

            if (found.Count == Most)
            {
                yield return [.. found];
                found.Clear();
            }
        }

        if (found.Count > 0)
        {
            yield return [.. found];
        }
    }
}
