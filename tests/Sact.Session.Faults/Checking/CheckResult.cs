namespace Sact.Session.Faults;

/// <summary>How soon after a fault a process worked again.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Process">The number of the process.</param>
/// <param name="FirstAnswer">
/// Seconds from the end of the fault to the first acknowledged operation; null if the next fault or the end of the history came before.
/// </param>
/// <param name="LastFault">
/// Seconds from the end of the fault to the start of the last operation that failed before the next fault; 0 for none.
/// </param>
public sealed record Recovery(InjectedFault Fault, int Process, double? FirstAnswer, double LastFault);

/// <summary>What acknowledged writes the store has lost, each of them within its durability class.</summary>
public sealed class Losses
{
    public HashSet<long> SignIns { get; } = [];

    public HashSet<long> Updates { get; } = [];

    public HashSet<long> Renewals { get; } = [];

    public HashSet<long> Ends { get; } = [];

    public int Total => SignIns.Count + Updates.Count + Renewals.Count + Ends.Count;
}

/// <summary>What a checker found in a history.</summary>
public sealed class CheckResult
{
    public List<Violation> Violations { get; } = [];

    public Losses Losses { get; } = new();

    public List<Recovery> Recoveries { get; } = [];

    internal void Add(string rule, params object[] what) => Violations.Add(new Violation(rule, string.Join("; ", what)));
}
