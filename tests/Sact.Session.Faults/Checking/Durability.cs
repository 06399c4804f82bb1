namespace Sact.Session.Faults;

/// <summary>What the faults of a history may cost. Faults come one after the other.</summary>
internal sealed class Durability
{
    /// <summary>How long after a fault a write may still take effect that nobody acknowledged.</summary>
    private const long Straggling = 10_000_000;

    private readonly InjectedFault[] _faults;
    private readonly InjectedFault[] _doubtful;
    private readonly InjectedFault[] _losing;

    public Durability(IEnumerable<InjectedFault> faults)
    {
        _faults = [.. faults.OrderBy(fault => fault.From)];
        _doubtful = Array.FindAll(_faults, fault => fault.IsDoubtful);
        _losing = Array.FindAll(_faults, fault => fault.LosesFrom is not null);
    }

    /// <summary>Whether a write that was acknowledged then may be missing in what was read by then.</summary>
    public bool MayLose(long acknowledged, long readBy) => Array.Exists(
        _losing, fault => fault.LosesFrom <= acknowledged && acknowledged <= fault.LosesUntil && fault.From <= readBy);

    /// <summary>Whether an end that was acknowledged then may be undone in what was read by then.</summary>
    public bool MayUndo(long acknowledged, long readBy) => Array.Exists(
        _losing,
        fault => fault.LosesEnds && fault.LosesFrom <= acknowledged && acknowledged <= fault.LosesUntil && fault.From <= readBy);

    /// <summary>Whether the answer of an operation proves nothing.</summary>
    public bool IsDoubtful(Operation operation) => During(_doubtful, operation) is not null;

    /// <summary>Whether an operation was acknowledged, and the acknowledgement proves something.</summary>
    public bool IsAcknowledged(Operation operation) => operation.Outcome == Outcome.Done && !IsDoubtful(operation);

    /// <summary>Whether an operation has changed nothing for certain.</summary>
    public bool HasNoEffect(Operation operation) => operation.Outcome is Outcome.Absent or Outcome.Failed && !IsDoubtful(operation);

    /// <summary>The last moment at which an operation may have taken effect.</summary>
    public long LatestEffect(Operation operation) => operation.Outcome is Outcome.Done or Outcome.Absent
        ? operation.Until
        : Straggling + Math.Max(operation.Until, During(_faults, operation)?.Until ?? 0);

    /// <summary>The last fault during which an operation ran; null for none.</summary>
    private static InjectedFault? During(InjectedFault[] faults, Operation operation)
    {
        int begun = Count(faults, operation.Until);
        return begun > 0 && faults[begun - 1].Until >= operation.From ? faults[begun - 1] : null;
    }

    private static int Count(InjectedFault[] faults, long begunBy)
    {
        int low = 0;
        for (int high = faults.Length; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = faults[middle].From <= begunBy ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
