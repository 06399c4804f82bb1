using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Sact.Session;

/// <summary>The data source that an application has registered, or the connection string of its configuration.</summary>
internal static class RegisteredPostgreSql
{
    private static readonly string[] s_names = ["Sessions", "Postgres"];

    /// <summary>Completes options that name no server.</summary>
    /// <exception cref="InvalidOperationException">The application has none.</exception>
    public static void Complete(IServiceProvider services, PostgreSqlStoreOptions options)
    {
        if (options.DataSource is not null || options.IsConnectionStringChosen)
        {
            return;
        }

        string? name = options.ConnectionName;
        options.DataSource = name is null ? services.GetService<NpgsqlDataSource>()
            : services is IKeyedServiceProvider keyed ? keyed.GetKeyedService<NpgsqlDataSource>(name)
            : null;
        if (options.DataSource is not null)
        {
            return;
        }

        var configuration = services.GetService<IConfiguration>();
        options.ConnectionString = (name is null ? s_names : [name])
            .Select(candidate => configuration?.GetConnectionString(candidate)).FirstOrDefault(static found => found is not null)
            ?? throw (name is null
                ? new InvalidOperationException(
                    "The PostgreSQL store has no server: no NpgsqlDataSource is registered, and ConnectionStrings has neither 'Sessions' "
                    + "nor 'Postgres'. Register the data source, add the connection string to the configuration, or pass it: "
                    + "UsePostgreSql(\"Host=db;Database=app;Username=app\").")
                : new InvalidOperationException(
                    $"The PostgreSQL store has no server: no NpgsqlDataSource is registered under the key '{name}', and "
                    + $"ConnectionStrings has no '{name}'. Register the data source under that key, add the connection string to the "
                    + "configuration, or change PostgreSqlStoreOptions.ConnectionName."));
    }
}
