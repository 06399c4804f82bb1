using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The library's log events. Ids are stable; what is named is a session key at most, never a session id, a value or a user's data.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(1, LogLevel.Debug, "No live session stands under {Key}: unknown, ended or expired.")]
    public static partial void NotFound(ILogger logger, SessionKey key);

    [LoggerMessage(2, LogLevel.Debug, "An invented secret was presented for {Key}; nothing was done.")]
    public static partial void Foreign(ILogger logger, SessionKey key);

    [LoggerMessage(3, LogLevel.Information, "A session id that had been renewed was presented for {Key} and refused.")]
    public static partial void Stale(ILogger logger, SessionKey key);

    [LoggerMessage(4, LogLevel.Warning, "A session id that was renewed long ago was replayed for {Key}: the session has been ended.")]
    public static partial void Replayed(ILogger logger, SessionKey key);

    [LoggerMessage(5, LogLevel.Debug, "The session cookie is malformed; the request has no session.")]
    public static partial void CookieMalformed(ILogger logger);

    [LoggerMessage(6, LogLevel.Debug, "The session cookie was sent with different values; the request has no session.")]
    public static partial void CookieConflict(ILogger logger);

    [LoggerMessage(7, LogLevel.Information, "Session {Key} began, {State}.")]
    public static partial void Began(ILogger logger, SessionKey key, SessionState state);

    [LoggerMessage(8, LogLevel.Information, "Session {Key} ended: {Reason}.")]
    public static partial void Ended(ILogger logger, SessionKey key, string reason);

    [LoggerMessage(9, LogLevel.Information, "{Count} sessions of the user of {Key} ended: {Reason}.")]
    public static partial void EndedMany(ILogger logger, SessionKey key, long count, string reason);

    [LoggerMessage(10, LogLevel.Debug, "Session {Key} was renewed: {Kind}.")]
    public static partial void Renewed(ILogger logger, SessionKey key, SessionRenewalKind kind);

    [LoggerMessage(11, LogLevel.Warning, "Noting that {Key} was seen has failed; the request goes on and the next one tries again.")]
    public static partial void TouchFailed(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "The session store has failed to {Operation}.")]
    public static partial void StoreFault(ILogger logger, string operation, Exception exception);

    [LoggerMessage(13, LogLevel.Error, "The session store answered {Key} with the record of another session; it was refused.")]
    public static partial void Misplaced(ILogger logger, SessionKey key);

    [LoggerMessage(14, LogLevel.Warning, "A Secure cookie was set on a plain http request to a name that is not loopback; browsers will drop it. Use https, or, where TLS ends at a proxy, call app.UseForwardedHeaders() first.")]
    public static partial void SecureCookieOverHttp(ILogger logger);

    [LoggerMessage(15, LogLevel.Warning, "A response that read a signed-in session was marked 'public'; it was made 'private'. Do not share such a response.")]
    public static partial void PublicMadePrivate(ILogger logger);

    [LoggerMessage(16, LogLevel.Debug, "The protected cookie {Name} could not be read: another key ring, another name, or tampered with.")]
    public static partial void ProtectedCookieUnreadable(ILogger logger, string name);

    [LoggerMessage(17, LogLevel.Debug, "Session {Key} was ended after the response had started; its cookie stays with the client and is worth nothing.")]
    public static partial void CookieNotDeleted(ILogger logger, SessionKey key);

    [LoggerMessage(18, LogLevel.Error, "Session {Key} was replayed and could not be ended; the id is refused all the same.")]
    public static partial void ReplayNotEnded(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(22, LogLevel.Error, "Session {Key} began after the response had started, so its cookie could not be sent; it was ended.")]
    public static partial void EndedUnsent(ILogger logger, SessionKey key);

    [LoggerMessage(43, LogLevel.Warning, "What the anonymous session {Key} held was not kept at the sign-in: with the sign-in's metadata it would have more than MaxRecordBytes.")]
    public static partial void NotKept(ILogger logger, SessionKey key);
}
