using Sact.Session;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses Redis.</summary>
public static class RedisSessionBuilderExtensions
{
    /// <summary>Keeps sessions in Redis. The store connects at its first use.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configuration">Such as <c>localhost:6379</c>.</param>
    /// <param name="configure">Sets further options.</param>
    public static SactSessionBuilder UseRedis(this SactSessionBuilder builder, string configuration, Action<RedisStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        return builder.UseRedis(options =>
        {
            options.Configuration = configuration;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in Redis over a connection of the application's own, which is never disposed of here.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="configure">Sets further options.</param>
    public static SactSessionBuilder UseRedis(this SactSessionBuilder builder, IConnectionMultiplexer connection, Action<RedisStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(connection);
        return builder.UseRedis(options =>
        {
            options.Connection = connection;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in Redis, as the options say.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">Sets the options: at least a configuration or a connection.</param>
    public static SactSessionBuilder UseRedis(this SactSessionBuilder builder, Action<RedisStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.UseStore(services =>
        {
            var options = builder.Fill(services, new RedisStoreOptions());
            configure(options);
            return new RedisStore(options);
        });
    }
}
