namespace Sact.Session.Stores;

/// <summary>The answer of <see cref="IGenericStore.UpdateAsync"/>. <c>default</c> is <see cref="Gone"/>.</summary>
public readonly record struct SessionUpdate
{
    private SessionUpdate(SessionUpdateStatus status, SessionRecord? record)
    {
        Status = status;
        Record = record;
    }

    /// <summary>The outcome.</summary>
    public SessionUpdateStatus Status { get; }

    /// <summary>
    /// The record after the call, for <see cref="SessionUpdateStatus.Applied"/> and <see cref="SessionUpdateStatus.Conflict"/>; otherwise
    /// null.
    /// </summary>
    public SessionRecord? Record { get; }

    /// <summary>The answer that there is no live record.</summary>
    public static SessionUpdate Gone => default;

    /// <summary>The answer that the fields would be too large.</summary>
    public static SessionUpdate TooLarge => new(SessionUpdateStatus.TooLarge, null);

    /// <summary>Makes the answer that the change is in the record.</summary>
    /// <param name="record">The record with the change.</param>
    /// <returns>The answer.</returns>
    public static SessionUpdate Applied(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(SessionUpdateStatus.Applied, record);
    }

    /// <summary>Makes the answer that the record does not meet a condition of the change.</summary>
    /// <param name="record">The record as it is.</param>
    /// <returns>The answer.</returns>
    public static SessionUpdate Conflict(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(SessionUpdateStatus.Conflict, record);
    }
}
