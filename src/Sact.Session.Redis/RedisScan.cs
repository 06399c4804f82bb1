using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sact.Session.Stores;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// The walk over all sessions for an administrator: <c>SCAN</c> on one master after the other, a few hundred keys at a time, so that no
/// step keeps a server busy. It has no order. A session that lives through the whole walk is met, perhaps twice.
/// </summary>
internal sealed class RedisScan(RedisLink link, RedisRecords records)
{
    private const int Fewest = 64;
    private const int Most = 512;
    private const int NodeBytes = 8;

    /// <summary>
    /// Where the walk is: the master, the cursor of the server, and the last key that was taken of the keys at that cursor.
    /// </summary>
    private readonly record struct Place(ulong Node, ulong Cursor, string KeyPart);

    public async ValueTask<ScannedRecords> RunAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken)
    {
        var masters = (await link.MastersAsync(guarded: true, cancellationToken).ConfigureAwait(false))
            .Select(static server => (Id: IdOf(server), Server: server))
            .OrderBy(static master => master.Id)
            .ToArray();
        var place = after is null ? new Place(masters[0].Id, 0, "") : Read(after);
        int at = Array.FindIndex(masters, master => master.Id == place.Node);
        if (at < 0)
        {
            throw new SessionStoreException(
                "The search cannot continue: the Redis server that it had reached is no longer a master. Begin with the first page again.");
        }

        int looked = Math.Clamp(most, Fewest, Most);
        var (next, keys) = await records.ScanStepAsync(masters[at].Server, place.Cursor, looked, cancellationToken).ConfigureAwait(false);

        // The server answers the same cursor with the same keys, or with more of them after its table has grown. In order, the keys behind
        // the last one that was taken are those that are left.
        SessionKey[] left =
        [
            .. keys.Distinct().Where(key => string.CompareOrdinal(key.KeyPart, place.KeyPart) > 0)
                .OrderBy(static key => key.KeyPart, StringComparer.Ordinal),
        ];
        var found = await records.ReadAsync(left, guarded: true, cancellationToken).ConfigureAwait(false);
        var met = found
            .Where(static record => record.Value.Exists)
            .Select(record => new ScannedRecord(record.Key, record.Value, Write(place with { KeyPart = record.Key.KeyPart })))
            .ToList();
        byte[]? end = next != 0 ? Write(new Place(place.Node, next, ""))
            : at + 1 < masters.Length ? Write(new Place(masters[at + 1].Id, 0, ""))
            : null;
        return new(met, end, looked);
    }

    private static ulong IdOf(IServer server) => BinaryPrimitives.ReadUInt64BigEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{server.EndPoint}"))));

    private static Place Read(byte[] bytes)
    {
        const int Start = NodeBytes + sizeof(ulong);
        return new Place(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(NodeBytes)),
            Encoding.ASCII.GetString(bytes, Start, bytes.Length - Start));
    }

    private static byte[] Write(Place place)
    {
        byte[] bytes = new byte[NodeBytes + sizeof(ulong) + place.KeyPart.Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, place.Node);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(NodeBytes), place.Cursor);
        Encoding.ASCII.GetBytes(place.KeyPart, bytes.AsSpan(NodeBytes + sizeof(ulong)));
        return bytes;
    }
}
