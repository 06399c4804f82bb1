namespace Sact.Session.Stores;

/// <summary>How many live sessions one user may have, the new one included (ASVS 5.0 V7.1.2: limits on parallel sessions).</summary>
public sealed class SessionCap
{
    /// <summary>Sets the cap.</summary>
    /// <param name="max">The greatest number of live sessions of one user; at least 1.</param>
    /// <param name="policy">Which session ends at a full cap.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is below 1, or the policy is not a named one.</exception>
    public SessionCap(int max, SessionCapPolicy policy = SessionCapPolicy.EndLeastRecentlyUsed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        if (!Enum.IsDefined(policy))
        {
            throw new ArgumentOutOfRangeException(
                nameof(policy), policy, "The policy is not a named one. Use a member of SessionCapPolicy.");
        }

        Max = max;
        Policy = policy;
    }

    /// <summary>
    /// How old a session whose cookie never came back must be to be ended first: 1 minute. A login form that is submitted twice leaves such
    /// a session behind. A younger one may be a sign-in whose response is still on its way.
    /// </summary>
    public static TimeSpan UnpresentedAge { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The greatest number of live sessions of one user.</summary>
    public int Max { get; }

    /// <summary>Which session ends at a full cap.</summary>
    public SessionCapPolicy Policy { get; }

    /// <summary>
    /// Chooses the sessions to end, so that one more session keeps the cap. Pending ones come first, then those older than
    /// <see cref="UnpresentedAge"/> whose cookie never came back, then the others; within each group the policy decides.
    /// </summary>
    /// <param name="live">The user's live sessions, without the new one.</param>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>The sessions to end, none if there is room; null if there is no room and the policy refuses.</returns>
    public IReadOnlyList<SessionRecord>? ChooseEnded(IReadOnlyCollection<SessionRecord> live, DateTimeOffset now) =>
        ChooseEnded(live, 0, now);

    /// <summary>
    /// Chooses as the other overload does, for a user who also has live sessions of a newer format. Those count, and are never chosen.
    /// </summary>
    /// <param name="live">The user's live sessions of a known format, without the new one.</param>
    /// <param name="newer">How many live sessions of a newer <see cref="SessionRecord.Format"/> the user has besides; at least 0.</param>
    /// <param name="now">The current time of the application's clock.</param>
    /// <returns>The sessions to end, none if there is room; null if there is no room and the policy refuses.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="newer"/> is negative.</exception>
    /// <exception cref="SessionStoreException">
    /// The sessions of a newer format fill the cap alone, and the policy does not refuse.
    /// </exception>
    public IReadOnlyList<SessionRecord>? ChooseEnded(IReadOnlyCollection<SessionRecord> live, int newer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentOutOfRangeException.ThrowIfNegative(newer);
        int excess = live.Count + newer + 1 - Max;
        if (excess <= 0)
        {
            return [];
        }

        if (Policy == SessionCapPolicy.Refuse)
        {
            return null;
        }

        if (excess > live.Count)
        {
            throw new SessionStoreException(
                "A newer version of Sact.Session wrote so many of this user's sessions that they fill the cap, and this version never ends "
                + "those under a cap. Update Sact.Session on this machine, or end the user's sessions with DeleteActiveSessionsAsync.");
        }

        var order = new SessionCapOrder(Policy, now);
        return excess == 1 ? [live.Min(order)!] : [.. live.Order(order).Take(excess)];
    }
}
