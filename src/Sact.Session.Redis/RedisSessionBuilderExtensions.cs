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

    /// <summary>Keeps sessions in Redis with these options.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">Sets the options: at least a configuration or a connection.</param>
    public static SactSessionBuilder UseRedis(this SactSessionBuilder builder, Action<RedisStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (configure is null)
        {
            Refuse(nameof(configure), "a function that sets the options");
        }

        return builder.UseStore(services =>
        {
            var options = builder.Fill(services, new RedisStoreOptions());
            configure(options);
            return new RedisStore(options);
        });
    }

    [DoesNotReturn]
    private static void Refuse(string parameter, string what, string hint = "") => throw new ArgumentNullException(
        parameter, $"The Redis store needs {what}, and UseRedis was called with null. {hint}For example: UseRedis(\"localhost:6379\").");
}
