namespace Sact.Session;

/// <summary>Makes a new session: an id, and the record that knows only its hashes.</summary>
internal static class SessionRecordFactory
{
    /// <summary>A new id of the store's (the one made before, if there is one) and its record, not yet stored.</summary>
    /// <exception cref="InvalidOperationException">The store makes ids of another format, or names them under no key of its own.</exception>
    public static (string Id, SessionRecord Record) Make(IGenericStore store, TimeProvider clock, string? userId, SessionFields fields, SessionTerms terms, SessionClient? client = null, string? made = null)
    {
        string id = made ?? store.CreateSessionId(userId);
        Span<byte> bytes = stackalloc byte[SessionIdFormat.ByteLength];
        if (!SessionIdFormat.TryDecode(id, bytes) || store.GetSessionKey(id) is not { IsDefault: false } key)
        {
            throw new InvalidOperationException("The store's CreateSessionId does not make ids of 56 base64url characters. Derive the store from GenericStore, or pass CreateSessionId and GetSessionKey on to one that does.");
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
