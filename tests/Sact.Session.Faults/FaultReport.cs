namespace Sact.Session.Faults;

/// <summary>Prints what a history has and what the checker found in it, as tables in Markdown.</summary>
internal static class FaultReport
{
    private const int MostPrinted = 20;

    public static void Print(History history, CheckResult result)
    {
        Line($"store {history.Run.Store}, seed {history.Run.Seed}, {history.Run.Seconds:F0} s");
        Line($"operations: {history.Operations.Count} ({Join(history.Operations.CountBy(operation => operation.Outcome))})");
        Line($"verbs: {Join(history.Operations.CountBy(operation => operation.Verb))}");
        Line($"accepted: {history.Operations.Count(operation => operation.Accepts)}");
        Console.WriteLine();
        Console.WriteLine("| fault | times | first answer after it, median s | longest s | last failure after it, longest s |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (var kind in result.Recoveries.GroupBy(recovery => recovery.Fault.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            double[] answers = [.. kind.Where(one => one.FirstAnswer is not null).Select(one => one.FirstAnswer!.Value).Order()];
            Line(
                $"| {kind.Key} | {kind.Select(one => one.Fault).Distinct().Count()} | {Median(answers):F2} | "
                + $"{answers.DefaultIfEmpty().Max():F2} | {kind.Max(one => one.LastFault):F2} |");
        }

        Console.WriteLine();
        var losses = result.Losses;
        Line(
            $"lost within the durability class: {losses.SignIns.Count} sign-ins, {losses.Updates.Count} updates, "
            + $"{losses.Renewals.Count} renewals, {losses.Ends.Count} ends");
        Line($"violations: {result.Violations.Count}");
        foreach (var violation in result.Violations.Take(MostPrinted))
        {
            Line($"- {violation}");
        }
    }

    /// <summary>Prints what the processes held, and how late the slowest store calls were.</summary>
    /// <returns>What has grown, or was late.</returns>
    public static List<string> PrintProcesses(IReadOnlyList<Held> held, double lateFactor, bool isStorm)
    {
        var faults = new List<string>();
        double limit = lateFactor * FaultRun.StoreTimeout;
        foreach (var moment in held)
        {
            for (int i = 0; i < moment.Processes.Length; i++)
            {
                Line($"after {moment.Faults} faults, process {i}: {moment.Describe(i)}; {moment.Connections} connections of both");
            }
        }

        for (int i = 0; i < held[^1].Processes.Length; i++)
        {
            // A process that was replaced counts from there.
            var late = held[^1].Processes[i].Late;
            Line(
                $"process {i}: {late.Count} store calls took more than half of StoreTimeout ({FaultRun.StoreTimeout:F0} s), at most "
                + $"{late.Longest:F2} s, and {late.LongestOwn:F2} s without the time for which the process had no core (at most "
                + $"{late.LongestStall:F2} s at once)");
            if (late.LongestOwn > limit)
            {
                faults.Add($"a store call took {late.LongestOwn:F2} s, the limit is {limit:F2} s");
            }
        }

        if (isStorm)
        {
            faults.AddRange(GrowthRule.Check(held[0], held[^1]));
        }

        faults.ForEach(fault => Line($"- {fault}"));
        return faults;
    }

    private static string Join<T>(IEnumerable<KeyValuePair<T, int>> counts) => string.Join(
        ", ", counts.OrderBy(count => count.Key).Select(count => $"{count.Key} {count.Value}"));

    private static double Median(double[] sorted) => sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];

    private static void Line(string line) => Console.WriteLine(line);
}
