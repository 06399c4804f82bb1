using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// The names of the keys. The routing tag in braces is the hash tag of Redis Cluster, so that the sessions of a user and their index
/// share a slot. The name of an index has a hash in place of the user id, because the client, the server and its ACL log repeat keys in
/// their messages.
/// </summary>
internal sealed class RedisKeys(RedisStoreOptions options)
{
    private const int HashBytes = 16;

    private readonly string _start = options.Prefix + ":{";

    // A prefix has no NUL, and neither has a user id. With a secret routing key nobody can compute the hash of a user id that they guess.
    private readonly byte[] _seed = Encoding.UTF8.GetBytes("sact index\0" + (options.RoutingKey ?? options.Prefix) + "\0");

    /// <summary>Of all records, for <c>SCAN</c>.</summary>
    public string RecordPattern => _start + "*}:s:*";

    public RedisKey Record(string keyPart) => string.Concat(_start, keyPart.AsSpan(0, 3), "}:s:", keyPart);

    public RedisKey Index(string routingTag, string userId)
    {
        byte[] input = new byte[_seed.Length + Encoding.UTF8.GetByteCount(userId)];
        _seed.CopyTo(input, 0);
        Encoding.UTF8.GetBytes(userId, input.AsSpan(_seed.Length));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return $"{_start}{routingTag}}}:u:{Base64Url.EncodeToString(hash[..HashBytes])}";
    }
}
