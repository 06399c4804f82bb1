using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>The connection that an application has registered, or that its configuration describes.</summary>
internal static class RegisteredRedis
{
    private static readonly string[] s_names = ["Sessions", "Redis"];

    /// <summary>Completes options that name no connection.</summary>
    /// <exception cref="InvalidOperationException">The application has none.</exception>
    public static void Complete(IServiceProvider services, RedisStoreOptions options)
    {
        if (options.Connection is not null || options.IsConfigurationChosen)
        {
            return;
        }

        string? name = options.ConnectionName;
        options.Connection = name is null ? services.GetService<IConnectionMultiplexer>()
            : services is IKeyedServiceProvider keyed ? keyed.GetKeyedService<IConnectionMultiplexer>(name)
            : null;
        if (options.Connection is not null)
        {
            return;
        }

        var configuration = services.GetService<IConfiguration>();
        options.Configuration = (name is null ? s_names : [name])
            .Select(candidate => configuration?.GetConnectionString(candidate)).FirstOrDefault(static found => found is not null)
            ?? throw (name is null
                ? new InvalidOperationException(
                    "The Redis store has no connection: no IConnectionMultiplexer is registered, and ConnectionStrings has neither "
                    + "'Sessions' nor 'Redis'. Register the connection, add the connection string to the configuration, or pass it: "
                    + "UseRedis(\"localhost:6379\").")
                : new InvalidOperationException(
                    $"The Redis store has no connection: no IConnectionMultiplexer is registered under the key '{name}', and "
                    + $"ConnectionStrings has no '{name}'. Register the connection under that key, add the connection string to the "
                    + "configuration, or change RedisStoreOptions.ConnectionName."));
    }
}
