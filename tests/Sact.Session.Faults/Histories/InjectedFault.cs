namespace Sact.Session.Faults;

/// <summary>One fault: when it began, when the store was healthy again, and what it may cost by the store's durability class.</summary>
public sealed record InjectedFault
{
    public required string Kind { get; init; }

    public required long From { get; init; }

    public required long Until { get; init; }

    /// <summary>
    /// The first moment whose acknowledged writes the fault may lose; null if it may lose none. What was acknowledged before is in the
    /// replica already.
    /// </summary>
    public long? LosesFrom { get; init; }

    /// <summary>The last such moment.</summary>
    public long LosesUntil { get; init; }

    /// <summary>Whether an end can be lost and its session kept. A store that loses everything keeps no session to bring back.</summary>
    public bool LosesEnds { get; init; }

    /// <summary>
    /// Whether answers during the fault prove nothing: their bytes are changed, or the file is replaced by a backup afterwards. What was
    /// accepted meanwhile must be right all the same.
    /// </summary>
    public bool IsDoubtful { get; init; }

    /// <summary>
    /// How many seconds a recovery may take longer: a fault without a sign must be noticed first, and a new process must load its code.
    /// </summary>
    public double Allowance { get; init; }

    public override string ToString() => $"{Kind}, {From / 1e6:F3} s to {Until / 1e6:F3} s";
}
