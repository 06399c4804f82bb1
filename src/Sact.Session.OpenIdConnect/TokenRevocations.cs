using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// Revokes refresh tokens after sign-outs, one after the other, so that no sign-out waits for the provider. What is left when the
/// application stops is revoked within the time that the host gives.
/// </summary>
internal sealed class TokenRevocations(IServiceProvider services) : BackgroundService
{
    private const int Most = 1024;

    private readonly Channel<(string Scheme, string Token)> _waiting = Channel.CreateBounded<(string Scheme, string Token)>(Most);

    // Not injected: the schemes need the sessions, whose sign-outs come here.
    private ProviderSchemes Schemes => services.GetRequiredService<ProviderSchemes>();

    /// <summary>Adds a token. It never waits; while the provider is down, the tokens beyond 1024 are only logged.</summary>
    public void Add(string scheme, string token)
    {
        var provider = Schemes.Find(scheme);
        if (provider.Settings.RevokeRefreshToken && !_waiting.Writer.TryWrite((scheme, token)))
        {
            OpenIdConnectLog.NotRevoked(provider.Services.Telemetry.Log, scheme, exception: null);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        if (ExecuteTask is { } running)
        {
            await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (scheme, token) in _waiting.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            await RevokeAsync(scheme, token).ConfigureAwait(false);
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The user has signed out. Whatever goes wrong at the provider must not stop the revocation of the next token.")]
    private async Task RevokeAsync(string name, string token)
    {
        var scheme = Schemes.Find(name);
        try
        {
            await TokenEndpoint.RevokeAsync(scheme, token).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            OpenIdConnectLog.NotRevoked(scheme.Services.Telemetry.Log, name, fault);
        }
    }
}
