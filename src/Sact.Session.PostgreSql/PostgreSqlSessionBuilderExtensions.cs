using Npgsql;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses PostgreSQL.</summary>
public static class PostgreSqlSessionBuilderExtensions
{
    /// <summary>Keeps sessions in PostgreSQL. Nothing is connected to before the first session is asked for.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="connectionString">Such as <c>Host=db;Database=app;Username=app;Password=…</c>.</param>
    /// <param name="configure">Sets further options.</param>
    public static SactSessionBuilder UsePostgreSql(this SactSessionBuilder builder, string connectionString, Action<PostgreSqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(connectionString);
        return builder.UsePostgreSql(options =>
        {
            options.ConnectionString = connectionString;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in PostgreSQL, over a data source of the application's own, which is never disposed of here.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
    /// <param name="dataSource">The data source.</param>
    /// <param name="configure">Sets further options.</param>
    public static SactSessionBuilder UsePostgreSql(this SactSessionBuilder builder, NpgsqlDataSource dataSource, Action<PostgreSqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        return builder.UsePostgreSql(options =>
        {
            options.DataSource = dataSource;
            configure?.Invoke(options);
        });
    }

    /// <summary>Keeps sessions in PostgreSQL, as the options say.</summary>
    /// <param name="builder">What <c>AddSactSession()</c> returned.</param>
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
