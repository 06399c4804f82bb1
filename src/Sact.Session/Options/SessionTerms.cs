namespace Sact.Session;

/// <summary>What a session begins with: its state, its assurance level and its lifetimes.</summary>
internal sealed record SessionTerms(SessionState State, int AssuranceLevel, SessionLifetimes Lifetimes, bool IsPersistent)
{
    /// <summary>The option that sets the maximum of the idle timeout. Error messages name it.</summary>
    public string IdleTimeoutOption { get; init; } = nameof(SactSessionOptions.IdleTimeout);

    /// <summary>The option that sets the maximum of the absolute timeout. Error messages name it.</summary>
    public string AbsoluteTimeoutOption { get; init; } = nameof(SactSessionOptions.AbsoluteTimeout);

    /// <summary>The terms of one sign-in, validated against the maximum that the options set.</summary>
    /// <param name="wanted">The options of this sign-in.</param>
    /// <param name="most">The maximum of each lifetime, and the default of each value that is not set.</param>
    /// <param name="parameter">The name of the argument, for the exception.</param>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public static SessionTerms Of(SessionSignInOptions wanted, SessionTerms most, string parameter)
    {
        var second = TimeSpan.FromSeconds(1);
        var (mostIdle, mostAbsolute) = (most.Lifetimes.IdleTimeout, most.Lifetimes.AbsoluteTimeout);
        var absolute = wanted.AbsoluteTimeout ?? mostAbsolute;
        if (absolute < second || absolute > mostAbsolute)
        {
            throw new ArgumentException(
                $"SessionSignInOptions.AbsoluteTimeout is {absolute}. It must be between 1 second and "
                + $"SactSessionOptions.{most.AbsoluteTimeoutOption} ({mostAbsolute}). Lower the one or raise the other.",
                parameter);
        }

        var idle = wanted.IdleTimeout ?? (mostIdle < absolute ? mostIdle : absolute);
        if (idle < second || idle > mostIdle || idle > absolute)
        {
            throw new ArgumentException(
                $"SessionSignInOptions.IdleTimeout is {idle}. It must be between 1 second and "
                + $"SactSessionOptions.{most.IdleTimeoutOption} ({mostIdle}), and at most the session's AbsoluteTimeout ({absolute}). "
                + "Lower IdleTimeout or raise the others.",
                parameter);
        }

        int level = wanted.AssuranceLevel ?? most.AssuranceLevel;
        return level is < 0 or > 255
            ? throw new ArgumentException($"SessionSignInOptions.AssuranceLevel is {level}. It must be between 0 and 255.", parameter)
            : new SessionTerms(
                most.State,
                level,
                new SessionLifetimes(idle, most.Lifetimes.FirstUseTimeout, absolute),
                wanted.IsPersistent ?? most.IsPersistent);
    }

    /// <summary>The lifetimes of a session, with the values that were set in their place. The caller has validated them.</summary>
    /// <param name="own">The lifetimes of the session.</param>
    /// <param name="wanted">The values to change; null keeps a value.</param>
    public static SessionLifetimes Changed(SessionLifetimes own, SessionSignInOptions wanted)
    {
        var absolute = wanted.AbsoluteTimeout ?? own.AbsoluteTimeout;
        var idle = wanted.IdleTimeout ?? own.IdleTimeout;
        return new SessionLifetimes(idle < absolute ? idle : absolute, own.FirstUseTimeout, absolute);
    }
}
