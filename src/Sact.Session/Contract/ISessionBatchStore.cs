namespace Sact.Session.Stores;

/// <summary>
/// A store that reads many sessions in one round trip. The watch over open connections uses it, up to <see cref="MostKeys"/> keys at a
/// time. With a store that does not have it, the watch reads the sessions one by one.
/// </summary>
public interface ISessionBatchStore : IGenericStore
{
    /// <summary>The most keys of one call: 256.</summary>
    const int MostKeys = 256;

    /// <summary>Reads sessions, or the markers of ended ones, in one round trip. It never writes.</summary>
    /// <param name="keys">1 to <see cref="MostKeys"/> keys.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>
    /// For each key, in the order of the keys, what <see cref="IEndedSessionStore.FindAsync"/> returns. Nothing for a record that cannot
    /// be read, one of a newer format included: one such record must not hide the others.
    /// </returns>
    /// <exception cref="ArgumentException">A key is <c>default</c>.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken = default);
}
