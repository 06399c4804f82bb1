using System.Globalization;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>An input broke the property of its target. The message names the input and how to repeat it.</summary>
internal sealed class FuzzedException(string message, Exception inner) : Exception(message, inner);

/// <summary>
/// Runs a target with many inputs. A number names each input, because all of it comes from that number.
/// </summary>
/// <remarks>
/// <c>SACT_FUZZ_INPUTS</c> is the number of inputs of all targets together, <c>SACT_FUZZ_FIRST</c> the number of the first one, and
/// <c>SACT_FUZZ_INPUT</c> runs one input alone.
/// </remarks>
internal static class FuzzRun
{
    /// <summary>Cookies in, cookies out, records, sealed fields, metadata, cursors, logout tokens.</summary>
    private const int Targets = 7;

    private const int Usual = 100_000;
    private const int EnoughForEveryOutcome = 5_000;

    /// <summary>Runs a target.</summary>
    /// <param name="target">Its name in the report.</param>
    /// <param name="one">Runs one input and returns what became of it. It throws if the property does not hold.</param>
    /// <param name="outcomes">What must become of some inputs each. A generator that reaches only one outcome proves nothing.</param>
    /// <param name="share">The share of the target's inputs that it runs, for a target that calls a server.</param>
    public static Task RunAsync(string target, Func<SeededNumbers, ValueTask<string>> one, string[] outcomes, double share = 1) =>
        Task.Run(() => RunInPoolAsync(target, one, outcomes, share));

    private static async Task RunInPoolAsync(
        string target, Func<SeededNumbers, ValueTask<string>> one, string[] outcomes, double share)
    {
        if (FuzzNumbers.FromEnvironment("SACT_FUZZ_INPUT") is { } single)
        {
            await TryAsync(target, one, single);
            return;
        }

        ulong first = FuzzNumbers.FromEnvironment("SACT_FUZZ_FIRST") ?? 1;
        ulong count = (ulong)((FuzzNumbers.FromEnvironment("SACT_FUZZ_INPUTS") ?? Usual) * share / Targets) + 1;
        var found = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (ulong number = first; number < first + count; number++)
        {
            string outcome = await TryAsync(target, one, number);
            found[outcome] = found.GetValueOrDefault(outcome) + 1;
        }

        string report = string.Create(
            CultureInfo.InvariantCulture,
            $"{target}: {count} inputs, {string.Join(", ", found.Select(static pair => $"{pair.Value} {pair.Key}"))}.");
        TestContext.Current.TestOutputHelper?.WriteLine(report);
        if (count >= EnoughForEveryOutcome)
        {
            Assert.All(outcomes, outcome => Assert.True(found.ContainsKey(outcome), $"No input was {outcome}. {report}"));
        }
    }

    private static async ValueTask<string> TryAsync(string target, Func<SeededNumbers, ValueTask<string>> one, ulong number)
    {
        try
        {
            return await one(new SeededNumbers(number));
        }
        catch (Exception fault)
        {
            throw new FuzzedException(
                $"Input {number} of {target}: {fault.GetType().Name}: {fault.Message} Repeat it with SACT_FUZZ_INPUT={number}.", fault);
        }
    }
}
