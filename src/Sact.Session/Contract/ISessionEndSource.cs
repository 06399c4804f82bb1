namespace Sact.Session.Stores;

/// <summary>
/// A store that reports which sessions may have ended in other processes, so that their open connections close at once and not at the
/// next poll. A report is a hint: the watch reads the session before it closes anything, and polls whatever the hints say.
/// </summary>
public interface ISessionEndSource : IGenericStore
{
    /// <summary>Listens until it is cancelled, or until the connection is lost. The watch calls it again after a pause.</summary>
    /// <param name="cancellationToken">Stops listening.</param>
    /// <returns>
    /// The keys of sessions that may have ended, or whose id may have been replaced at once. Null means any of them: as the first item,
    /// when the store listens, and wherever hints may have been lost.
    /// </returns>
    /// <exception cref="SessionStoreException">The store does not answer, or the connection is lost.</exception>
    /// <exception cref="NotSupportedException">The store can never listen here. The watch does not call it again.</exception>
    IAsyncEnumerable<SessionKey?> ListenAsync(CancellationToken cancellationToken = default);
}
