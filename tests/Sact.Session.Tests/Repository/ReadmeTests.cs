using System.Text.RegularExpressions;

namespace Sact.Session.Tests.Readme;

public sealed partial class ReadmeTests
{
    [Fact]
    public void EveryBlockIsTheCompiledRegionOfItsName()
    {
        var blocks = Blocks();

        Assert.NotEmpty(blocks);
        Assert.Equal(Regions().OrderBy(region => region.Key), blocks.OrderBy(block => block.Key));
    }

    [Fact]
    public void EveryBlockHasAName() =>
        Assert.Equal(Fence().Count(Readme()), Block().Count(Readme()));

    [Fact]
    public void EveryOptionIsInTheTable()
    {
        string readme = Readme();
        var options = typeof(SactSessionOptions).GetProperties()
            .Concat(typeof(MemoryStoreOptions).GetProperties()).Select(option => option.Name).Distinct();

        Assert.All(options, option => Assert.Contains($"`{option}`", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryEventAndCounterIsInItsTable()
    {
        string readme = Readme();
        string telemetry = Path.Combine(Checkout.Root, "src", "Sact.Session", "Diagnostics");
        var events = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src", "Sact.Session"), "*Log.cs", SearchOption.AllDirectories)
            .SelectMany(file => EventId().Matches(File.ReadAllText(file)))
            .Select(match => $"\n| {match.Groups[1].Value} | {match.Groups[2].Value}");
        var counters = Counter().Matches(File.ReadAllText(Path.Combine(telemetry, "SessionMetrics.cs")))
            .Select(match => $"\n| `{match.Groups[1].Value}` |");

        Assert.All([.. events, .. counters], row => Assert.Contains(row, readme, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheSessionOnAPlainContextWorks() => await ReadmeCode.Plain();

    [Fact]
    public void TheDataForAFakeHasItsUserAndFields()
    {
        var alice = ReadmeCode.Fake();

        Assert.Equal(("alice", "admin"), (alice.UserId, alice["role"]));
    }

    private static string Readme() => File.ReadAllText(Path.Combine(Checkout.Root, "README.md"));

    private static Dictionary<string, string> Blocks() =>
        Block().Matches(Readme()).ToDictionary(match => match.Groups[1].Value, match => OneSpaced(match.Groups[2].Value));

    /// <summary>A region may have several parts, because a using directive cannot be inside a method.</summary>
    private static Dictionary<string, string> Regions() => Directory
        .EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "ReadmeCode.cs", SearchOption.AllDirectories)
        .SelectMany(file => Region().Matches(File.ReadAllText(file)))
        .GroupBy(match => match.Groups[1].Value, match => match.Groups[2].Value)
        .ToDictionary(parts => parts.Key, parts => OneSpaced(string.Join(' ', parts)));

    private static string OneSpaced(string code) => Space().Replace(code, " ").Trim();

    [GeneratedRegex(@"^<!-- code: (\w+) -->\n```csharp\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^```(?:csharp|cs|c#)\b", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^[ ]*#region readme:(\w+)\n(.*?)^[ ]*#endregion", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Region();

    [GeneratedRegex(@"LoggerMessage\(\s*(\d+),\s*LogLevel\.(\w+)")]
    private static partial Regex EventId();

    [GeneratedRegex(@"CreateCounter<long>\(""([^""]+)""")]
    private static partial Regex Counter();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
