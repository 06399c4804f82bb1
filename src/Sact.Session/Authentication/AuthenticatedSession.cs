using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The session behind <see cref="AuthenticationProperties"/>, and the values that they had when the request was authenticated. It is one of
/// their parameters, which are never stored or sent.
/// </summary>
internal sealed record AuthenticatedSession(
    string Scheme, SessionKey Key, string UserId, bool IsPersistent, DateTimeOffset? ExpiresUtc, bool? AllowRefresh)
{
    private const string Parameter = "Sact.Session";

    /// <summary>The record with which the request was authenticated.</summary>
    internal SessionRecord? Record { get; private init; }

    public static void Mark(HttpContext context, string scheme, AuthenticationProperties properties, SessionRecord record)
    {
        var expires = properties.ExpiresUtc is { } instant ? WholeSeconds(instant) : (DateTimeOffset?)null;
        properties.Parameters[Parameter] = new AuthenticatedSession(
            scheme, record.Key, record.UserId!, properties.IsPersistent, expires, properties.AllowRefresh)
        { Record = record };
        AuthenticatedSessions.Add(context, record.Key);
    }

    public static AuthenticatedSession? Of(AuthenticationProperties properties) =>
        properties.GetParameter<AuthenticatedSession>(Parameter);

    /// <summary>Whether a sign-in to the scheme has the values of this session, which the application has not changed.</summary>
    public bool IsUnchangedIn(AuthenticationProperties properties, string scheme) =>
        scheme == Scheme
        && properties.IsPersistent == IsPersistent
        && HasUnchangedExpiry(properties)
        && properties.AllowRefresh == AllowRefresh;

    /// <summary>Whether the expiry is that of the session. Otherwise the application has set another one.</summary>
    public bool HasUnchangedExpiry(AuthenticationProperties properties) =>
        properties.ExpiresUtc is { } expires && WholeSeconds(expires) == ExpiresUtc;

    // AuthenticationProperties keep whole seconds.
    private static DateTimeOffset WholeSeconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());
}
