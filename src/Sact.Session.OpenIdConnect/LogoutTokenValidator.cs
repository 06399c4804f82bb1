using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Sact.Session;

/// <summary>Validates logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6).</summary>
/// <remarks>
/// It takes none of the application's settings for id tokens, so that nothing that was relaxed there is relaxed here: the issuer is that of
/// the discovery document, the audience is the client id, and the keys are those that the provider publishes.
/// </remarks>
internal sealed class LogoutTokenValidator(ProviderKeys keys)
{
    // A shared secret is none of the provider's keys. With HMAC, a public key would do as one.
    private static readonly string[] s_algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    /// <summary>Validates a token.</summary>
    /// <returns>The token, or why it is refused.</returns>
    public async ValueTask<(LogoutToken? Token, LogoutRefusal? Refusal)> ValidateAsync(
        string token, ProviderScheme provider, CancellationToken cancellationToken)
    {
        var (scheme, options, settings) = (provider.Name, provider.Options, provider.Settings);
        if (LogoutTokenParts.Read(token, out var parts) is { } unreadable)
        {
            return (null, unreadable);
        }

        if (parts!.CheckHeader(s_algorithms, settings.RequireLogoutTokenType) is { } broken)
        {
            return (null, broken);
        }

        ProviderKeySet known;
        try
        {
            known = await keys.GetAsync(scheme, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return (null, LogoutRefusal.NoKeys(fault));
        }

        // The claims come first: whoever cannot even name them must not make this server read keys.
        return parts.ReadClaims(known.Issuer, options.ClientId!, provider.Services.Now, settings, out var read) is { } refusal
            ? (null, refusal)
            : await CheckSignatureAsync(token, scheme, options, known, cancellationToken).ConfigureAwait(false) is { } forged
                ? (null, forged)
                : (read, null);
    }

    private async ValueTask<LogoutRefusal?> CheckSignatureAsync(
        string token, string scheme, OpenIdConnectOptions options, ProviderKeySet known, CancellationToken cancellationToken)
    {
        var verdict = await VerifyAsync(token, known.Keys).ConfigureAwait(false);
        if (verdict.IsValid)
        {
            return null;
        }

        if (verdict.Exception is not SecurityTokenSignatureKeyNotFoundException)
        {
            return LogoutRefusal.Signature;
        }

        // The provider may have changed its keys.
        ProviderKeySet? newer;
        try
        {
            newer = await keys.RefreshAsync(scheme, options, known.Issuer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return LogoutRefusal.NoKeys(fault);
        }

        return newer is null ? LogoutRefusal.KeysJustRead
            : (await VerifyAsync(token, newer.Keys).ConfigureAwait(false)).IsValid ? null
            : LogoutRefusal.Signature;
    }

    private Task<TokenValidationResult> VerifyAsync(string token, IEnumerable<SecurityKey> signingKeys) =>
        _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKeys = signingKeys,
            ValidAlgorithms = s_algorithms,
            RequireSignedTokens = true,

            // LogoutTokenParts has checked these by the clock of the sessions.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            RequireExpirationTime = false,
        });
}
