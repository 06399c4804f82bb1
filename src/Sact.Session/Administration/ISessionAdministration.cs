namespace Sact.Session;

/// <summary>
/// Finds, counts and ends sessions of any user, for an administrator. <c>AddSactSession()</c> registers it as a singleton; inject it, for a
/// named registration with <c>[FromKeyedServices(name)]</c>. It checks no permission: whoever calls it must have done so.
/// </summary>
/// <remarks>
/// Each act names its actor: who ended the sessions. The actor is written to the log (events 60 to 63) and handed to the observers
/// (<see cref="SessionEvent.Actor"/>). It has 1 to 256 characters without control characters. Do not use a user id or a mail address if
/// your log must not hold one; <c>MapSactSessionDashboard()</c> uses the key of the administrator's session.
/// </remarks>
/// <example>
/// <code>
/// app.MapPost("/support/sign-out/{user}", async (string user, ISessionAdministration sessions) =>
///     await sessions.EndUserAsync(user, actor: "support desk")).RequireAuthorization("support");
/// </code>
/// </example>
public interface ISessionAdministration
{
    /// <summary>
    /// Whether the store finds sessions by any condition (<see cref="Stores.ISessionQueryStore"/>). Every store of this library does. If
    /// not, a query must name a user.
    /// </summary>
    bool CanQuery { get; }

    /// <summary>Finds one page of live sessions.</summary>
    /// <param name="query">The conditions, the page size and the cursor.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The page. The newest sessions come first; over Redis there is no order, except for a query by user.</returns>
    /// <exception cref="ArgumentException">The query breaks a rule, or its cursor is of another query or registration.</exception>
    /// <exception cref="NotSupportedException">The store cannot query, and the query names no user.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<AdministeredSessionPage> FindAsync(SessionQuery query, CancellationToken cancellationToken = default);

    /// <summary>Gets what is known of one session.</summary>
    /// <param name="key">The session's key.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The session, or why it ended; null if nothing is known of this key.</returns>
    /// <exception cref="ArgumentException">The key is of another registration.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<AdministeredSessionDetails?> GetAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Counts the live sessions by state. It may take seconds: over Redis it reads all keys.</summary>
    /// <param name="cancellationToken">Stops the count.</param>
    /// <returns>The numbers.</returns>
    /// <exception cref="NotSupportedException">The store cannot query.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<SessionCounts> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends one session.</summary>
    /// <param name="key">The session's key.</param>
    /// <param name="actor">Who ends it, for the log and the observers.</param>
    /// <param name="cancellationToken">Checked before the session ends.</param>
    /// <returns>True if it ended a live session; false if there was none.</returns>
    /// <exception cref="ArgumentException">The key is of another registration, or the actor breaks the rule.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<bool> EndAsync(SessionKey key, string actor, CancellationToken cancellationToken = default);

    /// <summary>Ends all sessions of a user.</summary>
    /// <param name="userId">The user id.</param>
    /// <param name="actor">Who ends them, for the log and the observers.</param>
    /// <param name="cancellationToken">Checked before the first session ends.</param>
    /// <returns>The number of live sessions that ended.</returns>
    /// <exception cref="ArgumentException">The user id or the actor breaks its rule.</exception>
    /// <exception cref="SessionStoreException">The store does not answer. Some sessions may have ended.</exception>
    ValueTask<long> EndUserAsync(string userId, string actor, CancellationToken cancellationToken = default);

    /// <summary>Ends every session that a query finds and that began before the call. The page size and the cursor do not matter.</summary>
    /// <param name="query">At least one condition.</param>
    /// <param name="actor">Who ends them, for the log and the observers.</param>
    /// <param name="cancellationToken">Checked between sessions.</param>
    /// <returns>The number of live sessions that ended.</returns>
    /// <exception cref="ArgumentException">The query has no condition or breaks a rule, or the actor breaks the rule.</exception>
    /// <exception cref="NotSupportedException">The store cannot query, and the query names no user.</exception>
    /// <exception cref="SessionStoreException">
    /// The store does not answer, and some sessions may have ended. Or all have ended but those that a newer version wrote, or that cannot
    /// be read.
    /// </exception>
    ValueTask<long> EndMatchingAsync(SessionQuery query, string actor, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends every session of the registration that began before the call, those of visitors and of the administrator included. Their
    /// clients see no reason. It may take minutes.
    /// </summary>
    /// <param name="actor">Who ends them, for the log and the observers.</param>
    /// <param name="cancellationToken">Checked between sessions.</param>
    /// <returns>The number of live sessions that ended.</returns>
    /// <exception cref="ArgumentException">The actor breaks the rule.</exception>
    /// <exception cref="SessionStoreException">The store does not answer. Some sessions may have ended.</exception>
    ValueTask<long> EndAllAsync(string actor, CancellationToken cancellationToken = default);
}
