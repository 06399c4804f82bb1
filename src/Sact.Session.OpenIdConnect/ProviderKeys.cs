using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Sact.Session;

/// <summary>The issuer of a provider and the keys that it publishes.</summary>
internal sealed record ProviderKeySet(string Issuer, IReadOnlyCollection<SecurityKey> Keys);

/// <summary>
/// Reads the keys of the providers. For a key that is unknown they are read again, at most once a minute for each scheme: anybody can send
/// a token with an invented key.
/// </summary>
/// <remarks>
/// The configuration manager of the framework reads new keys in the background. A token that came with a new key would be refused before
/// they arrive, and many providers send it only once. So this class reads them itself, and the manager too.
/// </remarks>
internal sealed class ProviderKeys(TimeProvider clock)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    // By then the manager has them too. A key that the provider has withdrawn must not live on here.
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(10);

    // Shorter than a provider waits for the answer to a logout request.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Reading> _readings = new(StringComparer.Ordinal);

    /// <summary>The keys as they are known: the manager's and the ones that were read since.</summary>
    public async ValueTask<ProviderKeySet> GetAsync(string scheme, OpenIdConnectOptions options, CancellationToken cancellationToken)
    {
        var configuration = options.Configuration
            ?? await options.ConfigurationManager!.GetConfigurationAsync(cancellationToken)
                .WaitAsync(s_patience, cancellationToken).ConfigureAwait(false);
        var known = _readings.TryGetValue(scheme, out var reading) && clock.GetElapsedTime(reading.At) < s_life ? reading.Keys : [];
        return new ProviderKeySet(configuration.Issuer, [.. configuration.SigningKeys, .. known]);
    }

    /// <summary>Reads the keys again.</summary>
    /// <returns>The keys; null if they were read less than a minute ago, or if the application has set fixed ones.</returns>
    public async ValueTask<ProviderKeySet?> RefreshAsync(
        string scheme, OpenIdConnectOptions options, string issuer, CancellationToken cancellationToken)
    {
        if (options.Configuration is not null || string.IsNullOrEmpty(options.MetadataAddress))
        {
            return new ProviderKeySet(issuer, []);
        }

        var reading = _readings.GetOrAdd(scheme, static _ => new Reading());
        Task<OpenIdConnectConfiguration> running;
        lock (reading)
        {
            if (reading.Running is null or { IsCompleted: true })
            {
                if (reading.Running is not null && clock.GetElapsedTime(reading.At) < s_interval)
                {
                    return null;
                }

                reading.At = clock.GetTimestamp();
                reading.Running = ReadAsync(options);
            }

            running = reading.Running;
        }

        var configuration = await running.WaitAsync(s_patience, cancellationToken).ConfigureAwait(false);
        if (!string.Equals(configuration.Issuer, issuer, StringComparison.Ordinal))
        {
            throw new InvalidOperationException(
                "The discovery document of the provider has another issuer than before. Check the address of the provider.");
        }

        reading.Keys = [.. configuration.SigningKeys];
        options.ConfigurationManager?.RequestRefresh();
        return new ProviderKeySet(issuer, reading.Keys);
    }

    private static Task<OpenIdConnectConfiguration> ReadAsync(OpenIdConnectOptions options) =>
        OpenIdConnectConfigurationRetriever.GetAsync(
            options.MetadataAddress!,
            new HttpDocumentRetriever(options.Backchannel) { RequireHttps = options.RequireHttpsMetadata },
            CancellationToken.None);

    private sealed class Reading
    {
        /// <summary>When the latest reading began, as a timestamp: the time of day may jump.</summary>
        public long At { get; set; }

        public Task<OpenIdConnectConfiguration>? Running { get; set; }

        public IReadOnlyCollection<SecurityKey> Keys { get; set; } = [];
    }
}
