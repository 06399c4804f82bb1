using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check of sessions.</summary>
public static class SactSessionHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a health check of the store of one registration. It reads and never writes. Healthy: sessions work. Degraded: sessions work,
    /// and something will break or may lose sessions. Unhealthy: sessions do not work. The description has the cause, and the data has the
    /// figures.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks()</c> returns.</param>
    /// <param name="name">
    /// The name of the check. Null: <c>sact-session</c>, with <c>-</c> and the name of the registration if that has one.
    /// </param>
    /// <param name="registration">The name of <c>AddSactSession(name)</c>; null for the unnamed registration.</param>
    /// <param name="failureStatus">What the check answers in place of Unhealthy; null for Unhealthy.</param>
    /// <param name="tags">The tags of the check, by which an endpoint selects it; null for none.</param>
    /// <param name="timeout">How long the check may take; null for <see cref="SactSessionOptions.StoreTimeout"/>.</param>
    /// <param name="configure">Sets the limits; null keeps the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="timeout"/> or a limit is out of its range, or <paramref name="registration"/> is empty.
    /// </exception>
    /// <example><code>builder.Services.AddHealthChecks().AddSactSession(tags: ["ready"]);</code></example>
    public static IHealthChecksBuilder AddSactSession(
        this IHealthChecksBuilder builder,
        string? name = null,
        string? registration = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null,
        Action<SactSessionHealthCheckOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (registration is { Length: 0 })
        {
            throw new ArgumentException(
                "The name of the registration is empty. Pass the name of AddSactSession(name), or null for the unnamed registration.",
                nameof(registration));
        }

        if (timeout < TimeSpan.FromMilliseconds(1) || timeout > TimeSpan.FromMinutes(5))
        {
            throw new ArgumentException(
                "The timeout of the health check is out of its range. It must be between 1 millisecond and 5 minutes.", nameof(timeout));
        }

        var limits = new SactSessionHealthCheckOptions();
        configure?.Invoke(limits);
        limits.Validate();
        return builder.Add(new HealthCheckRegistration(
            name ?? (registration is null ? "sact-session" : $"sact-session-{registration}"),
            services => new SessionHealthCheck(services, registration, timeout, limits),
            failureStatus,
            tags));
    }
}
