using System.Diagnostics.CodeAnalysis;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses SQLite as the store.</summary>
public static class SqliteSessionBuilderExtensions
{
    /// <summary>Keeps sessions in an SQLite file, which is created if it is missing.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="connectionString">Such as <c>Data Source=app.db</c>.</param>
    /// <param name="configure">Sets further options.</param>
    /// <exception cref="ArgumentNullException">
    /// The connection string is null: the configuration of the application has none of that name.
    /// </exception>
    public static SactSessionBuilder UseSqlite(
        this SactSessionBuilder builder, string connectionString, Action<SqliteStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (connectionString is null)
        {
            Refuse(nameof(connectionString), "a connection string", "GetConnectionString(name) returns null where ConnectionStrings has "
                + "no such name: check the name and the configuration of this environment. ");
        }

        return builder.UseSqlite(options =>
        {
            options.ConnectionString = connectionString;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in SQLite with these options.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">Sets the options: at least a connection string or a connection.</param>
    public static SactSessionBuilder UseSqlite(this SactSessionBuilder builder, Action<SqliteStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (configure is null)
        {
            Refuse(nameof(configure), "a function that sets the options");
        }

        return builder.UseStore(services =>
        {
            var options = builder.Fill(services, new SqliteStoreOptions());
            configure(options);
            return new SqliteStore(options);
        });
    }

    [DoesNotReturn]
    private static void Refuse(string parameter, string what, string hint = "") => throw new ArgumentNullException(
        parameter,
        $"The SQLite store needs {what}, and UseSqlite was called with null. {hint}For example: UseSqlite(\"Data Source=app.db\").");
}
