namespace Sact.Session;

/// <summary>What the settings of both packages for Aspire have. Their names are those of Aspire's client integrations.</summary>
internal interface IAspireSettings
{
    string? ConnectionString { get; set; }

    bool DisableHealthChecks { get; set; }

    bool DisableTracing { get; set; }

    bool DisableMetrics { get; set; }
}
