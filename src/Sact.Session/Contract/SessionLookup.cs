namespace Sact.Session.Stores;

/// <summary>
/// The answer of <see cref="IEndedSessionStore.FindAsync"/>: a live session, or why there is none. <c>default</c> is nothing.
/// </summary>
public readonly struct SessionLookup
{
    /// <summary>Makes the answer that there is a live session.</summary>
    /// <param name="record">The record; null for nothing.</param>
    public SessionLookup(SessionRecord? record) => Record = record;

    /// <summary>Makes the answer that the session has ended.</summary>
    /// <param name="ended">The marker; null for nothing.</param>
    public SessionLookup(EndedMarker? ended) => Ended = ended;

    /// <summary>The live session; null if there is none.</summary>
    public SessionRecord? Record { get; }

    /// <summary>Why there is no live session; null if there is one, or if nothing is known.</summary>
    public EndedMarker? Ended { get; }
}
