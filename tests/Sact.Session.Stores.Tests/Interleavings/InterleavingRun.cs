using System.Collections.Concurrent;
using System.Globalization;
using Sact.Session.Tests.Fuzzing;

namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>A promise was broken. The message names the interleaving and how to repeat it.</summary>
internal sealed class BrokenPromiseException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Runs interleavings over one store. A number names each: it decides the verbs, the cookies, and the order of the store calls.
/// </summary>
internal sealed class InterleavingRun(Profile profile)
{
    private readonly ConcurrentDictionary<ulong, bool> _different = new();

    /// <summary>The number of different orders in which the calls of the actors came.</summary>
    public int Different => _different.Count;

    /// <summary>
    /// Runs as many interleavings as <c>SACT_INTERLEAVINGS</c> says, or else the usual number. With <c>SACT_INTERLEAVING</c> it runs that
    /// one alone.
    /// </summary>
    /// <returns>How many it ran.</returns>
    public async Task<int> RunUsualAsync(int usual)
    {
        if (FuzzNumbers.FromEnvironment("SACT_INTERLEAVING") is { } one)
        {
            await RunAsync(one, 1);
            return 1;
        }

        int count = (int)(FuzzNumbers.FromEnvironment("SACT_INTERLEAVINGS") ?? (ulong)usual);
        await RunAsync(FuzzNumbers.FromEnvironment("SACT_INTERLEAVINGS_FIRST") ?? 1, count);
        return count;
    }

    /// <summary>Runs the interleavings from a number on.</summary>
    public Task RunAsync(ulong first, int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, (count + profile.PerBed - 1) / profile.PerBed).Select(i => i * profile.PerBed),
        new ParallelOptions { MaxDegreeOfParallelism = count <= 10_000 ? 1 : Environment.ProcessorCount },
        async (from, _) =>
        {
            await using var bed = await Bed.OpenAsync(profile);
            for (int i = from; i < Math.Min(count, from + profile.PerBed); i++)
            {
                await PlayAsync(bed, first + (ulong)i);
            }
        });

    /// <summary>Runs one interleaving over a new bed, and gets the order in which its gates were opened.</summary>
    public async Task<string> TraceAsync(ulong number)
    {
        await using var bed = await Bed.OpenAsync(profile);
        return string.Join(' ', (await PlayAsync(bed, number)).Stage.Releases);
    }

    private async Task<Scene> PlayAsync(Bed bed, ulong number)
    {
        var verbs = Combinations.All[(int)(number % (ulong)Combinations.All.Count)];
        var scene = new Scene(bed, new SeededNumbers(number));
        string? broken;
        Exception? fault = null;
        try
        {
            await scene.PlayAsync(verbs);
            broken = new Promises(scene).Broken();
        }
        catch (Exception exception)
        {
            (broken, fault) = ($"It did not end: {exception.GetType().Name}: {exception.Message}", exception);
        }

        if (broken is not null)
        {
            throw new BrokenPromiseException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Interleaving {number} ({string.Join(", ", verbs)}): {broken} Repeat it with SACT_INTERLEAVING={number}. {scene}"),
                fault);
        }

        Remember(number, scene);
        return scene;
    }

    private void Remember(ulong number, Scene scene)
    {
        ulong hash = number % (ulong)Combinations.All.Count;
        foreach (var call in scene.Calls.Where(static call => call.Actor is not null))
        {
            hash = (hash ^ (ulong)(((int)call.Kind * 4) + call.Actor!.Number + 1)) * 0x100000001B3;
        }

        foreach (int release in scene.Stage.Releases)
        {
            hash = (hash ^ (ulong)(release + 1)) * 0x100000001B3;
        }

        _different[hash] = true;
    }
}
