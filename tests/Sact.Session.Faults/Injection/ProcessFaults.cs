namespace Sact.Session.Faults;

/// <summary>What happens to an application process.</summary>
internal static class ProcessFaults
{
    // The runtime starts, and compiles what the first requests need.
    private const double StartOfAProcess = 5;

    /// <summary><c>kill -9</c> in the middle of its work. Another process takes its place.</summary>
    public static Fault Kill(Applications applications) => new(
        "kill -9 of a process",
        context => applications.ReplaceAsync(context.Random.Next(Applications.Count), context.HoldAsync),
        Allowance: StartOfAProcess);
}
