using StackExchange.Redis;

namespace Sact.Session;

/// <summary>What a <see cref="RedisStore"/> needs to be told. Read once, when the store is made.</summary>
public sealed class RedisStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// Where Redis is, as StackExchange.Redis writes it, such as <c>localhost:6379,password=…</c>; several end points for a cluster. The store connects at its first use, and the application starts while
    /// Redis is down. Not needed beside <see cref="Connection"/>.
    /// </summary>
    public string Configuration { get; set; } = "";

    /// <summary>A connection of the application's own, used in place of <see cref="Configuration"/>. It is never disposed of.</summary>
    public IConnectionMultiplexer? Connection { get; set; }

    /// <summary>The number of the database; default -1: the one the configuration names, else 0. A cluster has only 0.</summary>
    public int Database { get; set; } = -1;

    /// <summary>
    /// How many replicas must have a write before it is acknowledged (<c>WAIT</c>); default 0, at most 64. It narrows the window in which a failover loses acknowledged writes and does not close it. Every
    /// write then costs a second and a third command, during which the connection to that server carries nothing else.
    /// </summary>
    public int RequireReplicas { get; set; }

    /// <summary>How long <see cref="RequireReplicas"/> waits before the write is a fault of unknown outcome; default 1 second, 1 millisecond to 1 minute. Keep it under <c>StoreTimeout</c>.</summary>
    public TimeSpan ReplicaTimeout { get; set; } = TimeSpan.FromSeconds(1);
}
