using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Revokes refresh tokens after sign-outs, one after the other, so that no sign-out waits for the provider. What is left when the
/// application stops is revoked within the time that the host gives.
/// </summary>
internal sealed class TokenRevocations(IServiceProvider services) : BackgroundService
{
    private const int Most = 1024;

    private readonly Channel<(string Scheme, string Token, ILogger Log)> _waiting =
        Channel.CreateBounded<(string Scheme, string Token, ILogger Log)>(Most);

    // Not injected: the schemes need the sessions, whose sign-outs come here.
    private ProviderSchemes Schemes => services.GetRequiredService<ProviderSchemes>();

    /// <summary>
    /// Adds a token. It never waits and never throws; while the provider is down, the tokens beyond 1024 are only logged.
    /// </summary>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The user signs out, whatever is wrong with the settings of the scheme.")]
    public void Add(string scheme, string token, ILogger log)
    {
        try
        {
            if (Schemes.Find(scheme).Settings.RevokeRefreshToken && !_waiting.Writer.TryWrite((scheme, token, log)))
            {
                OpenIdConnectLog.NotRevoked(log, scheme, exception: null);
            }
        }
        catch (Exception fault)
        {
            OpenIdConnectLog.NotRevoked(log, scheme, fault);
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
        await foreach (var (scheme, token, log) in _waiting.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            await RevokeAsync(scheme, token, log).ConfigureAwait(false);
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The user has signed out. Whatever goes wrong at the provider must not stop the revocation of the next token.")]
    private async Task RevokeAsync(string scheme, string token, ILogger log)
    {
        try
        {
            await TokenEndpoint.RevokeAsync(Schemes.Find(scheme), token).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            OpenIdConnectLog.NotRevoked(log, scheme, fault);
        }
    }
}
