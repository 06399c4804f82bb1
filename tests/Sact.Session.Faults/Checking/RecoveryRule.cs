using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>
/// After each fault every process works again, without a restart, within the limit; unless the next fault comes before that.
/// </summary>
internal sealed class RecoveryRule(History history, double limit, CheckResult result)
{
    public void Check()
    {
        var faults = history.Faults.OrderBy(fault => fault.From).ToArray();
        long end = history.Operations.Select(operation => operation.Until).DefaultIfEmpty().Max();
        foreach (var process in history.Operations.GroupBy(operation => operation.Process).OrderBy(group => group.Key))
        {
            var operations = process.OrderBy(operation => operation.Until).ToArray();
            int begin = 0;
            for (int i = 0; i < faults.Length; i++)
            {
                for (; begin < operations.Length && operations[begin].Until < faults[i].Until; begin++)
                {
                }

                Check(faults[i], i + 1 < faults.Length ? faults[i + 1].From : end, process.Key, operations.AsSpan(begin));
            }
        }
    }

    private void Check(InjectedFault fault, long next, int process, ReadOnlySpan<Operation> since)
    {
        double? first = null;
        Operation? failed = null;
        foreach (var operation in since)
        {
            // One that ended after the next fault began may have failed because of that one.
            if (operation.Until > next)
            {
                break;
            }

            if (operation.Outcome == Outcome.Done)
            {
                first ??= SecondsBetween(fault.Until, operation.Until);
            }

            bool hasFailed = operation.Outcome is Outcome.Failed or Outcome.Unknown;
            if (hasFailed && operation.From >= fault.Until && operation.From >= (failed?.From ?? 0))
            {
                failed = operation;
            }
        }

        double last = failed is null ? 0 : SecondsBetween(fault.Until, failed.From);
        result.Recoveries.Add(new Recovery(fault, process, first, last));
        double allowed = limit + fault.Allowance;
        if ((first ?? SecondsBetween(fault.Until, next)) > allowed)
        {
            string when = first is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s after it") : "not at all";
            result.Add(Violation.NoRecovery, fault, $"process {process} worked again {when}");
        }
        else if (last > allowed)
        {
            result.Add(Violation.NoRecovery, fault, "long after it failed", failed!);
        }
    }

    private static double SecondsBetween(long from, long until) => (until - from) / 1e6;
}
