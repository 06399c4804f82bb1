using StackExchange.Redis;

namespace Sact.Session;

/// <summary>The settings of a <see cref="RedisStore"/>. They are read once, when the store is made.</summary>
public sealed class RedisStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// The connection string. Either a URL, <c>redis://[user:password@]host[:port][/database]</c>, or <c>rediss://</c> for TLS; a
    /// character such as <c>@</c>, <c>:</c>, <c>/</c> or <c>%</c> in the password is percent-encoded. Or the form of
    /// StackExchange.Redis, such as <c>localhost:6379,password=...</c>, with several servers for a cluster or a failover. Not needed
    /// with <see cref="Connection"/>.
    /// </summary>
    /// <remarks>
    /// The store connects at its first use, and the application starts while Redis is down. Unless the string sets them,
    /// <c>connectTimeout</c> is 2 seconds, <c>keepAlive</c> 2 seconds and <c>connectRetry</c> 1. The client reconnects once a second,
    /// and keeps no command for a later connection.
    /// </remarks>
    public string Configuration { get; set; } = "";

    /// <summary>A connection of the application, in place of <see cref="Configuration"/>. The store never disposes of it.</summary>
    public IConnectionMultiplexer? Connection { get; set; }

    /// <summary>The number of the database. Default: -1, the one that the configuration names, else 0. A cluster has only 0.</summary>
    public int Database { get; set; } = -1;

    /// <summary>
    /// How many replicas must have a write before it is acknowledged (<c>WAIT</c>). Default: 0; at most 64. It narrows the window in
    /// which a failover loses acknowledged writes, and does not close it. Every write then costs two more commands, during which the
    /// connection to that server carries nothing else.
    /// </summary>
    public int RequireReplicas { get; set; }

    /// <summary>
    /// How long <see cref="RequireReplicas"/> waits before the write is a fault of unknown outcome. Default: 1 second; from 1
    /// millisecond to 1 minute. Keep it below <c>StoreTimeout</c>.
    /// </summary>
    public TimeSpan ReplicaTimeout { get; set; } = TimeSpan.FromSeconds(1);
}
