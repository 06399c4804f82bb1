namespace Sact.Session.Stores;

/// <summary>The answer of <see cref="IGenericStore.CreateAsync"/>.</summary>
public readonly record struct SessionCreation
{
    private readonly IReadOnlyList<SessionKey>? _ended;

    private SessionCreation(SessionCreationStatus status, IReadOnlyList<SessionKey>? ended)
    {
        Status = status;
        _ended = ended;
    }

    /// <summary>The outcome.</summary>
    public SessionCreationStatus Status { get; }

    /// <summary>The keys of the same user's sessions that were ended to keep the cap; usually none.</summary>
    public IReadOnlyList<SessionKey> Ended => _ended ?? [];

    /// <summary>The answer that another live record has the key.</summary>
    public static SessionCreation Exists => new(SessionCreationStatus.Exists, null);

    /// <summary>The answer that the cap refuses.</summary>
    public static SessionCreation CapReached => new(SessionCreationStatus.CapReached, null);

    /// <summary>Makes the answer that the record is stored.</summary>
    /// <param name="ended">The keys of the sessions that the cap ended; null for none.</param>
    /// <returns>The answer.</returns>
    public static SessionCreation Created(IReadOnlyList<SessionKey>? ended = null) => new(SessionCreationStatus.Created, ended);

    /// <summary>Compares the outcome and the ended sessions.</summary>
    /// <param name="other">The other answer.</param>
    /// <returns>True if both are the same, in the same order.</returns>
    public bool Equals(SessionCreation other) => Status == other.Status && Ended.SequenceEqual(other.Ended);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Status, Ended.Count);
}
