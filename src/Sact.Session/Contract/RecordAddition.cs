namespace Sact.Session.Stores;

/// <summary>The answer of <c>RecordStore.AddAsync</c>. <c>default</c> is <see cref="Full"/>.</summary>
public readonly struct RecordAddition
{
    private readonly IReadOnlyList<SessionKey>? _ended;

    private RecordAddition(bool isAdded, StoredRecord occupant, IReadOnlyList<SessionKey>? ended)
    {
        IsAdded = isAdded;
        Occupant = occupant;
        _ended = ended;
    }

    /// <summary>The answer that the user has too many sessions, and the candidates do not make room. Nothing was written.</summary>
    public static RecordAddition Full => default;

    /// <summary>Whether the record was added.</summary>
    public bool IsAdded { get; }

    /// <summary>What is already under the key and not expired; otherwise nothing.</summary>
    public StoredRecord Occupant { get; }

    /// <summary>The sessions that ended to make room.</summary>
    public IReadOnlyList<SessionKey> Ended => _ended ?? [];

    /// <summary>Makes the answer that the record was added.</summary>
    /// <param name="ended">The sessions that ended to make room; null for none.</param>
    /// <returns>The answer.</returns>
    public static RecordAddition Added(IReadOnlyList<SessionKey>? ended = null) => new(true, default, ended);

    /// <summary>Makes the answer that something is already under the key. Nothing was written.</summary>
    /// <param name="occupant">What is under the key.</param>
    /// <returns>The answer.</returns>
    public static RecordAddition Occupied(StoredRecord occupant) => new(false, occupant, null);
}
