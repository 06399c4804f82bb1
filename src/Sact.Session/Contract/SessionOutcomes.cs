namespace Sact.Session.Stores;

/// <summary>How <see cref="IGenericStore.CreateAsync"/> ended.</summary>
public enum SessionCreationStatus
{
    /// <summary>What <c>default</c> is. No store answers it; the core takes it for a fault of the store.</summary>
    None = 0,

    /// <summary>The record is stored; so too if this very record had been stored before (a retry).</summary>
    Created = 1,

    /// <summary>Another live record stands under the key. Nothing was written.</summary>
    Exists = 2,

    /// <summary>The user has as many sessions as the cap allows, and its policy refuses. Nothing was written and nobody ended.</summary>
    CapReached = 3,
}

/// <summary>The answer of <see cref="IGenericStore.CreateAsync"/>.</summary>
public readonly struct SessionCreation : IEquatable<SessionCreation>
{
    private readonly IReadOnlyList<SessionKey>? _ended;

    private SessionCreation(SessionCreationStatus status, IReadOnlyList<SessionKey>? ended)
    {
        Status = status;
        _ended = ended;
    }

    /// <summary>How it ended.</summary>
    public SessionCreationStatus Status { get; }

    /// <summary>The same user's sessions that were ended to keep the cap; usually none.</summary>
    public IReadOnlyList<SessionKey> Ended => _ended ?? [];

    /// <summary>Another live record stands under the key.</summary>
    public static SessionCreation Exists => new(SessionCreationStatus.Exists, null);

    /// <summary>The cap refuses.</summary>
    public static SessionCreation CapReached => new(SessionCreationStatus.CapReached, null);

    /// <summary>The record is stored.</summary>
    /// <param name="ended">Whom the cap ended; null for nobody.</param>
    public static SessionCreation Created(IReadOnlyList<SessionKey>? ended = null) => new(SessionCreationStatus.Created, ended);

    /// <inheritdoc/>
    public bool Equals(SessionCreation other) => Status == other.Status && Ended.SequenceEqual(other.Ended);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionCreation other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Status, Ended.Count);

    /// <summary>Whether two answers are the same.</summary>
    /// <param name="left">One answer.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(SessionCreation left, SessionCreation right) => left.Equals(right);

    /// <summary>Whether two answers differ.</summary>
    /// <param name="left">One answer.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(SessionCreation left, SessionCreation right) => !left.Equals(right);
}

/// <summary>How <see cref="IGenericStore.UpdateAsync"/> ended.</summary>
public enum SessionUpdateStatus
{
    /// <summary>No live record is there: it was ended, has expired or never was. Nothing was written.</summary>
    Gone = 0,

    /// <summary>The change is in the record.</summary>
    Applied = 1,

    /// <summary>A condition of the change does not hold. Nothing was written.</summary>
    Conflict = 2,

    /// <summary>The fields would be larger than the change allows. Nothing was written.</summary>
    TooLarge = 3,
}

/// <summary>The answer of <see cref="IGenericStore.UpdateAsync"/>. <c>default</c> is <see cref="Gone"/>.</summary>
public readonly struct SessionUpdate : IEquatable<SessionUpdate>
{
    private SessionUpdate(SessionUpdateStatus status, SessionRecord? record)
    {
        Status = status;
        Record = record;
    }

    /// <summary>How it ended.</summary>
    public SessionUpdateStatus Status { get; }

    /// <summary>The record as it stands after the call, for <see cref="SessionUpdateStatus.Applied"/> and <see cref="SessionUpdateStatus.Conflict"/>; null otherwise.</summary>
    public SessionRecord? Record { get; }

    /// <summary>No live record is there.</summary>
    public static SessionUpdate Gone => default;

    /// <summary>The fields would be too large.</summary>
    public static SessionUpdate TooLarge => new(SessionUpdateStatus.TooLarge, null);

    /// <summary>The change is in.</summary>
    /// <param name="record">The record as it stands now.</param>
    public static SessionUpdate Applied(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(SessionUpdateStatus.Applied, record);
    }

    /// <summary>A condition does not hold.</summary>
    /// <param name="record">The record as it stands now.</param>
    public static SessionUpdate Conflict(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(SessionUpdateStatus.Conflict, record);
    }

    /// <inheritdoc/>
    public bool Equals(SessionUpdate other) => Status == other.Status && ReferenceEquals(Record, other.Record);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionUpdate other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Status, Record);

    /// <summary>Whether two answers are the same.</summary>
    /// <param name="left">One answer.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(SessionUpdate left, SessionUpdate right) => left.Equals(right);

    /// <summary>Whether two answers differ.</summary>
    /// <param name="left">One answer.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(SessionUpdate left, SessionUpdate right) => !left.Equals(right);
}
