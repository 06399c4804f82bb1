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
    private const int HashBytes = 12;

    private readonly string _start = options.Prefix + ":{";

    // A prefix has no NUL, and neither has a user id. With a secret routing key nobody can compute the hash of a user id that they guess.
    private readonly byte[] _seed = Encoding.UTF8.GetBytes("sact index\0" + (options.RoutingKey ?? options.Prefix) + "\0");

    /// <summary>Of all records, for <c>SCAN</c>.</summary>
    public string RecordPattern => _start + "*}:s:*";

    /// <summary>The channel on which the scripts publish the keys of sessions that they end.</summary>
    public RedisChannel Ended { get; } = RedisChannel.Literal(options.Prefix + ":ended");

    public RedisKey Record(SessionKey key)
    {
        string part = key.KeyPart;
        return string.Concat(_start, part.AsSpan(0, 3), "}:s:", part);
    }

    /// <summary>The index of the session's user; none for an anonymous session.</summary>
    public RedisKey[] Index(SessionRecord session) => session.UserId is { } userId ? [Index(session.Key.RoutingTag, userId)] : [];

    public RedisKey Index(string routingTag, string userId)
    {
        byte[] input = new byte[_seed.Length + Encoding.UTF8.GetByteCount(userId)];
        _seed.CopyTo(input, 0);
        Encoding.UTF8.GetBytes(userId, input.AsSpan(_seed.Length));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return $"{_start}{routingTag}}}:u:{Base64Url.EncodeToString(hash[..HashBytes])}";
    }

    /// <summary>Another program may have a key that fits the pattern, and whose tag is not the one of its key part.</summary>
    public bool TryParse(RedisKey record, out SessionKey key)
    {
        string name = record.ToString();
        return SessionKey.TryParse($"{options.Prefix}:{name[(name.LastIndexOf(':') + 1)..]}", null, out key) && Record(key) == record;
    }

    /// <summary>The keys that members of an index name. What is no key of its slot is left out.</summary>
    public SessionKey[] Parse(string routingTag, RedisValue[]? members)
    {
        var keys = new List<SessionKey>();
        foreach (var member in members ?? [])
        {
            if (SessionKey.TryParse($"{options.Prefix}:{member}", null, out var key) && key.RoutingTag == routingTag)
            {
                keys.Add(key);
            }
        }

        return [.. keys];
    }
}
