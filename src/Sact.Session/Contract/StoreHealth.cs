namespace Sact.Session.Stores;

/// <summary>How well a store is. The health check compares its figures with the limits of the application.</summary>
public sealed class StoreHealth
{
    /// <summary>
    /// Why sessions cannot be kept or changed now, such as a server that takes no writes: one sentence or more for each cause.
    /// Default: none.
    /// </summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>What will become a failure, or may lose sessions: one sentence or more for each. Default: none.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The clock of the store's server at this moment; null (default) if it has none of its own.</summary>
    public DateTimeOffset? StoreTime { get; init; }

    /// <summary>How far the slowest replica is behind; null (default) if there is none, or if it is not known.</summary>
    public TimeSpan? ReplicaLag { get; init; }

    /// <summary>How much of the memory of the store is used: 0 to 1. Null (default) if there is no limit.</summary>
    public double? Fill { get; init; }

    /// <summary>Figures for the operator: names in lower case with underscores, and numbers or short words. Default: none.</summary>
    public IReadOnlyDictionary<string, object> Figures { get; init; } = new Dictionary<string, object>();
}
