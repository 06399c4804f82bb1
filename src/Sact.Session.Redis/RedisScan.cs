using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sact.Session.Stores;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// The walk over all sessions for an administrator: <c>SCAN</c> on one master after the other, a few hundred keys at a time, so that no
/// step keeps a server busy. It has no order. A session that lives through the whole walk is met, perhaps twice, unless a cluster moves its
/// slot or a server restarts meanwhile.
/// </summary>
internal sealed class RedisScan(RedisLink link, RedisRecords records, TimeProvider clock)
{
    private const int Fewest = 64;
    private const int Most = 512;

    // Master, cursor, count and the cursor behind the step: three times 8 bytes and 4.
    private const int Fixed = 28;

    /// <summary>
    /// Where the walk is: the master and its cursor. Inside a step also the number of keys that the step looked for, the cursor behind it,
    /// and the last key that was taken.
    /// </summary>
    private readonly record struct Place(ulong Node, ulong Cursor, int Count = 0, ulong Behind = 0, string KeyPart = "");

    public async ValueTask<ScannedRecords> RunAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken)
    {
        var masters = (await link.MastersAsync(guarded: true, cancellationToken).ConfigureAwait(false))
            .Select(static server => (Id: IdOf(server), Server: server))
            .OrderBy(static master => master.Id)
            .ToArray();
        var place = after is null ? new Place(masters[0].Id, 0) : Read(after);
        int at = Array.FindIndex(masters, master => master.Id == place.Node);
        if (at < 0)
        {
            throw new SessionStoreException(
                "The search cannot continue: the Redis server that it had reached is no longer a master. Begin with the first page again.");
        }

        int looked = place.Count > 0 ? place.Count : Math.Clamp(most, Fewest, Most);
        var (next, keys) = await records.ScanStepAsync(masters[at].Server, place.Cursor, looked, cancellationToken).ConfigureAwait(false);

        // A step that reaches as far as before has the same keys, less those that have ended, so the keys behind the last one that was
        // taken are those that are left. Keys that have ended let a step reach further. Then it has keys that nobody has taken, and all
        // count.
        string taken = next == place.Behind ? place.KeyPart : "";
        SessionKey[] left =
        [
            .. keys.Distinct().Where(key => string.CompareOrdinal(key.KeyPart, taken) > 0)
                .OrderBy(static key => key.KeyPart, StringComparer.Ordinal),
        ];
        var found = await records.ReadAsync(left, guarded: true, cancellationToken).ConfigureAwait(false);
        var met = found
            .Where(static record => record.Value.Exists)
            .Select(record => new ScannedRecord(
                record.Key,
                record.Value,
                Write(place with { Count = looked, Behind = next, KeyPart = record.Key.KeyPart })))
            .ToList();
        byte[]? end = next != 0 ? Write(new Place(place.Node, next))
            : at + 1 < masters.Length ? Write(new Place(masters[at + 1].Id, 0))
            : null;
        return new(met, end, looked);
    }

    /// <summary>Reads all keys of every master.</summary>
    public async ValueTask<SessionCounts> CountAsync(CancellationToken cancellationToken)
    {
        var counts = default(SessionCounts);
        var now = clock.GetUtcNow();
        var seen = new HashSet<SessionKey>();
        foreach (var master in await link.MastersAsync(guarded: true, cancellationToken).ConfigureAwait(false))
        {
            await foreach (var some in records.ScanAsync(master, cancellationToken).ConfigureAwait(false))
            {
                // SCAN may return a key twice, and two nodes may return the same key.
                var found = await records.ReadAsync(some, guarded: true, cancellationToken).ConfigureAwait(false);
                counts = found
                    .Where(record => record.Value.IsLiveSession(now) && seen.Add(record.Key))
                    .Aggregate(counts, static (sum, record) => sum.Add(StateOf(record.Value), 1));
            }
        }

        return counts;
    }

    /// <summary>The state is in the body, which a newer format may have changed. Only the user can be known of that one.</summary>
    private static SessionState StateOf(StoredRecord stored) =>
        stored.Record?.State ?? (stored.Header.UserId is null ? SessionState.Anonymous : SessionState.SignedIn);

    private static ulong IdOf(IServer server) => BinaryPrimitives.ReadUInt64BigEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{server.EndPoint}"))));

    private static Place Read(byte[] bytes)
    {
        // Whoever may search can forge a cursor. A step must not become so long that it keeps the server busy.
        return bytes.Length < Fixed || BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)) is < 0 or > Most
            ? throw new ArgumentException("SessionQuery.After is no cursor of this query. Begin with the first page again.", nameof(bytes))
            : new Place(
                BinaryPrimitives.ReadUInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(8)),
                BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)),
                BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(20)),
                Encoding.ASCII.GetString(bytes, Fixed, bytes.Length - Fixed));
    }

    private static byte[] Write(Place place)
    {
        byte[] bytes = new byte[Fixed + place.KeyPart.Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, place.Node);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), place.Cursor);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), place.Count);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(20), place.Behind);
        Encoding.ASCII.GetBytes(place.KeyPart, bytes.AsSpan(Fixed));
        return bytes;
    }
}
