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
    public string? Configuration
    {
        get;
        set
        {
            field = value;
            IsConfigurationChosen = true;
        }
    }

    /// <summary>A connection of the application, in place of <see cref="Configuration"/>. The store never disposes of it.</summary>
    public IConnectionMultiplexer? Connection { get; set; }

    /// <summary>
    /// Which connection of the application <c>UseRedis()</c> takes, if neither <see cref="Connection"/> nor <see cref="Configuration"/>
    /// is set: the <see cref="IConnectionMultiplexer"/> that is registered under this key, or else the connection string of this name.
    /// Null (default): the one that is registered without a key, or else the connection string <c>Sessions</c> or <c>Redis</c>.
    /// </summary>
    /// <remarks>Only <c>UseRedis</c> reads it. <c>new RedisStore(options)</c> has no services to look in.</remarks>
    public string? ConnectionName { get; set; }

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

    /// <summary>
    /// Whether <see cref="Configuration"/> was set. A value that is empty is a mistake, and no other connection takes its place.
    /// </summary>
    internal bool IsConfigurationChosen { get; private set; }
}
