using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>The connection string of the application's configuration.</summary>
internal static class ConfiguredSqlite
{
    private static readonly string[] s_names = ["Sessions", "Sqlite"];

    /// <summary>Completes options that name no file.</summary>
    /// <exception cref="InvalidOperationException">The configuration has none.</exception>
    public static void Complete(IServiceProvider services, SqliteStoreOptions options)
    {
        if (options.Connection is not null || options.IsConnectionStringChosen)
        {
            return;
        }

        string? name = options.ConnectionName;
        var configuration = services.GetService<IConfiguration>();
        options.ConnectionString = (name is null ? s_names : [name])
            .Select(candidate => configuration?.GetConnectionString(candidate)).FirstOrDefault(static found => found is not null)
            ?? throw (name is null
                ? new InvalidOperationException(
                    "The SQLite store has no file: ConnectionStrings has neither 'Sessions' nor 'Sqlite'. Add the connection string to the "
                    + "configuration, or pass it: UseSqlite(\"Data Source=app.db\").")
                : new InvalidOperationException(
                    $"The SQLite store has no file: ConnectionStrings has no '{name}'. Add the connection string to the configuration, or "
                    + "change SqliteStoreOptions.ConnectionName."));
    }
}
