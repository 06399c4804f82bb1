namespace Sact.Session;

/// <summary>Makes a new session: an id, and a record that holds only hashes of the id.</summary>
internal static class SessionRecordFactory
{
    /// <summary>Makes a session that is not stored yet.</summary>
    /// <param name="store">The store, which makes the id.</param>
    /// <param name="clock">The clock that gives the time of creation.</param>
    /// <param name="userId">The user; null for an anonymous session.</param>
    /// <param name="fields">The metadata.</param>
    /// <param name="terms">State, level and time limits.</param>
    /// <param name="client">The device at sign-in; null if it was not captured.</param>
    /// <param name="made">The id, if the store has made it before; null for a new one.</param>
    /// <returns>The id and its record.</returns>
    /// <exception cref="InvalidOperationException">The store makes ids of another format.</exception>
    public static (string Id, SessionRecord Record) Make(
        IGenericStore store,
        TimeProvider clock,
        string? userId,
        SessionFields fields,
        SessionTerms terms,
        SessionClient? client = null,
        string? made = null)
    {
        string id = made ?? store.CreateSessionId(userId);
        Span<byte> bytes = stackalloc byte[SessionIdFormat.ByteLength];
        if (!SessionIdFormat.TryDecode(id, bytes) || store.GetSessionKey(id) is not { IsDefault: false } key)
        {
            throw new InvalidOperationException(
                "The store's CreateSessionId made an id of another format. A session id has 56 base64url characters. Derive the store from "
                + "GenericStore, or forward CreateSessionId and GetSessionKey to a store that does.");
        }

        var now = clock.GetUtcNow();
        return (id, new SessionRecord
        {
            Key = key,
            UserId = userId,
            State = terms.State,
            AssuranceLevel = terms.AssuranceLevel,
            LineageHash = SessionIdFormat.HashOfLineage(bytes),
            CurrentHash = SessionIdFormat.HashOfId(bytes),
            Fields = fields,
            IsPersistent = terms.IsPersistent,
            SignInClient = client,
            CreatedAt = now,
            AuthenticatedAt = userId is null ? null : now,
            LastSeenAt = now,
            Lifetimes = terms.Lifetimes,
        });
    }
}
