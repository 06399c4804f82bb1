using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the authentication scheme and the ticket store.</summary>
internal static partial class AuthenticationLog
{
    [LoggerMessage(30, LogLevel.Warning, "The claims of session {Key} cannot be read. The request is not authenticated.")]
    public static partial void PrincipalUnreadable(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(31, LogLevel.Warning, "The renewed claims of session {Key} were not stored. The next request tries again.")]
    public static partial void PrincipalNotKept(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(32, LogLevel.Information, "A return URL to another host was ignored.")]
    public static partial void ReturnUrlIgnored(ILogger logger);

    [LoggerMessage(33, LogLevel.Warning, "The ticket of session {Key} cannot be decrypted or read. The session was ended.")]
    public static partial void TicketUnreadable(ILogger logger, SessionKey key);

    [LoggerMessage(34, LogLevel.Debug, "A ticket was not renewed, because its session is not live.")]
    public static partial void TicketNotRenewed(ILogger logger);

    [LoggerMessage(
        35,
        LogLevel.Warning,
        "The sign-in of session {Key} began before the security stamp of its user changed, or the user was deleted or locked out. The "
        + "session was ended.")]
    public static partial void SignInOutdated(ILogger logger, SessionKey key);

    [LoggerMessage(
        36,
        LogLevel.Error,
        "Identity has changed a user, and the sessions of the user could not be compared with what was saved. Sessions with an old "
        + "security stamp end at Identity's next check of the stamp.")]
    public static partial void ChangedUserNotRead(ILogger logger, Exception exception);

    [LoggerMessage(
        37,
        LogLevel.Warning,
        "The field {Field} of session {Key} gives no claim. MapClaim() takes a string, a number, a boolean or an array of them, and no "
        + "field may become the claim of the user id.")]
    public static partial void FieldNotMapped(ILogger logger, string field, SessionKey key);

    [LoggerMessage(
        45,
        LogLevel.Warning,
        "Scheme '{Scheme}' has the ExpireTimeSpan {ExpireTimeSpan}, and SactSessionOptions.{Option} ends its sessions after {Limit}. "
        + "Raise {Option}, or lower ExpireTimeSpan.")]
    public static partial void ExpiresEarlier(ILogger logger, string scheme, TimeSpan expireTimeSpan, string option, TimeSpan limit);
}
