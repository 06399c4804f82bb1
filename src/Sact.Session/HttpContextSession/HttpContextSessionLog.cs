using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of <c>HttpContext.Session</c>.</summary>
internal static partial class HttpContextSessionLog
{
    [LoggerMessage(40, LogLevel.Error, "What was set in HttpContext.Session could not be stored and is lost; the client is told by a 503, or by the error that was on its way already.")]
    public static partial void BridgeNotCommitted(ILogger logger, Exception exception);

    [LoggerMessage(41, LogLevel.Information, "Session {Key} ended while a request was at work: what the request set in HttpContext.Session was dropped.")]
    public static partial void BridgeSessionGone(ILogger logger, SessionKey key);

    [LoggerMessage(42, LogLevel.Debug, "What was set in HttpContext.Session before the request signed in or out was dropped. HttpContextSessionOptions.KeepAtSignIn keeps it at a sign-in.")]
    public static partial void BridgeDropped(ILogger logger);

    [LoggerMessage(44, LogLevel.Warning, "A value of HttpContext.Session in {Key} cannot be read; it counts as absent and stays where it is.")]
    public static partial void BridgeUnreadable(ILogger logger, SessionKey key);
}
