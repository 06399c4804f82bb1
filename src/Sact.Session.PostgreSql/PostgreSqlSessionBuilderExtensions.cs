using Npgsql;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses PostgreSQL as the store.</summary>
public static class PostgreSqlSessionBuilderExtensions
{
    /// <summary>Keeps sessions in PostgreSQL. The store connects at the first call, not before.</summary>
    /// <param name="builder">The result of <c>AddSactSession()</c>.</param>
    /// <param name="connectionString">A connection string, such as <c>Host=db;Database=app;Username=app;Password=…</c>.</param>
    /// <param name="configure">Sets further options.</param>
    /// <exception cref="ArgumentException">The connection string is null, empty or white space.</exception>
    public static SactSessionBuilder UsePostgreSql(
        this SactSessionBuilder builder, string connectionString, Action<PostgreSqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PostgreSqlConnectionString.ThrowIfMissing(connectionString, nameof(connectionString));
        return builder.UsePostgreSql(options =>
        {
            options.ConnectionString = connectionString;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in PostgreSQL, over a data source of the application. The store never disposes of it.</summary>
    /// <param name="builder">The result of <c>AddSactSession()</c>.</param>
    /// <param name="dataSource">The data source.</param>
    /// <param name="configure">Sets further options.</param>
    /// <exception cref="ArgumentNullException">The data source is null.</exception>
    public static SactSessionBuilder UsePostgreSql(
        this SactSessionBuilder builder, NpgsqlDataSource dataSource, Action<PostgreSqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (dataSource is null)
        {
            throw new ArgumentNullException(
                nameof(dataSource),
                "UsePostgreSql was called without a data source: it is null. Pass an NpgsqlDataSource, or a connection string.");
        }

        return builder.UsePostgreSql(options =>
        {
            options.DataSource = dataSource;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in PostgreSQL, as the options say.</summary>
    /// <param name="builder">The result of <c>AddSactSession()</c>.</param>
    /// <param name="configure">Sets the options: at least a connection string or a data source.</param>
    public static SactSessionBuilder UsePostgreSql(this SactSessionBuilder builder, Action<PostgreSqlStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.UseStore(services =>
        {
            var options = builder.Fill(services, new PostgreSqlStoreOptions());
            configure(options);
            return new PostgreSqlStore(options);
        });
    }
}
