using System.Text.Json.Nodes;

namespace Sact.Session.Analyzers.Tests;

/// <summary>The samples are correct programs, so a rule that reports there is wrong.</summary>
public sealed class Samples
{
    private static readonly string s_samples = Path.Combine(Checkout.Root, "samples");

    // The app host is not part of the solution. It uses nothing of the library.
    public static TheoryData<string> All =>
    [
        .. Directory.EnumerateFiles(s_samples, "*.csproj", SearchOption.AllDirectories)
            .Select(project => Path.GetRelativePath(s_samples, Path.GetDirectoryName(project)!).Replace('\\', '/'))
            .Where(sample => sample != "Aspire/AppHost"),
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void HaveNoAlarm(string sample)
    {
        var run = JsonNode.Parse(File.ReadAllText(Path.Combine(s_samples, sample, "obj", "alarms.sarif")))!["runs"]![0]!;

        Assert.All(Snippet.Rules, rule => Assert.True(
            run["tool"]!["driver"]!["rules"]!.AsArray().Any(known => (string?)known!["id"] == rule.Id),
            $"{sample} was built without {rule.Id}. Build it again, without RunAnalyzers=false."));
        Assert.Empty(run["results"]!.AsArray()
            .Where(alarm => ((string?)alarm!["ruleId"])!.StartsWith("SACT", StringComparison.Ordinal))
            .Select(alarm => alarm!.ToJsonString()));
    }

    [Fact]
    public void AreFoundAtEveryDepth() => Assert.Superset(
        new HashSet<string> { "QuickStart", "Aspire/Shop" }, All.Select(sample => sample.Data).ToHashSet());
}
