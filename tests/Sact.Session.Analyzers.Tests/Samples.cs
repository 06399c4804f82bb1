using System.Text.Json.Nodes;

namespace Sact.Session.Analyzers.Tests;

/// <summary>The samples are correct programs, so a rule that reports there is wrong.</summary>
public sealed class Samples
{
    public static TheoryData<string> All =>
        [.. Directory.EnumerateDirectories(Path.Combine(Checkout.Root, "samples")).Select(folder => Path.GetFileName(folder))];

    [Theory]
    [MemberData(nameof(All))]
    public void HaveNoAlarm(string sample)
    {
        var run = JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "samples", sample, "obj", "alarms.sarif")))!["runs"]![0]!;

        Assert.All(Snippet.Rules, rule => Assert.True(
            run["tool"]!["driver"]!["rules"]!.AsArray().Any(known => (string?)known!["id"] == rule.Id),
            $"{sample} was built without {rule.Id}. Build it again, without RunAnalyzers=false."));
        Assert.Empty(run["results"]!.AsArray()
            .Where(alarm => ((string?)alarm!["ruleId"])!.StartsWith("SACT", StringComparison.Ordinal))
            .Select(alarm => alarm!.ToJsonString()));
    }

    [Fact]
    public void AreFound() => Assert.Contains("QuickStart", All.Select(sample => sample.Data));
}
