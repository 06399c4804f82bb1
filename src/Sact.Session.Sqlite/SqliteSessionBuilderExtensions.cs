using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses SQLite.</summary>
public static class SqliteSessionBuilderExtensions
{
    /// <summary>Keeps sessions in an SQLite file, which is made if it is not there.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="connectionString">Such as <c>Data Source=app.db</c>.</param>
    /// <param name="configure">Sets further options.</param>
    public static SactSessionBuilder UseSqlite(this SactSessionBuilder builder, string connectionString, Action<SqliteStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(connectionString);
        return builder.UseSqlite(options =>
        {
            options.ConnectionString = connectionString;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in SQLite, as the options say.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="configure">Sets the options: at least a connection string or a connection.</param>
    public static SactSessionBuilder UseSqlite(this SactSessionBuilder builder, Action<SqliteStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.UseStore(services =>
        {
            var options = builder.Fill(services, new SqliteStoreOptions());
            configure(options);
            return new SqliteStore(options);
        });
    }
}
