namespace Sact.Session;

/// <summary>
/// The contract of a session store. It is checked, case by case, by the public suite <c>Sact.Session.StoreContract</c>. Derive from <see cref="GenericStore"/>, which
/// answers the three naming members; the format of ids belongs to the core.
/// </summary>
/// <remarks>
/// <para>Every method is safe to call from many requests at once, and every change is atomic.</para>
/// <para><b>An expired record is an absent record</b> in every method, swept or not, by the store's own <see cref="TimeProvider"/>; exactly at its deadline it is expired. It is
/// destroyed only <see cref="SessionRecord.SkewMargin"/> later. An explicit end (<see cref="DeleteAsync"/>, <see cref="DeleteActiveSessionsAsync"/>, <see cref="ClearAsync"/>) removes an expired
/// record too, so that a clock set back revives nothing; it is not counted.</para>
/// <para><b>Whoever changes or ends a session holds its record</b>: the record names the user, so every key a store touches is known beforehand, and its secret has been
/// verified. A stored record of another lineage (<see cref="SessionRecord.IsSameSession"/>) is another session, and absent.</para>
/// <para><b>An unreadable record</b> is absent to this call, with one log event, and is never deleted by a read.</para>
/// <para><b>A record of a newer <see cref="SessionRecord.Format"/></b>, as a rolling deploy leaves them, is whole, but nobody here may judge or rewrite it. Every format keeps key, user, lineage and deadlines
/// where the first one put them, so: reading, changing or listing it is a <see cref="SessionStoreException"/>, and it stays untouched; it can be ended like any other, and is counted; under a cap it counts as a live session
/// and is never the one that is ended. A sweep destroys it only if the store keeps the deadline apart from what a format may change, and by that deadline.</para>
/// <para><b>Faults</b> are <see cref="SessionStoreException"/>s around the provider's exception, with <see cref="SessionStoreException.OutcomeUnknown"/> set when a write may have happened. Absent,
/// expired and malformed are no faults. Reads honour cancellation; a write that has begun is finished or has not happened.</para>
/// </remarks>
public interface IGenericStore
{
    /// <summary>Makes a session id: 56 base64url characters from a cryptographic source. Nothing is stored.</summary>
    /// <param name="userId">Whose session it is to be: decides the routing tag. Null for an anonymous session, whose tag is random.</param>
    /// <exception cref="ArgumentException">The user id is empty, over 256 UTF-8 bytes, ill-formed or has a NUL.</exception>
    string CreateSessionId(string? userId = null);

    /// <summary>The key under which the session of an id is stored. No store call is made, and nothing is verified by it.</summary>
    /// <param name="sessionId">A session id, 56 base64url characters.</param>
    /// <exception cref="ArgumentException">The id is malformed. The message does not repeat it.</exception>
    SessionKey GetSessionKey(string sessionId);

    /// <summary>The logical name of the index of a user's sessions, <c>{prefix}:user_id:{user id}</c>. A store may lay it out differently.</summary>
    /// <param name="userId">The user id.</param>
    /// <exception cref="ArgumentException">The user id is empty, over 256 UTF-8 bytes, ill-formed or has a NUL.</exception>
    string GetReferenceKey(string userId);

    /// <summary>Reads one live session: one round trip. Writes nothing, whatever it finds.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="cancellationToken">Gives the read up.</param>
    /// <returns>The record; null if it is missing, expired or unreadable, or the key is of another prefix.</returns>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer, or the record is of a newer format.</exception>
    ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Stores a new session and, for one with a user, its index entry, atomically. Never overwrites a live one.</summary>
    /// <param name="session">The new record, live and with a key of this store's prefix.</param>
    /// <param name="cap">The most sessions its user may have, this one included; exact under parallel calls. Null, or an anonymous session: no cap. Only this user's sessions are ever ended by it.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>
    /// <see cref="SessionCreationStatus.Created"/>, with those the cap ended; also if the stored record is this very creation (<see cref="SessionRecord.IsSameCreation"/>): a retry.
    /// <see cref="SessionCreationStatus.Exists"/> or <see cref="SessionCreationStatus.CapReached"/>, with nothing written.
    /// </returns>
    /// <exception cref="ArgumentException">The record contradicts itself (<see cref="SessionRecord.Validate"/>) or has a key of another prefix. A store may also refuse
    /// a user's session whose key has another <see cref="SessionKey.RoutingTag"/> than <see cref="CreateSessionId"/> gives that user: a sharded one would keep it apart from the user's others.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer or is full; or a record of a newer format stands under the key; or so many of the user's sessions are of a newer format that ending the others makes no room under the cap.</exception>
    ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default);

    /// <summary>Applies a change to a live session, atomically: what other callers changed meanwhile stays. Never creates.</summary>
    /// <param name="session">The session's record as the caller last saw it; only its identity is used, not its contents.</param>
    /// <param name="change">The change. The result is that of <see cref="SessionRecord.Apply"/> on the stored record.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>
    /// Applied or conflict, each with the record as it stands now; gone if there is no live record of this session (missing, expired, ended, of another lineage); too large.
    /// </returns>
    /// <exception cref="SessionStoreException">The store cannot answer, or the stored record is of a newer format.</exception>
    ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default);

    /// <summary>Ends a session, whatever its format: record and index entry, atomically. Idempotent; no read begun after it was acknowledged returns the session.</summary>
    /// <param name="session">The session's record as the caller last saw it; only its identity is used.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>True if it ended a live session; false if there was none (missing, expired, ended before, of another lineage).</returns>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default);

    /// <summary>The live sessions that name a user, signed in and pending, in no particular order. Index entries of dead sessions are skipped, and healed.</summary>
    /// <param name="userId">The user id.</param>
    /// <param name="cancellationToken">Gives the listing up.</param>
    /// <exception cref="ArgumentException">The user id is empty, over 256 UTF-8 bytes, ill-formed or has a NUL.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer, or one of them is of a newer format: a list of devices that hides one misleads.</exception>
    IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends every session of a user that was created before the call began, whatever its format, except one. Retryable after a fault; it acknowledges after the last one has ended. Sessions created
    /// meanwhile may live or end.
    /// </summary>
    /// <param name="userId">The user id.</param>
    /// <param name="except">The session to keep; null for none. A key that is not this user's keeps nothing.</param>
    /// <param name="cancellationToken">Looked at before the first end.</param>
    /// <returns>How many live sessions it ended.</returns>
    /// <exception cref="ArgumentException">The user id breaks its rules, or <paramref name="except"/> is <c>default(SessionKey)</c>.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer; some may have ended.</exception>
    ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default);

    /// <summary>Ends every session of this prefix, whatever its state and format, that existed when the call began. Retryable after a fault. For the operator, not for a request's path.</summary>
    /// <param name="cancellationToken">Looked at between ends.</param>
    /// <returns>How many live sessions it ended.</returns>
    /// <exception cref="SessionStoreException">The store cannot answer; some may have ended.</exception>
    ValueTask<long> ClearAsync(CancellationToken cancellationToken = default);

    /// <summary>How many live sessions of this prefix there are, whatever their state and format; may be approximate on a cluster. For the operator, not for a request's path.</summary>
    /// <param name="cancellationToken">Gives the count up.</param>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default);
}
