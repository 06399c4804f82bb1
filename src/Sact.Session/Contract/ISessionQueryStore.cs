namespace Sact.Session.Stores;

/// <summary>
/// A store that finds sessions by more than their user, and counts them by state. It is optional: administration and dashboard use it, no
/// request does. <see cref="RecordStore"/> has the rules; a derived store only walks over its records.
/// </summary>
public interface ISessionQueryStore : IGenericStore
{
    /// <summary>Finds one page of live sessions. It changes no session.</summary>
    /// <remarks>
    /// A session that is live and matches while all pages are read is found. One that begins or ends meanwhile may be missing. A page
    /// costs about the same, whichever it is: a store looks at a bounded number of records and then answers what it has found. So a page
    /// may have few sessions, or none, although more follow: only <see cref="SessionPage.Next"/> says that the search is complete.
    /// </remarks>
    /// <param name="query">The conditions, the page size and the cursor.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The page. The newest sessions come first, where the store has an order.</returns>
    /// <exception cref="ArgumentException">
    /// The query breaks a rule (<see cref="SessionQuery.Validate"/>), or its cursor is of another query or was changed.
    /// </exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<SessionPage> QueryAsync(SessionQuery query, CancellationToken cancellationToken = default);

    /// <summary>
    /// Counts the live sessions of this prefix by state. One of a newer format counts as signed in or pending if it has a user, where the
    /// store cannot know better. It is for the operator, and too slow for a request.
    /// </summary>
    /// <param name="cancellationToken">Stops the count.</param>
    /// <returns>The numbers; approximate on a cluster.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<SessionCounts> CountByStateAsync(CancellationToken cancellationToken = default);
}
