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

    /// <summary>
    /// Keeps sessions in SQLite. Unless the options name a file or a connection, the file is that of a connection string of the
    /// application's configuration.
    /// </summary>
    /// <remarks>
    /// Without a name it is the connection string <c>Sessions</c>, or else <c>Sqlite</c>. If there is none, the application does not start.
    /// </remarks>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">Sets the options; null for nothing.</param>
    /// <param name="connectionName">
    /// The name of the connection string; null for the defaults. It sets <see cref="SqliteStoreOptions.ConnectionName"/>.
    /// </param>
    /// <example><code>builder.Services.AddSactSession().UseSqlite(connectionName: "Sessions");</code></example>
    public static SactSessionBuilder UseSqlite(
        this SactSessionBuilder builder, Action<SqliteStoreOptions>? configure = null, string? connectionName = null) =>
        builder.UseSqlite((_, options) =>
        {
            options.ConnectionName = connectionName ?? options.ConnectionName;
            configure?.Invoke(options);
        });

    /// <summary>Keeps sessions in SQLite, with options that need services of the application.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">
    /// Sets the options. It can resolve singletons. Unless it names a file or a connection, the file comes from the configuration, as for
    /// <see cref="UseSqlite(SactSessionBuilder, Action{SqliteStoreOptions}, string)"/>.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddSactSession().UseSqlite((services, o) =>
    ///     o.ConnectionString = $"Data Source={services.GetRequiredService&lt;IHostEnvironment>().ContentRootPath}/sessions.db");
    /// </code>
    /// </example>
    public static SactSessionBuilder UseSqlite(
        this SactSessionBuilder builder, Action<IServiceProvider, SqliteStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (configure is null)
        {
            Refuse(nameof(configure), "a function that sets the options");
        }

        return builder.UseStore(services =>
        {
            var options = builder.CreateOptions(services, configure);
            ConfiguredSqlite.Complete(services, options);
            return new SqliteStore(options);
        });
    }

    [DoesNotReturn]
    private static void Refuse(string parameter, string what, string hint = "") => throw new ArgumentNullException(
        parameter,
        $"The SQLite store needs {what}, and UseSqlite was called with null. {hint}For example: UseSqlite(\"Data Source=app.db\").");
}
