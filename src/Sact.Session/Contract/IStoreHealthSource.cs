namespace Sact.Session.Stores;

/// <summary>
/// A store that knows how well it is, for the health check. Optional: with a store that does not have it, the check reads the session of a
/// random key.
/// </summary>
public interface IStoreHealthSource : IGenericStore
{
    /// <summary>
    /// Looks how well the store is. It writes nothing, and is as quick as a few reads: the check is called every few seconds.
    /// </summary>
    /// <param name="cancellationToken">Stops it when the time of the check is up.</param>
    /// <returns>What the store has found. No part of it holds a secret, a key or a user id.</returns>
    /// <exception cref="SessionStoreException">The store cannot serve sessions. The message says why.</exception>
    ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default);
}
