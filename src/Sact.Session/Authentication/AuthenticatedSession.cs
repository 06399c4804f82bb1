using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The session behind <see cref="AuthenticationProperties"/>, and the values that they had when the request was authenticated. It is one of
/// their parameters, which are never stored or sent.
/// </summary>
internal sealed record AuthenticatedSession(
    SessionKey Key, string UserId, bool IsPersistent, DateTimeOffset? ExpiresUtc, bool? AllowRefresh)
{
    private const string Parameter = "Sact.Session";

    public static void Mark(HttpContext context, AuthenticationProperties properties, SessionRecord record)
    {
        properties.Parameters[Parameter] = new AuthenticatedSession(
            record.Key, record.UserId!, record.IsPersistent, WholeSeconds(record.ExpiresAt), properties.AllowRefresh);
        AuthenticatedSessions.Add(context, record.Key);
    }

    public static AuthenticatedSession? Of(AuthenticationProperties properties) =>
        properties.GetParameter<AuthenticatedSession>(Parameter);

    /// <summary>Whether the application has changed none of the values.</summary>
    public bool IsUnchangedIn(AuthenticationProperties properties) =>
        properties.IsPersistent == IsPersistent && HasUnchangedExpiry(properties) && properties.AllowRefresh == AllowRefresh;

    /// <summary>Whether the expiry is that of the session. Otherwise the application has set another one.</summary>
    public bool HasUnchangedExpiry(AuthenticationProperties properties) =>
        properties.ExpiresUtc is { } expires && WholeSeconds(expires) == ExpiresUtc;

    // AuthenticationProperties keep whole seconds.
    private static DateTimeOffset WholeSeconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());
}
