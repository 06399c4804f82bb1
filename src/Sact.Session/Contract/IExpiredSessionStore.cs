namespace Sact.Session.Stores;

/// <summary>A store without a time-to-live of its own, whose expired records somebody has to sweep.</summary>
public interface IExpiredSessionStore
{
    /// <summary>
    /// Destroys records whose deadline is <see cref="SessionRecord.SkewMargin"/> past. It never destroys a live one, whatever touches it meanwhile, and destroys nothing while the application's clock
    /// and the store's differ by more than the margin.
    /// </summary>
    /// <param name="batch">The most records to look at or destroy in this call; at least 1.</param>
    /// <param name="cancellationToken">Gives the sweep up between records.</param>
    /// <returns>How many were destroyed. Fewer than <paramref name="batch"/> does not mean that none are left.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batch"/> is below 1.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default);
}
