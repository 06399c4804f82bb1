namespace Sact.Session.Stores;

/// <summary>What few sessions have when they end: ids beside the current one, and a generation.</summary>
internal sealed record EndedSecrets(SecretHash Pending, SecretHash Previous, Instant LastPromotedAt, int Generation)
{
    public static readonly EndedSecrets None = new(default, default, Instant.None, 0);

    public static EndedSecrets Of(SessionRecord session) =>
        session is { PendingHash: null, PreviousHash: null, Generation: 0 }
            ? None
            : new(
                session.PendingHash ?? default,
                session.PreviousHash ?? default,
                session.PreviousHash is null ? Instant.None : Instant.Of(session.LastPromotedAt),
                session.Generation);

    /// <summary>Whether the id with this hash was valid at a time.</summary>
    public bool Accepts(SecretHash id, DateTimeOffset at, TimeSpan grace) =>
        id == Pending || (id == Previous && at - LastPromotedAt.ToTimeOrNull() < grace);
}
