using System.Security.Cryptography;

namespace Sact.Session;

/// <summary>A record of which only the key and the lineage are known. A store ends the session by it. No id has its hash.</summary>
internal static class RecordOfKey
{
    /// <summary>A record to end a session by.</summary>
    public static SessionRecord Named(SessionKey key, SecretHash lineage, DateTimeOffset now) =>
        Make(key, lineage, now, SessionLifetimes.Maximum);

    /// <summary>A record that only the marker of the session's lineage can replace. It has expired before it exists.</summary>
    public static SessionRecord Placeholder(SessionRecord session, DateTimeOffset now) =>
        Make(session.Key, session.LineageHash, now - (SessionRecord.SkewMargin / 2), TimeSpan.FromSeconds(1));

    private static SessionRecord Make(SessionKey key, SecretHash lineage, DateTimeOffset created, TimeSpan life) => new()
    {
        Key = key,
        State = SessionState.Anonymous,
        LineageHash = lineage,
        CurrentHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
        CreatedAt = created,
        LastSeenAt = created,
        Lifetimes = new SessionLifetimes(life, life, life),
    };
}
