using System.Diagnostics.CodeAnalysis;
using Sact.Session;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses Redis as the store.</summary>
public static class RedisSessionBuilderExtensions
{
    /// <summary>Keeps sessions in Redis. The store connects at its first use.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configuration">A connection string, such as <c>localhost:6379</c> or <c>redis://user:password@host</c>.</param>
    /// <param name="configure">Sets further options.</param>
    /// <exception cref="ArgumentNullException">
    /// The connection string is null: the configuration of the application has none of that name.
    /// </exception>
    public static SactSessionBuilder UseRedis(
        this SactSessionBuilder builder, string configuration, Action<RedisStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (configuration is null)
        {
            Refuse(nameof(configuration), "a connection string", "GetConnectionString(name) returns null where ConnectionStrings has "
                + "no such name: check the name and the configuration of this environment. ");
        }

        return builder.UseRedis(options =>
        {
            options.Configuration = configuration;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in Redis over a connection of the application. The store never disposes of it.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="configure">Sets further options.</param>
    public static SactSessionBuilder UseRedis(
        this SactSessionBuilder builder, IConnectionMultiplexer connection, Action<RedisStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (connection is null)
        {
            Refuse(nameof(connection), "a connection");
        }

        return builder.UseRedis(options =>
        {
            options.Connection = connection;
            configure?.Invoke(options);
        });
    }

    /// <summary>
    /// Keeps sessions in Redis. Unless the options name a connection, it is the application's: a registered
    /// <see cref="IConnectionMultiplexer"/>, or else a connection string of its configuration.
    /// </summary>
    /// <remarks>
    /// <para>Without a name: the <see cref="IConnectionMultiplexer"/> that is registered without a key, or else the connection string
    /// <c>Sessions</c>, or else <c>Redis</c>. With a name: the one that is registered under that key, or else the connection string of that
    /// name, and no other. With Aspire it is the name of the resource.</para>
    /// <para>If there is none, the application does not start. The store never disposes of a registered connection.</para>
    /// </remarks>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">Sets the options; null for nothing.</param>
    /// <param name="connectionName">
    /// The key of the connection and the name of the connection string; null for the defaults. It sets
    /// <see cref="RedisStoreOptions.ConnectionName"/>.
    /// </param>
    /// <example>
    /// <code>
    /// builder.AddKeyedRedisClient("sessions");    // of Aspire.StackExchange.Redis
    /// builder.Services.AddSactSession().UseRedis(connectionName: "sessions");
    /// </code>
    /// </example>
    public static SactSessionBuilder UseRedis(
        this SactSessionBuilder builder, Action<RedisStoreOptions>? configure = null, string? connectionName = null) =>
        builder.UseRedis((_, options) =>
        {
            options.ConnectionName = connectionName ?? options.ConnectionName;
            configure?.Invoke(options);
        });

    /// <summary>Keeps sessions in Redis, with options that need services of the application.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">
    /// Sets the options. It can resolve singletons. Unless it names a connection, that is the application's, as for
    /// <see cref="UseRedis(SactSessionBuilder, Action{RedisStoreOptions}, string)"/>.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddSactSession()
    ///     .UseRedis((services, o) => o.Connection = services.GetRequiredService&lt;RedisConnections>().ForSessions);
    /// </code>
    /// </example>
    public static SactSessionBuilder UseRedis(
        this SactSessionBuilder builder, Action<IServiceProvider, RedisStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (configure is null)
        {
            Refuse(nameof(configure), "a function that sets the options");
        }

        return builder.UseStore(services =>
        {
            var options = builder.CreateOptions(services, configure);
            RegisteredRedis.Complete(services, options);
            return new RedisStore(options);
        });
    }

    [DoesNotReturn]
    private static void Refuse(string parameter, string what, string hint = "") => throw new ArgumentNullException(
        parameter, $"The Redis store needs {what}, and UseRedis was called with null. {hint}For example: UseRedis(\"localhost:6379\").");
}
