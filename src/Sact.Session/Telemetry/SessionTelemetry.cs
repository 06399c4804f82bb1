using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>What the library tells its surroundings. A logger or a meter's listener that throws never stops what is told of, a revocation least of all.</summary>
internal sealed class SessionTelemetry(ILogger logger, SessionMetrics metrics)
{
    private readonly ILogger _logger = logger;
    private readonly SessionMetrics _metrics = metrics;
    private int _toldOfHttp;
    private int _toldOfPublic;

    /// <summary>Why sessions end; the labels of the count and the words of the event.</summary>
    public static class Reason
    {
        public const string SignedOut = "signed_out";
        public const string Replaced = "replaced";
        public const string Cap = "cap";
        public const string Replayed = "replayed";
        public const string Others = "others";
        public const string Everywhere = "everywhere";
        public const string ByKey = "by_key";
        public const string Unsent = "unsent";
    }

    public void NotFound(SessionKey key) => Tell(key, static (t, key) =>
    {
        t._metrics.Refused("unknown");
        SessionLog.NotFound(t._logger, key);
    });

    public void Foreign(SessionKey key) => Tell(key, static (t, key) =>
    {
        t._metrics.Refused("foreign");
        SessionLog.Foreign(t._logger, key);
    });

    public void Stale(SessionKey key) => Tell(key, static (t, key) =>
    {
        t._metrics.Refused("stale");
        SessionLog.Stale(t._logger, key);
    });

    public void Replayed(SessionKey key) => Tell(key, static (t, key) =>
    {
        t._metrics.Refused("replayed");
        t._metrics.Replayed();
        t._metrics.Ended(Reason.Replayed, 1);
        SessionLog.Replayed(t._logger, key);
    });

    public void ReplayNotEnded(SessionKey key, Exception fault) => Tell((key, fault), static (t, about) =>
    {
        t._metrics.Refused("replayed");
        t._metrics.Replayed();
        SessionLog.ReplayNotEnded(t._logger, about.key, about.fault);
    });

    public void CookieMalformed() => Tell(0, static (t, _) =>
    {
        t._metrics.Refused("malformed");
        SessionLog.CookieMalformed(t._logger);
    });

    public void CookieConflict() => Tell(0, static (t, _) =>
    {
        t._metrics.Refused("conflict");
        SessionLog.CookieConflict(t._logger);
    });

    public void Misplaced(SessionKey key) => Tell(key, static (t, key) =>
    {
        t._metrics.Refused("misplaced");
        SessionLog.Misplaced(t._logger, key);
    });

    public void Began(SessionKey key, SessionState state) => Tell((key, state), static (t, about) =>
    {
        t._metrics.Began(about.state);
        SessionLog.Began(t._logger, about.key, about.state);
    });

    public void Ended(SessionKey key, string reason) => Tell((key, reason), static (t, about) =>
    {
        t._metrics.Ended(about.reason, 1);
        SessionLog.Ended(t._logger, about.key, about.reason);
    });

    public void EndedUnsent(SessionKey key) => Tell(key, static (t, key) =>
    {
        t._metrics.Ended(Reason.Unsent, 1);
        SessionLog.EndedUnsent(t._logger, key);
    });

    public void EndedMany(SessionKey key, long count, string reason)
    {
        if (count > 0)
        {
            Tell((key, count, reason), static (t, about) =>
            {
                t._metrics.Ended(about.reason, about.count);
                SessionLog.EndedMany(t._logger, about.key, about.count, about.reason);
            });
        }
    }

    public void Renewed(SessionKey key, SessionRenewalKind kind) => Tell((key, kind), static (t, about) =>
    {
        t._metrics.Renewed(about.kind);
        SessionLog.Renewed(t._logger, about.key, about.kind);
    });

    public void Insufficient(SessionKey key) => Tell(key, static (t, key) => SessionLog.Insufficient(t._logger, key));

    public void CrossSite() => Tell(0, static (t, _) => SessionLog.CrossSite(t._logger));

    public void Conflict() => Tell(0, static (t, _) => t._metrics.Conflict());

    public void TouchFailed(SessionKey key, Exception fault) => Tell((key, fault), static (t, about) =>
    {
        t._metrics.TouchFailed();
        SessionLog.TouchFailed(t._logger, about.key, about.fault);
    });

    public void StoreFault(string operation, Exception fault) => Tell((operation, fault), static (t, about) =>
    {
        t._metrics.StoreFault(about.operation);
        SessionLog.StoreFault(t._logger, about.operation, about.fault);
    });

    public void ProtectedCookieUnreadable(string name) => Tell(name, static (t, name) => SessionLog.ProtectedCookieUnreadable(t._logger, name));

    public void CookieNotDeleted(SessionKey key) => Tell(key, static (t, key) => SessionLog.CookieNotDeleted(t._logger, key));

    public void PrincipalUnreadable(SessionKey key, Exception fault) => Tell((key, fault), static (t, about) => SessionLog.PrincipalUnreadable(t._logger, about.key, about.fault));

    public void PrincipalNotKept(SessionKey key, Exception fault) => Tell((key, fault), static (t, about) => SessionLog.PrincipalNotKept(t._logger, about.key, about.fault));

    public void ReturnUrlIgnored() => Tell(0, static (t, _) => SessionLog.ReturnUrlIgnored(t._logger));

    public void TicketUnreadable(SessionKey key) => Tell(key, static (t, key) => SessionLog.TicketUnreadable(t._logger, key));

    public void TicketNotRenewed() => Tell(0, static (t, _) => SessionLog.TicketNotRenewed(t._logger));

    public void BridgeNotCommitted(Exception fault) => Tell(fault, static (t, fault) => SessionLog.BridgeNotCommitted(t._logger, fault));

    public void BridgeSessionGone(SessionKey key) => Tell(key, static (t, key) => SessionLog.BridgeSessionGone(t._logger, key));

    public void BridgeDropped() => Tell(0, static (t, _) => SessionLog.BridgeDropped(t._logger));

    public void NotKept(SessionKey key) => Tell(key, static (t, key) => SessionLog.NotKept(t._logger, key));

    public void BridgeUnreadable(SessionKey key) => Tell(key, static (t, key) => SessionLog.BridgeUnreadable(t._logger, key));

    /// <summary>Once: a busy site would drown in it.</summary>
    public void SecureCookieOverHttp()
    {
        if (Interlocked.Exchange(ref _toldOfHttp, 1) == 0)
        {
            Tell(0, static (t, _) => SessionLog.SecureCookieOverHttp(t._logger));
        }
    }

    /// <summary>Once: a busy site would drown in it.</summary>
    public void PublicMadePrivate()
    {
        if (Interlocked.Exchange(ref _toldOfPublic, 1) == 0)
        {
            Tell(0, static (t, _) => SessionLog.PublicMadePrivate(t._logger));
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A listener's fault is not the session's.")]
    private void Tell<T>(T about, Action<SessionTelemetry, T> tell)
    {
        try
        {
            tell(this, about);
        }
        catch (Exception)
        {
        }
    }
}
