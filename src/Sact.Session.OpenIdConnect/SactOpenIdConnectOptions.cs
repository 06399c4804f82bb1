using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Sact.Session;

/// <summary>How an OpenID Connect scheme and its sessions work together.</summary>
public sealed class SactOpenIdConnectOptions
{
    /// <summary>
    /// The authentication scheme of the sessions that the provider signs in and out. Null (default): the <c>SignInScheme</c> of the OpenID
    /// Connect scheme, or else the default scheme. Set it if neither keeps its users in sessions.
    /// </summary>
    public string? SessionScheme { get; set; }

    /// <summary>
    /// How old a logout token may be. Default 10 minutes, from 1 minute to 1 hour. Replays are remembered for as long, so a longer time
    /// keeps more notes in the store.
    /// </summary>
    public TimeSpan MaxLogoutTokenAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>By how much the clocks of the provider and of this machine may differ. Default 2 minutes, from 0 to 10 minutes.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Whether a logout token must have the header <c>typ: logout+jwt</c>. Default false: a token without a type, or with the type
    /// <c>JWT</c>, is accepted too, because many providers send no other. Set it if your provider sends the type.
    /// </summary>
    public bool RequireLogoutTokenType { get; set; }

    /// <summary>
    /// How long before its expiry an access token is refreshed. Default 1 minute, from 0 to 1 hour. It must be less than the life of the
    /// tokens.
    /// </summary>
    public TimeSpan RefreshBefore { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether a sign-out revokes the refresh token at the provider (RFC 7009), if the provider has a revocation endpoint. Default true.
    /// </summary>
    public bool RevokeRefreshToken { get; set; } = true;

    /// <summary>
    /// Completes a request to the token or revocation endpoint before it is sent. Null (default): the client authenticates with the
    /// <see cref="OpenIdConnectOptions.ClientSecret"/>, if there is one. Use it to add a client assertion.
    /// </summary>
    public Func<OpenIdConnectMessage, CancellationToken, ValueTask>? OnTokenRequest { get; set; }
}
