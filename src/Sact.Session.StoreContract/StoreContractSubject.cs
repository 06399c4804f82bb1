namespace Sact.Session.StoreContract;

/// <summary>
/// The store under test, as its author presents it to the suite: one backing store (a database, a server, a process's memory) over which handles are opened. One subject may serve many cases,
/// also in parallel: each uses prefixes of its own. The subject owns the stores it opened and disposes of them, and of what they wrote, when it is disposed.
/// </summary>
public abstract class StoreContractSubject : IAsyncDisposable
{
    /// <summary>
    /// Whether two stores opened with the same prefix work on the same data, as two processes would. Cases that need a second process are not applicable if not, and the cases about
    /// parallel callers use one handle in place of two.
    /// </summary>
    public abstract bool SharesData { get; }

    /// <summary>Whether <see cref="IGenericStore.CountActiveSessionsAsync"/> is exact here; false on a cluster, where it may be approximate.</summary>
    public virtual bool CountsExactly => true;

    /// <summary>
    /// What the server's own clock shows. Every case starts its clock here; those about sweeping start earlier and sweep when their clock has come to this instant, so that a store which destroys
    /// nothing while the two clocks differ can be tested. The default suits a store without a clock of its own.
    /// </summary>
    public virtual DateTimeOffset ServerNow => StoreContractClock.DefaultStart;

    /// <summary>Opens a store.</summary>
    /// <param name="clock">Its clock: the one that decides what has expired.</param>
    /// <param name="prefix">Its prefix.</param>
    /// <param name="cancellationToken">Gives the opening up.</param>
    public abstract ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken);

    /// <summary>Replaces what is stored under the key of a live session by bytes that no version of the store would write.</summary>
    /// <param name="session">The session, which is stored.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>False if the subject cannot do so: the cases that need it are not applicable.</returns>
    public virtual ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) => new(false);

    /// <summary>Makes a stored record one of a newer format, <see cref="SessionRecord.CurrentFormat"/> + 1.</summary>
    /// <param name="session">The session, which is stored.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>False if the subject cannot do so: the cases that need it are not applicable.</returns>
    public virtual ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) => new(false);

    /// <summary>Whether anything is stored under a key, readable or not, live or not, looked up behind the store's back.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null if the subject cannot tell: the cases that need it are not applicable.</returns>
    public virtual ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) => new((bool?)null);

    /// <summary>Closes the stores that were opened and removes what they wrote.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
