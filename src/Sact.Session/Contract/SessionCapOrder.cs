namespace Sact.Session.Stores;

/// <summary>
/// The order in which a full cap ends a user's sessions. The key breaks ties, so that every node chooses the same session.
/// </summary>
/// <remarks>
/// Pending sessions come first, because they prove a password alone. Whoever guessed it makes room with the last guess, and never with
/// a session of the user who has the further factor too.
/// </remarks>
internal sealed class SessionCapOrder(SessionCapPolicy policy, DateTimeOffset now) : IComparer<SessionRecord>
{
    public int Compare(SessionRecord? x, SessionRecord? y)
    {
        int order = Group(x!).CompareTo(Group(y!));
        order = order != 0 ? order : Time(x!).CompareTo(Time(y!));
        order = order != 0 ? order : x!.CreatedAt.CompareTo(y!.CreatedAt);
        return order != 0 ? order : x!.Key.Part.CompareTo(y!.Key.Part);
    }

    private int Group(SessionRecord session) =>
        session.State == SessionState.Pending ? 0
        : !session.Presented && now - session.CreatedAt > SessionCap.UnpresentedAge ? 1
        : 2;

    private DateTimeOffset Time(SessionRecord session) =>
        policy == SessionCapPolicy.EndOldest || !session.Presented ? session.CreatedAt : session.LastSeenAt;
}
