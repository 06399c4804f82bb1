namespace Sact.Session.Stores;

/// <summary>How many live sessions one user may have, the new one included (ASVS 5.0 V7.1.2: limits on parallel sessions).</summary>
public sealed class SessionCap
{
    /// <summary>Sets the cap.</summary>
    /// <param name="max">At least 1.</param>
    /// <param name="policy">Whom a full cap ends.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is below 1, or the policy is unknown.</exception>
    public SessionCap(int max, SessionCapPolicy policy = SessionCapPolicy.EndLeastRecentlyUsed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        if (!Enum.IsDefined(policy))
        {
            throw new ArgumentOutOfRangeException(nameof(policy), policy, "Choose one of the policies that SessionCapPolicy names.");
        }

        Max = max;
        Policy = policy;
    }

    /// <summary>
    /// How old a session that was never presented must be to be ended first: one minute. A login form submitted twice leaves such a session behind;
    /// a younger one may be a sign-in whose answer is still on its way.
    /// </summary>
    public static TimeSpan UnpresentedAge { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The greatest number of live sessions.</summary>
    public int Max { get; }

    /// <summary>Whom a full cap ends.</summary>
    public SessionCapPolicy Policy { get; }

    /// <summary>
    /// Chooses whom to end so that one more session keeps the cap: first the pending ones, by the policy, then those never presented and older than <see cref="UnpresentedAge"/>, oldest first, then by
    /// the policy. Ties are broken by the key, so that every node chooses alike. Pending ones first, because they prove a password alone: whoever has guessed it makes room for the next attempt with the last
    /// one, and not with the sessions of who has the further factor too.
    /// </summary>
    /// <param name="live">The user's live sessions, without the new one.</param>
    /// <param name="now">Now.</param>
    /// <returns>Nobody while there is room; null if there is none and the policy refuses.</returns>
    public IReadOnlyList<SessionRecord>? ChooseEnded(IReadOnlyCollection<SessionRecord> live, DateTimeOffset now) => ChooseEnded(live, 0, now);

    /// <summary>Chooses as the other overload does, where some of the user's live sessions are of a newer format: they count, and are never chosen.</summary>
    /// <param name="live">The user's live sessions of a known format, without the new one.</param>
    /// <param name="newer">How many more there are, of a newer <see cref="SessionRecord.Format"/>.</param>
    /// <param name="now">Now.</param>
    /// <returns>Nobody while there is room; null if there is none and the policy refuses.</returns>
    /// <exception cref="SessionStoreException">Those of a newer format fill the cap alone, and the policy does not refuse.</exception>
    public IReadOnlyList<SessionRecord>? ChooseEnded(IReadOnlyCollection<SessionRecord> live, int newer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentOutOfRangeException.ThrowIfNegative(newer);
        int tooMany = live.Count + newer + 1 - Max;
        if (tooMany <= 0)
        {
            return [];
        }

        if (Policy == SessionCapPolicy.Refuse)
        {
            return null;
        }

        if (tooMany > live.Count)
        {
            throw new SessionStoreException(
                "The user's sessions that a newer version wrote fill the cap alone, and this version ends none of them. Update Sact.Session on this machine, or end the user's sessions with DeleteActiveSessionsAsync.");
        }

        if (tooMany == 1)
        {
            // A user who signs in at a full cap ends just one: no sorting for that.
            var sessions = live as IReadOnlyList<SessionRecord> ?? [.. live];
            var first = sessions[0];
            for (int i = 1; i < sessions.Count; i++)
            {
                first = Compare(sessions[i], first, now) < 0 ? sessions[i] : first;
            }

            return [first];
        }

        return [.. live.Order(Comparer<SessionRecord>.Create((one, other) => Compare(one, other, now))).Take(tooMany)];
    }

    private int Compare(SessionRecord one, SessionRecord other, DateTimeOffset now)
    {
        int order = Rank(one, now).CompareTo(Rank(other, now));
        order = order != 0 ? order : Place(one).CompareTo(Place(other));
        order = order != 0 ? order : one.CreatedAt.CompareTo(other.CreatedAt);
        return order != 0 ? order : one.Key.Part.CompareText(other.Key.Part);
    }

    private static int Rank(SessionRecord session, DateTimeOffset now) =>
        session.State == SessionState.Pending ? 0 : !session.Presented && now - session.CreatedAt > UnpresentedAge ? 1 : 2;

    private DateTimeOffset Place(SessionRecord session) => Policy == SessionCapPolicy.EndOldest || !session.Presented ? session.CreatedAt : session.LastSeenAt;
}
