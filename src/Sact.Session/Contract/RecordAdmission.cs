namespace Sact.Session.Stores;

/// <summary>On what terms a store adds a user's session: how many there may be, and which ones may end to make room.</summary>
public sealed class RecordAdmission
{
    internal RecordAdmission(DateTimeOffset now, int max, IReadOnlyList<EndedMarker> candidates, IReadOnlyList<SessionKey> ignored)
    {
        Now = now;
        Max = max;
        Candidates = candidates;
        Ignored = ignored;
    }

    /// <summary>The current time of the application's clock. A record whose deadline is not after it does not count.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The most sessions that the user may have, the new one included; 0 for no limit.</summary>
    public int Max { get; }

    /// <summary>
    /// The markers of the sessions that may end, in this order and no more of them than necessary. A marker takes the place of its session.
    /// If they do not make enough room, the store writes nothing and answers <see cref="RecordAddition.Full"/>.
    /// </summary>
    public IReadOnlyList<EndedMarker> Candidates { get; }

    /// <summary>
    /// Entries of the user's index that do not count, because their records have ended, have expired or cannot be read. A store that
    /// looks at the records and counts those that are live does not need them.
    /// </summary>
    public IReadOnlyList<SessionKey> Ignored { get; }
}
