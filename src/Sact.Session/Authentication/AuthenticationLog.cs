using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the authentication scheme and the ticket store.</summary>
internal static partial class AuthenticationLog
{
    [LoggerMessage(30, LogLevel.Warning, "The claims kept with {Key} cannot be read; nobody is authenticated by it.")]
    public static partial void PrincipalUnreadable(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(31, LogLevel.Warning, "The renewed claims of {Key} could not be kept; the request goes on and the next one tries again.")]
    public static partial void PrincipalNotKept(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(32, LogLevel.Information, "A return URL that leads to another host was ignored.")]
    public static partial void ReturnUrlIgnored(ILogger logger);

    [LoggerMessage(33, LogLevel.Warning, "The ticket kept with {Key} cannot be decrypted or read; it was ended.")]
    public static partial void TicketUnreadable(ILogger logger, SessionKey key);

    [LoggerMessage(34, LogLevel.Debug, "A ticket was to be renewed that is not live; it was not brought back.")]
    public static partial void TicketNotRenewed(ILogger logger);
}
