namespace Sact.Session;

/// <summary>
/// The settings of sessions in Redis in an application of Aspire. They are read from the section
/// <c>Aspire:Sact:Session:Redis</c>, then from the section of the name in it, then set by code.
/// </summary>
public sealed class SactSessionRedisSettings : IAspireSettings
{
    /// <summary>
    /// The connection string. Default: that of the configuration. <c>ConnectionStrings</c> comes before the sections, and what code sets
    /// comes before all. A null or empty one stops the start, unless a connection is registered under the key of its name.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether no health check is added for the store. Default: false.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>
    /// Whether the source <c>Sact.Session</c> is not added to the traces of OpenTelemetry. Default: false. All registrations share the
    /// source, so that one with traces is enough for the spans of all.
    /// </summary>
    public bool DisableTracing { get; set; }

    /// <summary>
    /// Whether the meter <c>Sact.Session</c> is not added to the metrics of OpenTelemetry. Default: false. All registrations share the
    /// meter, so that one with metrics is enough for the measurements of all.
    /// </summary>
    public bool DisableMetrics { get; set; }
}
