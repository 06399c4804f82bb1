using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// The log events of sessions. Their ids are stable. A message names a session key at most, never a session id, a value or a user.
/// </summary>
internal static partial class SessionLog
{
    [LoggerMessage(1, LogLevel.Debug, "No live session has the key {Key}: it is unknown, ended or expired.")]
    public static partial void NotFound(ILogger logger, SessionKey key);

    [LoggerMessage(2, LogLevel.Debug, "A request presented the key {Key} with an invented secret. Nothing was changed.")]
    public static partial void Foreign(ILogger logger, SessionKey key);

    [LoggerMessage(
        3, LogLevel.Information,
        "A request presented an old id of session {Key}, which a renewal had replaced. It was refused.")]
    public static partial void Stale(ILogger logger, SessionKey key);

    [LoggerMessage(
        4, LogLevel.Warning,
        "A request presented an id of session {Key} that was replaced long ago: a replayed secret. The session was ended.")]
    public static partial void Replayed(ILogger logger, SessionKey key);

    [LoggerMessage(5, LogLevel.Debug, "The session cookie is malformed. The request has no session.")]
    public static partial void CookieMalformed(ILogger logger);

    [LoggerMessage(6, LogLevel.Debug, "The session cookie was sent with different values. The request has no session.")]
    public static partial void CookieConflict(ILogger logger);

    [LoggerMessage(7, LogLevel.Information, "Session {Key} began: {State}.")]
    public static partial void Began(ILogger logger, SessionKey key, SessionState state);

    [LoggerMessage(8, LogLevel.Information, "Session {Key} ended: {Reason}.")]
    public static partial void Ended(ILogger logger, SessionKey key, string reason);

    [LoggerMessage(9, LogLevel.Information, "{Count} sessions of the user of {Key} ended: {Reason}.")]
    public static partial void EndedMany(ILogger logger, SessionKey key, long count, string reason);

    [LoggerMessage(10, LogLevel.Debug, "Session {Key} was renewed: {Kind}.")]
    public static partial void Renewed(ILogger logger, SessionKey key, SessionRenewalKind kind);

    [LoggerMessage(
        11, LogLevel.Warning,
        "\"Last seen\" of session {Key} could not be written. The request continues, and the next one tries again.")]
    public static partial void TouchFailed(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "The session store failed: {Operation}.")]
    public static partial void StoreFault(ILogger logger, string operation, Exception exception);

    [LoggerMessage(13, LogLevel.Error, "The session store answered the key {Key} with the record of another session. It was refused.")]
    public static partial void Misplaced(ILogger logger, SessionKey key);

    [LoggerMessage(
        14, LogLevel.Warning,
        "A Secure cookie was set on a plain http request to a host that is not loopback, so browsers drop it. Use https. "
        + "If TLS ends at a proxy, call app.UseForwardedHeaders() first.")]
    public static partial void SecureCookieOverHttp(ILogger logger);

    [LoggerMessage(
        15, LogLevel.Warning,
        "A response that read a signed-in session was marked 'public'. It was made 'private'. Remove 'public' from such a response.")]
    public static partial void PublicMadePrivate(ILogger logger);

    [LoggerMessage(
        16, LogLevel.Debug,
        "The protected cookie {Name} cannot be read: it has another key ring or another name, or it was changed.")]
    public static partial void ProtectedCookieUnreadable(ILogger logger, string name);

    [LoggerMessage(
        17, LogLevel.Debug,
        "Session {Key} ended after the response had started. Its cookie stays with the client and is no longer valid.")]
    public static partial void CookieNotDeleted(ILogger logger, SessionKey key);

    [LoggerMessage(18, LogLevel.Error, "An id of session {Key} was replayed, and the session could not be ended. The id was refused.")]
    public static partial void ReplayNotEnded(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(
        22, LogLevel.Error,
        "Session {Key} began after the response had started, so its cookie could not be sent. The session was ended.")]
    public static partial void EndedUnsent(ILogger logger, SessionKey key);

    [LoggerMessage(
        26, LogLevel.Warning,
        "Anonymous sessions were refused with a 503: more began on this node than MaxAnonymousSessionsPerMinute ({Limit}) allows. "
        + "If these are no robots, raise it. This event is logged once per minute at most; the counter sact.session.anonymous_refused "
        + "has all of them.")]
    public static partial void AnonymousRefused(ILogger logger, int limit);

    [LoggerMessage(
        29, LogLevel.Debug,
        "A Secure cookie was set on a plain http request to a loopback host. Safari and HttpClient drop it there, other browsers keep it. "
        + "If nobody stays signed in, use https: dotnet dev-certs https --trust.")]
    public static partial void SecureCookieOverLoopback(ILogger logger);

    [LoggerMessage(
        43, LogLevel.Warning,
        "The sign-in did not keep the data of the anonymous session {Key}: with the new metadata it would exceed MaxRecordBytes.")]
    public static partial void NotKept(ILogger logger, SessionKey key);

    [LoggerMessage(50, LogLevel.Debug, "Session {Key} has ended ({Reason}). Its open connections on this node close.")]
    public static partial void WatchedEnded(ILogger logger, SessionKey key, SessionEndReason? reason);

    [LoggerMessage(
        51, LogLevel.Warning,
        "{Count} open connections close, because the session store has not answered for {Limit}: their sessions may have ended. "
        + "Check the store, or raise WatchInterval.")]
    public static partial void WatchedUnchecked(ILogger logger, int count, TimeSpan limit);

    [LoggerMessage(
        52, LogLevel.Warning,
        "The session store does not report ended sessions at the moment. Open connections close within WatchInterval ({Interval}).")]
    public static partial void NotListening(ILogger logger, TimeSpan interval, Exception exception);

    [LoggerMessage(53, LogLevel.Error, "A callback of EndedToken threw an exception. The others ran.")]
    public static partial void EndCallbackFailed(ILogger logger, Exception exception);

    [LoggerMessage(54, LogLevel.Error, "The session observer {Observer} threw an exception. Nothing is undone.")]
    public static partial void ObserverFailed(ILogger logger, string observer, Exception exception);

    [LoggerMessage(
        55, LogLevel.Warning,
        "The session observer {Observer} has not returned within {Limit}. Until it does, requests do not wait for it. "
        + "Move its work to a queue.")]
    public static partial void ObserverSlow(ILogger logger, string observer, TimeSpan limit);

    [LoggerMessage(
        56, LogLevel.Error,
        "The session observer {Observer} misses events, because {Limit} of its calls have not returned. Move its work to a queue.")]
    public static partial void ObserverDropped(ILogger logger, string observer, int limit);

    [LoggerMessage(
        39,
        LogLevel.Warning,
        "DisableSactSession() has no effect on the endpoint {Endpoint}, because authentication ran before routing: each request reads the "
        + "session. Call app.UseAuthentication() after app.UseRouting().")]
    public static partial void DisabledTooLate(ILogger logger, string? endpoint);
}
