using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Sact.Session;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds sessions in PostgreSQL to an application of Aspire.</summary>
public static class AspireSactSessionPostgreSqlExtensions
{
    private const string Section = "Aspire:Sact:Session:PostgreSql";

    /// <summary>
    /// Adds sessions in the PostgreSQL of a resource of the app host, with health check, traces and metrics. Also call
    /// <c>app.UseSactSession()</c>.
    /// </summary>
    /// <remarks>
    /// <para>The settings come from the section <c>Aspire:Sact:Session:PostgreSql</c>, and then from the section of the connection's
    /// name in it.</para>
    /// <para>An <see cref="NpgsqlDataSource"/> that is registered under the key of the connection's name is used. Otherwise the store
    /// connects by the connection string. If there is neither, the application does not start.</para>
    /// <para><c>builder.Services.AddSactSession(o => …)</c> sets the options of the sessions, before or after this call.</para>
    /// </remarks>
    /// <param name="builder">The builder of the application.</param>
    /// <param name="connectionName">The name of the resource, and so of the connection string.</param>
    /// <param name="configureSettings">Changes the settings, after the configuration; null for nothing.</param>
    /// <param name="configureOptions">Sets the options of the store; null for nothing.</param>
    /// <returns>The builder of the sessions.</returns>
    /// <exception cref="ArgumentException"><paramref name="connectionName"/> is empty.</exception>
    /// <exception cref="InvalidOperationException">A setting of the configuration is neither true nor false.</exception>
    /// <example>
    /// <code>
    /// builder.AddSactSessionPostgreSql("db");
    /// builder.Services.AddSactSession(o => o.IdleTimeout = TimeSpan.FromHours(1));
    /// </code>
    /// </example>
    public static SactSessionBuilder AddSactSessionPostgreSql(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<SactSessionPostgreSqlSettings>? configureSettings = null,
        Action<PostgreSqlStoreOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        return Add(builder, null, connectionName, configureSettings, configureOptions);
    }

    /// <summary>
    /// Adds named sessions in the PostgreSQL of a resource of the app host, beside the unnamed ones. They are those of
    /// <c>AddSactSession(name)</c>: inject them with <c>[FromKeyedServices(name)]</c>.
    /// </summary>
    /// <remarks>
    /// The settings come from the section <c>Aspire:Sact:Session:PostgreSql</c>, and then from the section <paramref name="name"/> in it.
    /// Everything else is as for <see cref="AddSactSessionPostgreSql"/>.
    /// </remarks>
    /// <param name="builder">The builder of the application.</param>
    /// <param name="name">The name of the registration.</param>
    /// <param name="configureSettings">Changes the settings, after the configuration; null for nothing.</param>
    /// <param name="configureOptions">Sets the options of the store; null for nothing.</param>
    /// <param name="connectionName">
    /// The name of the resource, and so of the connection string; null for <paramref name="name"/>. Several registrations can share one.
    /// </param>
    /// <returns>The builder of the sessions.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="name"/> or <paramref name="connectionName"/> is empty.
    /// </exception>
    /// <exception cref="InvalidOperationException">A setting of the configuration is neither true nor false.</exception>
    /// <example>
    /// <code>
    /// builder.AddKeyedSactSessionPostgreSql("admin", connectionName: "db");
    /// builder.Services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin");
    /// </code>
    /// </example>
    public static SactSessionBuilder AddKeyedSactSessionPostgreSql(
        this IHostApplicationBuilder builder,
        string name,
        Action<SactSessionPostgreSqlSettings>? configureSettings = null,
        Action<PostgreSqlStoreOptions>? configureOptions = null,
        string? connectionName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        connectionName ??= name;
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        return Add(builder, name, connectionName, configureSettings, configureOptions);
    }

    private static SactSessionBuilder Add(
        IHostApplicationBuilder builder,
        string? registration,
        string connectionName,
        Action<SactSessionPostgreSqlSettings>? configureSettings,
        Action<PostgreSqlStoreOptions>? configureOptions)
    {
        var (client, sessions) = AspireClient.Add(builder, Section, registration, connectionName, configureSettings);
        return sessions.UsePostgreSql((services, options) =>
        {
            options.ConnectionName = connectionName;
            options.ConnectionString = client.Chosen ?? options.ConnectionString;
            configureOptions?.Invoke(options);
            if (options.DataSource is null && options.ConnectionString is null)
            {
                options.DataSource = client.Registered<NpgsqlDataSource>(services);
            }

            if (options.DataSource is null)
            {
                options.ConnectionString ??= client.RequireConnectionString("PostgreSQL", nameof(NpgsqlDataSource));
            }
        });
    }
}
