namespace Sact.Session;

/// <summary>
/// The contract of a session store. The public suite <c>Sact.Session.StoreContract</c> checks it case by case. Derive a store from
/// <see cref="GenericStore"/>, which implements the three naming members; the format of ids belongs to the core.
/// </summary>
/// <remarks>
/// <para>Every method is safe to call from many requests at once, and every change is atomic.</para>
/// <para>
/// <b>An expired record is an absent record</b> in every method, cleaned up or not, by the store's own <see cref="TimeProvider"/>. Exactly
/// at its deadline it is expired. It is destroyed <see cref="SessionRecord.SkewMargin"/> later at the earliest. An explicit end
/// (<see cref="DeleteAsync"/>, <see cref="DeleteActiveSessionsAsync"/>, <see cref="ClearAsync"/>) removes an expired record too, so that a
/// clock that is set back revives no session; that record is not counted.
/// </para>
/// <para>
/// <b>A caller that changes or ends a session holds its record.</b> The record names the user, so a store knows every key it touches
/// beforehand, and the caller has verified the session's secret. A stored record of another lineage
/// (<see cref="SessionRecord.IsSameSession"/>) is another session, so the caller's session is absent.
/// </para>
/// <para><b>An unreadable record</b> is absent in this call and is logged once. No read deletes it.</para>
/// <para>
/// <b>A record of a newer <see cref="SessionRecord.Format"/></b> is left by a rolling deployment. It is complete, but this version can
/// neither interpret nor rewrite it. To read, change or list it is a <see cref="SessionStoreException"/>, and it stays as it is. It can be
/// ended like any other and is counted, because every format keeps key, user, lineage and deadlines in the same place. Under a cap it
/// counts as a live session and is never chosen to end. A cleanup destroys it only if the store keeps the deadline apart from the body, and
/// by that deadline.
/// </para>
/// <para>
/// <b>A note</b> (<see cref="SessionState.Note"/>) is kept, listed, ended and cleaned up like a session, and never counted as one. One
/// without a user remembers what an identity provider has ended, so that a sign-in under way does not begin it again.
/// <see cref="ClearAsync"/> spares it.
/// </para>
/// <para>
/// <b>Failures</b> are <see cref="SessionStoreException"/>s around the provider's exception.
/// <see cref="SessionStoreException.OutcomeUnknown"/> is true if a write may have happened. A session that is absent or expired is no
/// failure. Reads honour cancellation. A write that has begun either completes or does not happen.
/// </para>
/// </remarks>
public interface IGenericStore
{
    /// <summary>Makes a session id from a cryptographic random source. Nothing is stored.</summary>
    /// <param name="userId">
    /// The id of the session's user, which decides the routing tag; null for an anonymous session, whose tag is random.
    /// </param>
    /// <returns>56 base64url characters.</returns>
    /// <exception cref="ArgumentException">The user id is empty, over 256 UTF-8 bytes, not well-formed, or has a NUL.</exception>
    string CreateSessionId(string? userId = null);

    /// <summary>Gets the key of the record of a session id. It makes no store call and verifies nothing.</summary>
    /// <param name="sessionId">A session id, 56 base64url characters.</param>
    /// <returns>The key.</returns>
    /// <exception cref="ArgumentException">The id is malformed. The message does not repeat it.</exception>
    SessionKey GetSessionKey(string sessionId);

    /// <summary>Gets the logical name of the index of a user's sessions. A store may lay the index out differently.</summary>
    /// <param name="userId">The user id.</param>
    /// <returns><c>{prefix}:user_id:{user id}</c>.</returns>
    /// <exception cref="ArgumentException">The user id is empty, over 256 UTF-8 bytes, not well-formed, or has a NUL.</exception>
    string GetReferenceKey(string userId);

    /// <summary>Reads one live session in one round trip. It never writes.</summary>
    /// <param name="key">The session's key.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The record; null if it is missing, expired or unreadable, or if the key has another prefix.</returns>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    /// <exception cref="SessionStoreException">The store does not answer, or the record is of a newer format.</exception>
    ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Stores a new session together with its user's index entry. It never overwrites a live session.</summary>
    /// <param name="session">The new record, live and with a key of this store's prefix.</param>
    /// <param name="cap">
    /// The most sessions that its user may have, this one included; exact under parallel calls. Null for no cap; an anonymous session has
    /// none. It ends only sessions of this user.
    /// </param>
    /// <param name="cancellationToken">Checked before the write begins.</param>
    /// <returns>
    /// <see cref="SessionCreationStatus.Created"/> with the keys that the cap ended. Also <see cref="SessionCreationStatus.Created"/> if
    /// the stored record is this very creation (<see cref="SessionRecord.IsSameCreation"/>), which is a retry. Otherwise
    /// <see cref="SessionCreationStatus.Exists"/> or <see cref="SessionCreationStatus.CapReached"/>, and nothing is written.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The record contradicts itself (<see cref="SessionRecord.Validate"/>) or its key has another prefix. A sharded store may also refuse
    /// a user's session whose key has another <see cref="SessionKey.RoutingTag"/> than <see cref="CreateSessionId"/> gives that user.
    /// </exception>
    /// <exception cref="SessionStoreException">
    /// The store does not answer or is full; a record of a newer format has the key; or the user's sessions of a newer format fill the cap.
    /// </exception>
    ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default);

    /// <summary>Applies a change to a live session. It keeps what other callers changed meanwhile, and never creates a session.</summary>
    /// <param name="session">
    /// The record exactly as a store method returned it, however old. A store may apply the change to it and compare its version.
    /// </param>
    /// <param name="change">The change. The result is that of <see cref="SessionRecord.Apply"/> on the stored record.</param>
    /// <param name="cancellationToken">Checked before the write begins.</param>
    /// <returns>
    /// Applied or conflict, each with the record after the call; gone if there is no live record of this session; or too large.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The change raises the level without a renewal of the kind <see cref="SessionRenewalKind.Replace"/>.
    /// </exception>
    /// <exception cref="SessionStoreException">The store does not answer, or the stored record is of a newer format.</exception>
    ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a session of any format: record and index entry. It is idempotent. No read that begins after its answer returns the session.
    /// </summary>
    /// <param name="session">The record as the caller last saw it. Only its identity matters.</param>
    /// <param name="cancellationToken">Checked before the write begins.</param>
    /// <returns>True if it ended a live session; false if there was none: missing, expired, ended before, or of another lineage.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists the live sessions of a user, signed in and pending. It skips index entries of ended sessions, and may remove them.
    /// </summary>
    /// <param name="userId">The user id.</param>
    /// <param name="cancellationToken">Stops the listing.</param>
    /// <returns>The sessions in no particular order.</returns>
    /// <exception cref="ArgumentException">The user id is empty, over 256 UTF-8 bytes, not well-formed, or has a NUL.</exception>
    /// <exception cref="SessionStoreException">
    /// The store does not answer, or a session is of a newer format: a list of devices that hides one misleads its user.
    /// </exception>
    IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends every session of a user that was created before the call began, of any format, except one. It answers after the last one has
    /// ended, and can be retried after a failure. Sessions that are created meanwhile may live or end.
    /// </summary>
    /// <param name="userId">The user id.</param>
    /// <param name="except">The session to keep; null for none. The key of another user's session keeps nothing.</param>
    /// <param name="cancellationToken">Checked before the first session ends.</param>
    /// <returns>The number of live sessions that ended.</returns>
    /// <exception cref="ArgumentException">The user id is invalid, or <paramref name="except"/> is <c>default(SessionKey)</c>.</exception>
    /// <exception cref="SessionStoreException">The store does not answer. Some sessions may have ended.</exception>
    ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends every session of this prefix that existed when the call began, of any state and format. It can be retried after a failure. It
    /// is for the operator, and too slow for a request. It ends the notes of users, and spares the readable ones without a user.
    /// </summary>
    /// <param name="cancellationToken">Checked between sessions.</param>
    /// <returns>The number of live sessions that ended.</returns>
    /// <exception cref="SessionStoreException">The store does not answer. Some sessions may have ended.</exception>
    ValueTask<long> ClearAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Counts the live sessions of this prefix, of any state and format, and no notes. It is for the operator, and too slow for a request.
    /// </summary>
    /// <param name="cancellationToken">Stops the count.</param>
    /// <returns>The number of live sessions; approximate on a cluster.</returns>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default);
}
