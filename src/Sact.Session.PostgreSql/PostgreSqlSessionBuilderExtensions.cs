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

    /// <summary>
    /// Keeps sessions in PostgreSQL. Unless the options name a server, it is the application's: a registered
    /// <see cref="NpgsqlDataSource"/>, or else a connection string of its configuration.
    /// </summary>
    /// <remarks>
    /// <para>Without a name: the <see cref="NpgsqlDataSource"/> that is registered without a key, or else the connection string
    /// <c>Sessions</c>, or else <c>Postgres</c>. With a name: the one that is registered under that key, or else the connection string of
    /// that name, and no other. With Aspire it is the name of the resource.</para>
    /// <para>If there is none, the application does not start. The store never disposes of a registered data source.</para>
    /// </remarks>
    /// <param name="builder">The result of <c>AddSactSession()</c>.</param>
    /// <param name="configure">Sets the options; null for nothing.</param>
    /// <param name="connectionName">
    /// The key of the data source and the name of the connection string; null for the defaults. It sets
    /// <see cref="PostgreSqlStoreOptions.ConnectionName"/>.
    /// </param>
    /// <example>
    /// <code>
    /// builder.AddNpgsqlDataSource("appdb");    // of Aspire.Npgsql
    /// builder.Services.AddSactSession().UsePostgreSql();
    /// </code>
    /// </example>
    public static SactSessionBuilder UsePostgreSql(
        this SactSessionBuilder builder, Action<PostgreSqlStoreOptions>? configure = null, string? connectionName = null) =>
        builder.UsePostgreSql((_, options) =>
        {
            options.ConnectionName = connectionName ?? options.ConnectionName;
            configure?.Invoke(options);
        });

    /// <summary>Keeps sessions in PostgreSQL, with options that need services of the application.</summary>
    /// <param name="builder">The result of <c>AddSactSession()</c>.</param>
    /// <param name="configure">
    /// Sets the options. It can resolve singletons. Unless it names a server, that is the application's, as for
    /// <see cref="UsePostgreSql(SactSessionBuilder, Action{PostgreSqlStoreOptions}, string)"/>.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddSactSession()
    ///     .UsePostgreSql((services, o) => o.ConnectionString = services.GetRequiredService&lt;Vault>().Database);
    /// </code>
    /// </example>
    public static SactSessionBuilder UsePostgreSql(
        this SactSessionBuilder builder, Action<IServiceProvider, PostgreSqlStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.UseStore(services =>
        {
            var options = builder.CreateOptions(services, configure);
            RegisteredPostgreSql.Complete(services, options);
            return new PostgreSqlStore(options);
        });
    }
}
