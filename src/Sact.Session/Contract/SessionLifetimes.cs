namespace Sact.Session.Stores;

/// <summary>
/// A session's own time limits, fixed when it is created (OWASP Session Management: idle and absolute timeout; NIST SP 800-63B-4 section 5.2).
/// Immutable; the sessions of one application usually share one instance.
/// </summary>
public sealed class SessionLifetimes
{
    /// <summary>Sets the three limits, each cut to whole milliseconds.</summary>
    /// <param name="idleTimeout">How long the session lives after it was last seen.</param>
    /// <param name="firstUseTimeout">How long it lives until it is presented for the first time.</param>
    /// <param name="absoluteTimeout">How long it lives at all, counted from its creation, whatever happens.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is under one millisecond or over 400 days.</exception>
    public SessionLifetimes(TimeSpan idleTimeout, TimeSpan firstUseTimeout, TimeSpan absoluteTimeout)
    {
        IdleTimeout = Checked(idleTimeout, nameof(idleTimeout));
        FirstUseTimeout = Checked(firstUseTimeout, nameof(firstUseTimeout));
        AbsoluteTimeout = Checked(absoluteTimeout, nameof(absoluteTimeout));
    }

    /// <summary>The greatest limit: 400 days, the most that browsers keep a cookie (RFC 6265bis section 5.5).</summary>
    public static TimeSpan Maximum { get; } = TimeSpan.FromDays(400);

    /// <summary>How long the session lives after it was last seen, once it has been presented.</summary>
    public TimeSpan IdleTimeout { get; }

    /// <summary>How long the session lives until it is first presented; the idle timeout holds as well.</summary>
    public TimeSpan FirstUseTimeout { get; }

    /// <summary>How long the session lives at all, counted from its creation.</summary>
    public TimeSpan AbsoluteTimeout { get; }

    private static TimeSpan Checked(TimeSpan limit, string name)
    {
        if (limit < TimeSpan.FromMilliseconds(1) || limit > Maximum)
        {
            throw new ArgumentOutOfRangeException(name, limit, "A session's time limit lies between 1 millisecond and 400 days.");
        }

        return TimeSpan.FromMilliseconds(limit.Ticks / TimeSpan.TicksPerMillisecond);
    }
}
