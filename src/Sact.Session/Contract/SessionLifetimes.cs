using System.Globalization;

namespace Sact.Session.Stores;

/// <summary>
/// The time limits of one session, fixed when it is created (OWASP Session Management Cheat Sheet: idle and absolute timeout;
/// NIST SP 800-63B-4 section 5.2). Immutable; the sessions of one application usually share one instance.
/// </summary>
public sealed class SessionLifetimes
{
    /// <summary>Sets the three limits. Each is cut to whole milliseconds.</summary>
    /// <param name="idleTimeout">How long the session lives after it was last seen. 1 millisecond to 400 days.</param>
    /// <param name="firstUseTimeout">How long it lives until its cookie first comes back. 1 millisecond to 400 days.</param>
    /// <param name="absoluteTimeout">How long it lives after its creation, whatever happens. 1 millisecond to 400 days.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is under 1 millisecond or over 400 days.</exception>
    public SessionLifetimes(TimeSpan idleTimeout, TimeSpan firstUseTimeout, TimeSpan absoluteTimeout)
    {
        IdleTimeout = Checked(idleTimeout, nameof(idleTimeout), "idle timeout");
        FirstUseTimeout = Checked(firstUseTimeout, nameof(firstUseTimeout), "first-use timeout");
        AbsoluteTimeout = Checked(absoluteTimeout, nameof(absoluteTimeout), "absolute timeout");
    }

    /// <summary>The greatest limit: 400 days, the longest that browsers keep a cookie (RFC 6265bis section 5.5).</summary>
    public static TimeSpan Maximum { get; } = TimeSpan.FromDays(400);

    /// <summary>How long the session lives after it was last seen, once its cookie has come back.</summary>
    public TimeSpan IdleTimeout { get; }

    /// <summary>How long the session lives until its cookie first comes back. The idle timeout applies as well.</summary>
    public TimeSpan FirstUseTimeout { get; }

    /// <summary>How long the session lives after its creation, whatever happens.</summary>
    public TimeSpan AbsoluteTimeout { get; }

    private static TimeSpan Checked(TimeSpan limit, string parameter, string name)
    {
        if (limit >= TimeSpan.FromMilliseconds(1) && limit <= Maximum)
        {
            return TimeSpan.FromMilliseconds(limit.Ticks / TimeSpan.TicksPerMillisecond);
        }

        var (amount, unit) = limit > Maximum ? (limit.TotalDays, "days") : (limit.TotalMilliseconds, "milliseconds");
        throw new ArgumentOutOfRangeException(
            parameter,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The {name} is {amount:0.###} {unit}. A session's time limit must be between 1 millisecond and 400 days."));
    }
}
