namespace Sact.Session.StoreContract;

/// <summary>
/// The store under test, as its author presents it to the suite: one place where data is kept (a database, a server, the memory of a
/// process) and the stores that are opened over it.
/// </summary>
/// <remarks>
/// One subject may serve many cases, also in parallel, because each case uses new prefixes. The subject disposes of the stores that it
/// opened, and removes what they wrote, when it is disposed.
/// </remarks>
public abstract class StoreContractSubject : IAsyncDisposable
{
    /// <summary>
    /// Whether two stores with the same prefix work on the same data, as two processes would. If not, cases that need a second process do
    /// not apply, and cases about parallel callers use one store instead of two.
    /// </summary>
    public abstract bool SharesData { get; }

    /// <summary>
    /// Whether <see cref="IGenericStore.CountActiveSessionsAsync"/> is exact; default true. It may be approximate on a cluster.
    /// </summary>
    public virtual bool CountsExactly => true;

    /// <summary>
    /// Whether <see cref="IGenericStore.ClearAsync"/> may leave markers, which refuse a late creation of what it has ended; default false.
    /// </summary>
    public virtual bool ClearLeavesMarkers => false;

    /// <summary>
    /// Whether the store has an index of users, which names a record whose bytes cannot be read; default true. A store that finds the
    /// records of a user by their headers has none: override it with false. Nothing else depends on it.
    /// </summary>
    public virtual bool HasUserIndex => true;

    /// <summary>
    /// The current time of the server's own clock; default <see cref="StoreContractClock.DefaultStart"/>, for a store without such a clock.
    /// </summary>
    /// <remarks>
    /// Every case starts its clock at this time. Cases about cleanup start earlier and clean up when their clock has reached this time,
    /// because a store may destroy nothing while the two clocks differ.
    /// </remarks>
    public virtual DateTimeOffset ServerNow => StoreContractClock.DefaultStart;

    /// <summary>Opens a store.</summary>
    /// <param name="clock">The store's clock, which decides what has expired.</param>
    /// <param name="prefix">The store's prefix.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <returns>The store.</returns>
    public abstract ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken);

    /// <summary>Replaces what is stored under the key of a live session with bytes that no version of the store would write.</summary>
    /// <param name="session">The session, which is stored.</param>
    /// <param name="cancellationToken">Stops the replacement.</param>
    /// <returns>False (default) if the subject cannot do this: the cases that need it do not apply.</returns>
    public virtual ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) => new(false);

    /// <summary>Changes a stored record to a newer format, <see cref="SessionRecord.CurrentFormat"/> + 1.</summary>
    /// <param name="session">The session, which is stored.</param>
    /// <param name="cancellationToken">Stops the change.</param>
    /// <returns>False (default) if the subject cannot do this: the cases that need it do not apply.</returns>
    public virtual ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) => new(false);

    /// <summary>
    /// Tells whether anything is stored under a key, readable or not, live or not. It looks into the storage without the store's help.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Stops the lookup.</param>
    /// <returns>Null (default) if the subject does not know: the cases that need it do not apply.</returns>
    public virtual ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) => new((bool?)null);

    /// <summary>Closes the stores that were opened and removes what they wrote.</summary>
    /// <returns>A task that completes when both are done.</returns>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
