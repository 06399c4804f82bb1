using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Reports the events that are both logged and counted. An event that is only logged is written to <see cref="Log"/> directly.
/// Neither a logger nor a meter listener that throws stops the caller: a revocation must not fail because of its report.
/// </summary>
internal sealed class SessionTelemetry(ILogger logger, SessionMetrics metrics)
{
    private int _reportedSecureCookieOverHttp;
    private int _reportedSecureCookieOverLoopback;
    private int _reportedPublicMadePrivate;
    private int _reportedDisabledTooLate;

    /// <summary>The log of one registration. It never throws.</summary>
    public ILogger Log { get; } = new SafeLogger(logger);

    /// <summary>The counters. They never throw.</summary>
    public SessionMetrics Metrics { get; } = metrics;

    /// <summary>What this node has seen of sessions, for the dashboard; null if nobody looks at it.</summary>
    public SessionTimelines? Timelines { get; private set; }

    /// <summary>Keeps time lines from now on.</summary>
    public void KeepTimelines(TimeProvider clock) => Timelines ??= new SessionTimelines(clock);

    public void Refused(RefusedReason reason, SessionKey key = default)
    {
        Metrics.Refused(reason);
        if (reason is RefusedReason.Foreign or RefusedReason.Stale)
        {
            // The others are of no session that exists, and anybody can cause them without end.
            Timelines?.Add(key, SessionTimelineEvent.Refused, reason.ToString());
        }

        switch (reason)
        {
            case RefusedReason.Unknown:
                SessionLog.NotFound(Log, key);
                break;
            case RefusedReason.Foreign:
                SessionLog.Foreign(Log, key);
                break;
            case RefusedReason.Stale:
                SessionLog.Stale(Log, key);
                break;
            case RefusedReason.Misplaced:
                SessionLog.Misplaced(Log, key);
                break;
            case RefusedReason.Malformed:
                SessionLog.CookieMalformed(Log);
                break;
            case RefusedReason.Conflict:
                SessionLog.CookieConflict(Log);
                break;
        }
    }

    /// <param name="key">The session whose secret was replayed.</param>
    /// <param name="fault">Why the session could not be ended; null if it was ended.</param>
    public void Replayed(SessionKey key, Exception? fault = null)
    {
        Metrics.Refused(RefusedReason.Replayed);
        Metrics.Replayed();
        Timelines?.Add(key, SessionTimelineEvent.Refused, nameof(RefusedReason.Replayed));
        if (fault is not null)
        {
            SessionLog.ReplayNotEnded(Log, key, fault);
            return;
        }

        Metrics.Ended(EndedReason.Replayed, 1);
        SessionLog.Replayed(Log, key);
    }

    public void Began(SessionKey key, SessionState state)
    {
        Metrics.Began(state);
        Timelines?.Add(key, SessionTimelineEvent.Began, state.ToString());
        SessionLog.Began(Log, key, state);
    }

    public void Ended(SessionKey key, string reason)
    {
        Metrics.Ended(reason, 1);
        Timelines?.Add(key, SessionTimelineEvent.Ended, reason);
        SessionLog.Ended(Log, key, reason);
    }

    /// <summary>A session ended by its own request: signed out here or by the provider, or replaced.</summary>
    public void Ended(SessionKey key, SessionEndReason reason) =>
        Ended(key, reason switch
        {
            SessionEndReason.Replaced => EndedReason.Replaced,
            SessionEndReason.IdentityProvider => EndedReason.IdentityProvider,
            _ => EndedReason.SignedOut,
        });

    public void EndedMany(SessionKey key, long count, string reason)
    {
        if (count > 0)
        {
            Metrics.Ended(reason, count);
            SessionLog.EndedMany(Log, key, count, reason);
        }
    }

    public void EndedUnsent(SessionKey key)
    {
        Metrics.Ended(EndedReason.Unsent, 1);
        SessionLog.EndedUnsent(Log, key);
    }

    public void Renewed(SessionKey key, SessionRenewalKind kind)
    {
        Metrics.Renewed(kind);
        Timelines?.Add(key, SessionTimelineEvent.Renewed, kind.ToString());
        SessionLog.Renewed(Log, key, kind);
    }

    public void TouchFailed(SessionKey key, Exception fault)
    {
        Metrics.TouchFailed();
        Timelines?.Add(key, SessionTimelineEvent.TouchFailed);
        SessionLog.TouchFailed(Log, key, fault);
    }

    /// <param name="limit">The option's value.</param>
    /// <param name="logs">Whether it is logged as well.</param>
    public void AnonymousRefused(int limit, bool logs)
    {
        Metrics.AnonymousRefused();
        if (logs)
        {
            SessionLog.AnonymousRefused(Log, limit);
        }
    }

    public void StoreFault(string operation, Exception fault)
    {
        Metrics.StoreFault(operation);
        SessionLog.StoreFault(Log, operation, fault);
    }

    /// <summary>Logged once per process: a busy site would fill its log with it.</summary>
    public void SecureCookieOverHttp()
    {
        if (Interlocked.Exchange(ref _reportedSecureCookieOverHttp, 1) == 0)
        {
            SessionLog.SecureCookieOverHttp(Log);
        }
    }

    /// <summary>Logged once per process. Most browsers trust a loopback host and keep the cookie.</summary>
    public void SecureCookieOverLoopback()
    {
        if (Interlocked.Exchange(ref _reportedSecureCookieOverLoopback, 1) == 0)
        {
            SessionLog.SecureCookieOverLoopback(Log);
        }
    }

    /// <summary>Logged once per process: a busy site would fill its log with it.</summary>
    public void PublicMadePrivate()
    {
        if (Interlocked.Exchange(ref _reportedPublicMadePrivate, 1) == 0)
        {
            SessionLog.PublicMadePrivate(Log);
        }
    }

    /// <summary>Whether <see cref="DisabledTooLate"/> has been logged.</summary>
    public bool HasReportedDisabledTooLate => Volatile.Read(ref _reportedDisabledTooLate) == 1;

    /// <summary>Logged once per process: every request for the endpoint would log it.</summary>
    public void DisabledTooLate(string? endpoint)
    {
        if (Interlocked.Exchange(ref _reportedDisabledTooLate, 1) == 0)
        {
            SessionLog.DisabledTooLate(Log, endpoint);
        }
    }
}
