using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of <c>HttpContext.Session</c>.</summary>
internal static partial class HttpContextSessionLog
{
    [LoggerMessage(
        40,
        LogLevel.Error,
        "The values of HttpContext.Session could not be stored and are lost. The client receives a 503, or the error that was already on "
        + "its way.")]
    public static partial void BridgeNotCommitted(ILogger logger, Exception exception);

    [LoggerMessage(
        41,
        LogLevel.Information,
        "Session {Key} ended during a request. The values that the request set in HttpContext.Session were dropped.")]
    public static partial void BridgeSessionGone(ILogger logger, SessionKey key);

    [LoggerMessage(
        42,
        LogLevel.Debug,
        "The values that the request set in HttpContext.Session before it signed in or out were dropped. "
        + "HttpContextSessionOptions.KeepAtSignIn keeps them at a sign-in.")]
    public static partial void BridgeDropped(ILogger logger);

    [LoggerMessage(
        44,
        LogLevel.Warning,
        "A value of HttpContext.Session in {Key} cannot be read. It counts as absent and stays in the store.")]
    public static partial void BridgeUnreadable(ILogger logger, SessionKey key);
}
