using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Sact.Session;

/// <summary>
/// One registration of sessions after the conventions of Aspire: settings from configuration, then from code; health check, traces and
/// metrics unless a setting disables them. Both packages for Aspire contain this file.
/// </summary>
internal sealed class AspireClient
{
    // The name of the source of spans and of the meter. It is part of the public API of the core.
    private const string TelemetryName = "Sact.Session";

    private readonly IConfiguration _configuration;
    private readonly string _connectionName;
    private readonly string[] _sections;
    private bool _isChosen;

    private AspireClient(IConfiguration configuration, string section, string name, string connectionName)
    {
        _configuration = configuration;
        _connectionName = connectionName;
        _sections = [$"{section}:{name}", section];
    }

    /// <summary>The connection string that the code chose in place of that of the configuration; null if it chose none.</summary>
    public string? Chosen { get; private set; }

    /// <summary>Reads the settings, and registers sessions with what the settings leave on.</summary>
    /// <param name="builder">The builder of the application.</param>
    /// <param name="section">The section of the settings; a section of the name in it comes first.</param>
    /// <param name="registration">The name of the registration; null for the unnamed one.</param>
    /// <param name="connectionName">The name of the connection string.</param>
    /// <param name="configure">Changes the settings, after the configuration.</param>
    public static (AspireClient Client, SactSessionBuilder Sessions) Add<TSettings>(
        IHostApplicationBuilder builder, string section, string? registration, string connectionName, Action<TSettings>? configure)
        where TSettings : IAspireSettings, new()
    {
        var client = new AspireClient(builder.Configuration, section, registration ?? connectionName, connectionName);
        var settings = new TSettings
        {
            ConnectionString = client.ConnectionString,
            DisableHealthChecks = client.IsOn(nameof(IAspireSettings.DisableHealthChecks)),
            DisableTracing = client.IsOn(nameof(IAspireSettings.DisableTracing)),
            DisableMetrics = client.IsOn(nameof(IAspireSettings.DisableMetrics)),
        };
        string? read = settings.ConnectionString;
        configure?.Invoke(settings);
        client._isChosen = settings.ConnectionString != read;
        client.Chosen = client._isChosen ? settings.ConnectionString : null;

        var services = builder.Services;
        if (!settings.DisableHealthChecks)
        {
            new MissingHealthChecks(services).AddSactSession(registration: registration);
        }

        // They take effect in an application that adds OpenTelemetry, as the service defaults of Aspire do.
        if (!settings.DisableTracing)
        {
            services.ConfigureOpenTelemetryTracerProvider(static tracing => tracing.AddSource(TelemetryName));
        }

        if (!settings.DisableMetrics)
        {
            services.ConfigureOpenTelemetryMeterProvider(static metrics => metrics.AddMeter(TelemetryName));
        }

        return (client, registration is null ? services.AddSactSession() : services.AddSactSession(registration));
    }

    /// <summary>The connection that is registered under the key of the connection's name; null if there is none.</summary>
    public TConnection? Registered<TConnection>(IServiceProvider services)
        where TConnection : class =>
        services is IKeyedServiceProvider keyed ? keyed.GetKeyedService<TConnection>(_connectionName) : null;

    /// <summary>The connection string. It is read when the store is created: a host of tests may add configuration late.</summary>
    /// <param name="server">The name of the server, for the message.</param>
    /// <param name="connection">The type of a registered connection, for the message.</param>
    /// <exception cref="InvalidOperationException">There is none, or it is empty. The message names the keys and no value.</exception>
    public string RequireConnectionString(string server, string connection)
    {
        string? found = _isChosen ? Chosen : ConnectionString;
        return !string.IsNullOrWhiteSpace(found)
            ? found
            : throw new InvalidOperationException(
                $"The connection string of sessions in {server} is missing or empty. It was searched under 'ConnectionStrings:"
                + $"{_connectionName}', then as 'ConnectionString' in the sections '{_sections[0]}' and '{_sections[1]}', "
                + $"and no {connection} is registered under the key '{_connectionName}'. In the app host call WithReference for the "
                + $"resource '{_connectionName}', or set the environment variable ConnectionStrings__{_connectionName}.");
    }

    // As in Aspire, an empty string that is there counts. It is refused, and no other server takes its place.
    private string? ConnectionString => _configuration.GetConnectionString(_connectionName) ?? Setting(nameof(ConnectionString))?.Value;

    private bool IsOn(string name)
    {
        if (Setting(name) is not { Value: { Length: > 0 } value } setting)
        {
            return false;
        }

        return bool.TryParse(value, out bool on)
            ? on
            : throw new InvalidOperationException(
                $"The configuration key '{setting.Path}' is neither true nor false. Set it to one of them, or remove it.");
    }

    private IConfigurationSection? Setting(string name) => _sections
        .Select(section => _configuration.GetSection(section).GetSection(name))
        .FirstOrDefault(static found => found.Value is not null);
}
