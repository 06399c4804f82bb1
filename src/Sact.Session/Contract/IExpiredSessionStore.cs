namespace Sact.Session.Stores;

/// <summary>
/// A store without a time-to-live, whose expired records must be cleaned up. <c>AddSactSession</c> does that in the background.
/// </summary>
public interface IExpiredSessionStore
{
    /// <summary>
    /// Destroys records whose deadline passed more than <see cref="SessionRecord.SkewMargin"/> ago. It never destroys a live record,
    /// whoever touches it meanwhile, and destroys nothing while the clocks of the application and of the store differ by more than the
    /// margin.
    /// </summary>
    /// <param name="batch">The most records to look at or to destroy in this call; at least 1.</param>
    /// <param name="cancellationToken">Stops the call between two records.</param>
    /// <returns>The number of destroyed records. Fewer than <paramref name="batch"/> does not mean that no more are left.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batch"/> is below 1.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default);
}
