using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>After very many faults the processes hold what they held after the first ones.</summary>
internal static class GrowthRule
{
    // A pool adds and retires threads and connections by its load, so some difference is no growth.
    private const int Some = 24;
    private const double MoreBytes = 1.5;
    private const long SomeBytes = 16 * 1024 * 1024;

    public static IEnumerable<string> Check(Held first, Held last)
    {
        if (last.Connections > first.Connections + Some)
        {
            yield return Grown("connections", first.Connections, last.Connections);
        }

        for (int i = 0; i < first.Processes.Length; i++)
        {
            var (before, after) = (first.Processes[i], last.Processes[i]);
            foreach (var (what, had, has) in new (string, long, long)[]
            {
                ($"threads of process {i}", before.Threads, after.Threads),
                ($"timers of process {i}", before.Timers, after.Timers),
                ($"handles of process {i}", before.Handles, after.Handles),
            })
            {
                if (has > had + Some)
                {
                    yield return Grown(what, had, has);
                }
            }

            if (after.Bytes > (before.Bytes * MoreBytes) + SomeBytes)
            {
                yield return Grown($"bytes of process {i}", before.Bytes, after.Bytes);
            }
        }
    }

    private static string Grown(string what, long before, long after) =>
        string.Create(CultureInfo.InvariantCulture, $"the {what} grew from {before} to {after}");
}
