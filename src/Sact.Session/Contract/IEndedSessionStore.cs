namespace Sact.Session.Stores;

/// <summary>
/// A store that leaves an <see cref="EndedMarker"/> where a session was ended. All stores of this library do. With a store that does not,
/// <c>EndReason</c> is never known, and a late request with a replaced id may begin an anonymous session.
/// </summary>
/// <remarks>
/// Every end leaves a marker: these methods, <see cref="IGenericStore.DeleteAsync"/> (<see cref="SessionEndReason.SignedOut"/>),
/// <see cref="IGenericStore.DeleteActiveSessionsAsync"/> (<see cref="SessionEndReason.SignedOutElsewhere"/>), and the cap of
/// <see cref="IGenericStore.CreateAsync"/> (<see cref="SessionEndReason.OverLimit"/>). <see cref="IGenericStore.ClearAsync"/> need
/// not leave any, and may destroy those that are there. The first end of a session wins: a later one changes nothing.
/// </remarks>
public interface IEndedSessionStore : IGenericStore
{
    /// <summary>Reads one live session, or the marker of an ended one, in one round trip. It never writes.</summary>
    /// <param name="key">The session's key.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>
    /// The record that <see cref="IGenericStore.GetAsync"/> returns. If there is none, the marker for
    /// <see cref="EndedMarker.Lifetime"/>; for a session that has expired and is still stored, one with
    /// <see cref="SessionEndReason.Expired"/>.
    /// </returns>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    /// <exception cref="SessionStoreException">The store does not answer, or the record is of a newer format.</exception>
    ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Ends a session as <see cref="IGenericStore.DeleteAsync"/> does, for a reason.</summary>
    /// <param name="session">The record as the caller last saw it. Only its identity and its hashes matter.</param>
    /// <param name="reason">Why it ends.</param>
    /// <param name="cancellationToken">Checked before the write begins.</param>
    /// <returns>True if it ended a live session; false if there was none: missing, expired, ended before, or of another lineage.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<bool> EndAsync(SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default);

    /// <summary>Ends a user's sessions as <see cref="IGenericStore.DeleteActiveSessionsAsync"/> does, for a reason.</summary>
    /// <param name="userId">The user id.</param>
    /// <param name="except">The session to keep; null for none. The key of another user's session keeps nothing.</param>
    /// <param name="reason">Why they end.</param>
    /// <param name="cancellationToken">Checked before the first session ends.</param>
    /// <returns>The number of live sessions that ended.</returns>
    /// <exception cref="ArgumentException">The user id is invalid, or <paramref name="except"/> is <c>default(SessionKey)</c>.</exception>
    /// <exception cref="SessionStoreException">The store does not answer. Some sessions may have ended.</exception>
    ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken = default);
}
