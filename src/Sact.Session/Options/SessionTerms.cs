namespace Sact.Session;

/// <summary>What a session begins with: its state, how well its user is known, and how long it lives.</summary>
internal sealed record SessionTerms(SessionState State, int AssuranceLevel, SessionLifetimes Lifetimes, bool IsPersistent)
{
    /// <summary>The terms of a sign-in, checked against the application's own.</summary>
    /// <param name="wanted">What this sign-in has for itself.</param>
    /// <param name="most">The application's terms, beyond which none goes.</param>
    /// <param name="parameter">The argument's name.</param>
    /// <exception cref="ArgumentException">Something goes beyond them.</exception>
    public static SessionTerms Of(SessionSignInOptions wanted, SessionTerms most, string parameter)
    {
        var second = TimeSpan.FromSeconds(1);
        var absolute = wanted.AbsoluteTimeout ?? most.Lifetimes.AbsoluteTimeout;
        if (absolute < second || absolute > most.Lifetimes.AbsoluteTimeout)
        {
            throw new ArgumentException($"A sign-in's AbsoluteTimeout lies between 1 second and SactSessionOptions.AbsoluteTimeout ({most.Lifetimes.AbsoluteTimeout}). Lower the one, or raise the other.", parameter);
        }

        var idle = wanted.IdleTimeout ?? (most.Lifetimes.IdleTimeout < absolute ? most.Lifetimes.IdleTimeout : absolute);
        if (idle < second || idle > most.Lifetimes.IdleTimeout || idle > absolute)
        {
            throw new ArgumentException(
                $"A sign-in's IdleTimeout lies between 1 second and SactSessionOptions.IdleTimeout ({most.Lifetimes.IdleTimeout}), and is no longer than its AbsoluteTimeout. Lower it, or raise the others.", parameter);
        }

        int level = wanted.AssuranceLevel ?? most.AssuranceLevel;
        return level is < 0 or > 255
            ? throw new ArgumentException("A sign-in's AssuranceLevel lies between 0 and 255. Set SessionSignInOptions.AssuranceLevel accordingly.", parameter)
            : new SessionTerms(most.State, level, new SessionLifetimes(idle, most.Lifetimes.FirstUseTimeout, absolute), wanted.IsPersistent ?? most.IsPersistent);
    }

    /// <summary>A session's own limits with what is wanted in their place, which has been checked; the rest stays.</summary>
    /// <param name="own">The session's limits.</param>
    /// <param name="wanted">What is to change.</param>
    public static SessionLifetimes Changed(SessionLifetimes own, SessionSignInOptions wanted)
    {
        var absolute = wanted.AbsoluteTimeout ?? own.AbsoluteTimeout;
        var idle = wanted.IdleTimeout ?? own.IdleTimeout;
        return new SessionLifetimes(idle < absolute ? idle : absolute, own.FirstUseTimeout, absolute);
    }
}
