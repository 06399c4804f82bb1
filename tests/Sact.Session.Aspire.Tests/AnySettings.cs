namespace Sact.Session.Aspire.Tests;

/// <summary>The settings of either package.</summary>
internal sealed class AnySettings
{
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    public bool DisableTracing { get; set; }

    public bool DisableMetrics { get; set; }

    public static Action<SactSessionRedisSettings>? ForRedis(Action<AnySettings>? configure) => configure is null ? null : settings =>
    {
        var any = Of(settings.ConnectionString, settings.DisableHealthChecks, settings.DisableTracing, settings.DisableMetrics);
        configure(any);
        settings.ConnectionString = any.ConnectionString;
        settings.DisableHealthChecks = any.DisableHealthChecks;
        settings.DisableTracing = any.DisableTracing;
        settings.DisableMetrics = any.DisableMetrics;
    };

    public static Action<SactSessionPostgreSqlSettings>? ForPostgres(Action<AnySettings>? change) => change is null ? null : settings =>
    {
        var any = Of(settings.ConnectionString, settings.DisableHealthChecks, settings.DisableTracing, settings.DisableMetrics);
        change(any);
        settings.ConnectionString = any.ConnectionString;
        settings.DisableHealthChecks = any.DisableHealthChecks;
        settings.DisableTracing = any.DisableTracing;
        settings.DisableMetrics = any.DisableMetrics;
    };

    private static AnySettings Of(string? connectionString, bool disableHealthChecks, bool disableTracing, bool disableMetrics) => new()
    {
        ConnectionString = connectionString,
        DisableHealthChecks = disableHealthChecks,
        DisableTracing = disableTracing,
        DisableMetrics = disableMetrics,
    };
}
