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

    [LoggerMessage(19, LogLevel.Warning, "The wall clock and the running time differ by more than the skew margin: no expired session is destroyed until they agree again.")]
    public static partial void ClockJumped(ILogger logger);

    [LoggerMessage(20, LogLevel.Debug, "An anonymous session, {Key}, made room for another.")]
    public static partial void AnonymousEvicted(ILogger logger, SessionKey key);

    [LoggerMessage(21, LogLevel.Error, "The memory store has no room ({MaxBytes} bytes in all, a tenth of it for anonymous sessions): a write is refused. Raise MemoryStoreOptions.MaxBytes or choose another store.")]
    public static partial void MemoryFull(ILogger logger, long maxBytes);

    [LoggerMessage(22, LogLevel.Error, "Session {Key} began after the response had started, so its cookie could not be sent; it was ended.")]
    public static partial void EndedUnsent(ILogger logger, SessionKey key);

    [LoggerMessage(23, LogLevel.Information, "Session {Key} was asked to prove its user again: it is not as fresh, or of as high a level, as the endpoint asks.")]
    public static partial void Insufficient(ILogger logger, SessionKey key);

    [LoggerMessage(24, LogLevel.Warning, "A request of another site to end sessions was refused, before any session was looked at.")]
    public static partial void CrossSite(ILogger logger);

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

    [LoggerMessage(40, LogLevel.Error, "What was set in HttpContext.Session could not be stored and is lost; the client is told by a 503, or by the error that was on its way already.")]
    public static partial void BridgeNotCommitted(ILogger logger, Exception exception);

    [LoggerMessage(41, LogLevel.Information, "Session {Key} ended while a request was at work: what the request set in HttpContext.Session was dropped.")]
    public static partial void BridgeSessionGone(ILogger logger, SessionKey key);

    [LoggerMessage(42, LogLevel.Debug, "What was set in HttpContext.Session before the request signed in or out was dropped. HttpContextSessionOptions.KeepAtSignIn keeps it at a sign-in.")]
    public static partial void BridgeDropped(ILogger logger);

    [LoggerMessage(43, LogLevel.Warning, "What the anonymous session {Key} held was not kept at the sign-in: with the sign-in's metadata it would have more than MaxRecordBytes.")]
    public static partial void NotKept(ILogger logger, SessionKey key);

    [LoggerMessage(44, LogLevel.Warning, "A value of HttpContext.Session in {Key} cannot be read; it counts as absent and stays where it is.")]
    public static partial void BridgeUnreadable(ILogger logger, SessionKey key);
}
