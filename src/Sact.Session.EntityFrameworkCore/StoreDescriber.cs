using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>Describes the store for traces: the database that the provider of the context reaches, and the table.</summary>
internal static class StoreDescriber
{
    private const string Unknown = "other_sql";

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A context that cannot be created is reported by the calls that need it, and not by a trace.")]
    public static StoreDescription Describe<TContext>(IServiceProvider services)
        where TContext : DbContext
    {
        try
        {
            using var scope = services.CreateScope();
            if (scope.ServiceProvider.GetService<IDbContextFactory<TContext>>() is not { } factory)
            {
                return Of(scope.ServiceProvider.GetRequiredService<TContext>());
            }

            using var context = factory.CreateDbContext();
            return Of(context);
        }
        catch (Exception)
        {
            return new StoreDescription(Unknown);
        }
    }

    private static StoreDescription Of(DbContext context) => new(SystemOf(context.Database.ProviderName ?? ""))
    {
        Collection = context.Model.FindEntityType(typeof(SessionRow))?.GetTableName(),
    };

    /// <summary>The names are those of OpenTelemetry.</summary>
    private static string SystemOf(string provider)
    {
        bool Has(string word) => provider.Contains(word, StringComparison.OrdinalIgnoreCase);
        return Has("SqlServer") ? "microsoft.sql_server"
            : Has("Npgsql") ? "postgresql"
            : Has("Sqlite") ? "sqlite"
            : Has("MySql") ? "mysql"
            : Has("Oracle") ? "oracle.db"
            : Has("Firebird") ? "firebirdsql"
            : Unknown;
    }
}
