namespace Sact.Session.Faults;

/// <summary>One injection: how long it lasts, and what it may cost.</summary>
internal sealed class FaultContext(Random random, TimeSpan duration, HistoryRecorder recorder)
{
    public Random Random => random;

    public TimeSpan Duration => duration;

    public long? LosesFrom { get; private set; }

    public long LosesUntil { get; private set; }

    public bool LosesEnds { get; private set; }

    /// <summary>Leaves the fault in force for its time.</summary>
    public Task HoldAsync() => Task.Delay(duration);

    /// <summary>From now on an acknowledged write may get lost.</summary>
    public void BeginLoss() => (LosesFrom, LosesEnds) = (recorder.Now, true);

    /// <summary>From now on it may not.</summary>
    public void EndLoss() => LosesUntil = recorder.Now;

    /// <summary>All that was acknowledged so far is lost, ends and sessions alike.</summary>
    public void LoseAll() => (LosesFrom, LosesUntil) = (0, recorder.Now);
}

/// <summary>A kind of fault.</summary>
/// <param name="Kind">Its name in a history.</param>
/// <param name="RunAsync">Injects it, holds it, and ends it.</param>
/// <param name="IsQuick">Whether it is over as soon as it ends, so that a storm of faults can have it.</param>
/// <param name="IsDoubtful">Whether answers prove nothing meanwhile.</param>
/// <param name="Allowance">How many seconds the recovery from it may take longer than from others.</param>
internal sealed record Fault(
    string Kind, Func<FaultContext, Task> RunAsync, bool IsQuick = false, bool IsDoubtful = false, double Allowance = 0);
