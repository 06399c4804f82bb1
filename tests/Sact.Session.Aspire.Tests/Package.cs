using Microsoft.Extensions.Hosting;

namespace Sact.Session.Aspire.Tests;

/// <summary>The two packages behind one name each, so that a fact is tried on both.</summary>
internal static class Package
{
    public const string Redis = "redis";
    public const string Postgres = "postgres";

    public static string Section(string package) =>
        package == Redis ? "Aspire:Sact:Session:Redis" : "Aspire:Sact:Session:PostgreSql";

    /// <summary>A string with which nothing works: nobody listens there.</summary>
    public static string Dead(string package) =>
        package == Redis ? "127.0.0.1:1,connectTimeout=100,password=secretword" : "Host=127.0.0.1;Port=1;Timeout=1;Password=secretword";

    public static SactSessionBuilder Add(
        IHostApplicationBuilder builder, string package, string connectionName, Action<AnySettings>? configure = null) =>
        package == Redis
            ? builder.AddSactSessionRedis(connectionName, AnySettings.ForRedis(configure))
            : builder.AddSactSessionPostgreSql(connectionName, AnySettings.ForPostgres(configure));

    public static SactSessionBuilder AddKeyed(
        IHostApplicationBuilder builder,
        string package,
        string name,
        string? connectionName = null,
        Action<AnySettings>? configure = null) => package == Redis
            ? builder.AddKeyedSactSessionRedis(name, AnySettings.ForRedis(configure), connectionName: connectionName)
            : builder.AddKeyedSactSessionPostgreSql(name, AnySettings.ForPostgres(configure), connectionName: connectionName);
}
