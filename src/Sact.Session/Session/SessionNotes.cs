using System.Buffers.Text;

namespace Sact.Session;

/// <summary>
/// Makes notes: small records of the library beside the sessions, in any store. Nobody has the secret of a note, so no cookie leads to it.
/// </summary>
internal static class SessionNotes
{
    /// <summary>Makes a note that the store lists under a name, together with others of that name.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The name, which takes the place of a user id.</param>
    /// <param name="fields">What it says. Nothing in it is sealed.</param>
    /// <param name="life">How long it lives.</param>
    /// <param name="now">The current time of the application's clock.</param>
    public static SessionRecord Named(IGenericStore store, string name, SessionFields fields, TimeSpan life, DateTimeOffset now) =>
        Make(store, store.CreateSessionId(name), name, fields, life, now);

    /// <summary>Makes a note with a key that follows from a hash, so that a store keeps at most one of them.</summary>
    /// <param name="store">The store.</param>
    /// <param name="hash">At least 18 bytes of a hash.</param>
    /// <param name="fields">What it says. Nothing in it is sealed.</param>
    /// <param name="life">How long it lives.</param>
    /// <param name="now">The current time of the application's clock.</param>
    public static SessionRecord Single(
        IGenericStore store, ReadOnlySpan<byte> hash, SessionFields fields, TimeSpan life, DateTimeOffset now) =>
        Make(store, IdWith(hash), null, fields, life, now);

    /// <summary>The key of the note that <see cref="Single"/> makes of a hash.</summary>
    public static SessionKey KeyOf(IGenericStore store, ReadOnlySpan<byte> hash) => store.GetSessionKey(IdWith(hash));

    private static string IdWith(ReadOnlySpan<byte> hash)
    {
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        hash[..SessionIdFormat.KeyPartBytes].CopyTo(id);
        RandomBuffer.Fill(id[SessionIdFormat.KeyPartBytes..]);
        return Base64Url.EncodeToString(id);
    }

    private static SessionRecord Make(
        IGenericStore store, string id, string? name, SessionFields fields, TimeSpan life, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[SessionIdFormat.ByteLength];
        SessionIdFormat.Decode(id, bytes);
        return new SessionRecord
        {
            Key = store.GetSessionKey(id),
            UserId = name,
            State = SessionState.Note,
            LineageHash = SessionIdFormat.HashOfLineage(bytes),
            CurrentHash = SessionIdFormat.HashOfId(bytes),
            Presented = true,
            Fields = fields,
            CreatedAt = now,
            LastSeenAt = now,
            Lifetimes = new SessionLifetimes(life, life, life),
        };
    }
}
