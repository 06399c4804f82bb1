namespace Sact.Session;

/// <summary>A logout token that was validated (OpenID Connect Back-Channel Logout 1.0, section 2.4).</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="Id">The id of the token (<c>jti</c>).</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="SessionId">The session at the provider; null if all sessions of the subject end.</param>
/// <param name="Subject">The user at the provider; null if only the session is named.</param>
internal sealed record LogoutToken(string Issuer, string Id, DateTimeOffset IssuedAt, string? SessionId, string? Subject)
{
    /// <summary>Reveals nothing of the token.</summary>
    /// <returns>The name of this type.</returns>
    public override string ToString() => nameof(LogoutToken);
}
