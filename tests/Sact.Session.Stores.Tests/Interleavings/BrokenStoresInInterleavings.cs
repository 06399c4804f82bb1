using Sact.Session.Stores.Tests.BrokenStores;

namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>A harness that passes everything proves nothing: each of these stores breaks one rule, and an interleaving shows it.</summary>
public sealed class BrokenStoresInInterleavings
{
    private const int Many = 10_000;

    private static readonly Dictionary<string, (Profile Profile, string Broken)> s_broken = new()
    {
        [nameof(UpsertsOnUpdate)] = (Profiles.Calls((o, d) => new UpsertsOnUpdate(o, d)), "after its acknowledged end"),
        [nameof(WritesWholeBlobs)] = (Profiles.Calls((o, d) => new WritesWholeBlobs(o, d)), ""),
        [nameof(IgnoresConditions)] = (Profiles.Calls((o, d) => new IgnoresConditions(o, d)), "compare-and-swap"),
        [nameof(IgnoresTheGeneration)] = (Profiles.Calls((o, d) => new IgnoresTheGeneration(o, d)), "has replaced at once"),
        [nameof(IgnoresWhatARenewalSaw)] = (Profiles.Calls((o, d) => new IgnoresWhatARenewalSaw(o, d)), ""),
        [nameof(IgnoresTheException)] = (Profiles.Calls((o, d) => new IgnoresTheException(o, d)), "nothing has ended is refused"),
        [nameof(AcknowledgesTooEarly)] = (Profiles.Calls((o, d) => new AcknowledgesTooEarly(o, d)), "after its acknowledged end"),
        [nameof(EndsOnlyWhatHasNotChanged)] = (
            Profiles.Calls((o, d) => new EndsOnlyWhatHasNotChanged(o, d)), "after its acknowledged end"),
        [nameof(SweepsByTheFirstDeadline)] = (
            Profiles.Calls((o, d) => new SweepsByTheFirstDeadline(o, d)), "nothing has ended is refused"),
        [nameof(ListsFromAnIndexItForgets)] = (Profiles.Calls((o, d) => new ListsFromAnIndexItForgets(o, d)), "The list of"),
        [nameof(KeepsTheGeneration)] = (Profiles.Calls((o, d) => new KeepsTheGeneration(o, d)), ""),
        [nameof(ReadsTheExpired)] = (Profiles.Calls((o, d) => new ReadsTheExpired(o, d)), "The store returns an expired session"),

        // The lost race is inside of the store, so the gates are there.
        [nameof(ReplacesWithoutComparing)] = (Profiles.Steps((o, d) => new ReplacesWithoutComparing(o, d)), ""),
        [nameof(ReplacesWhatIsOlder)] = (Profiles.Steps((o, d) => new ReplacesWhatIsOlder(o, d)), ""),
    };

    public static TheoryData<string> Stores => [.. s_broken.Keys];

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task AreCaught(string store)
    {
        var (profile, broken) = s_broken[store];

        var fault = await Assert.ThrowsAsync<BrokenPromiseException>(() => new InterleavingRun(profile).RunAsync(1, Many));

        Assert.Contains(broken, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("It did not end", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Repeat it with SACT_INTERLEAVING=", fault.Message, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(fault.Message);
    }

    /// <summary>The stores from which the broken ones are made break nothing.</summary>
    [Fact]
    public async Task AreBrokenByTheirOneFaultAlone()
    {
        await new InterleavingRun(Profiles.Calls((o, d) => new DictionaryStore(o, d))).RunAsync(1, 500);
        await new InterleavingRun(Profiles.Calls((o, d) => new RecordDictionaryStore(o, d))).RunAsync(1, 500);
    }
}

/// <summary>A number is enough to repeat an interleaving.</summary>
public sealed class RepeatedInterleavings
{
    public static TheoryData<string> Kinds => ["calls", "steps"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task HaveTheSameOrder(string kind)
    {
        var run = new InterleavingRun(kind == "calls" ? Profiles.Memory : Profiles.Steps((o, d) => new RecordDictionaryStore(o, d)));
        for (ulong number = 1; number <= (ulong)Combinations.All.Count; number++)
        {
            Assert.Equal(await run.TraceAsync(number), await Task.Run(() => run.TraceAsync(number)));
        }
    }

    [Fact]
    public void AreOfEveryPairAndTriple() => Assert.Equal(
        (78, 364), (Combinations.All.Count(static verbs => verbs.Length == 2), Combinations.All.Count(static verbs => verbs.Length == 3)));
}
