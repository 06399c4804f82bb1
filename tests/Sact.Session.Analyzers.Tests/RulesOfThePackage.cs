using Microsoft.CodeAnalysis;

namespace Sact.Session.Analyzers.Tests;

/// <summary>What holds for every rule.</summary>
public sealed class RulesOfThePackage
{
    [Fact]
    public void HaveDifferentIdsOneCategoryAndTheirPage()
    {
        string page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "reference", "analyzers.md"));

        Assert.Equal(
            ["SACT001", "SACT002", "SACT003", "SACT004", "SACT005", "SACT006", "SACT007", "SACT008"],
            Snippet.Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal));
        Assert.All(Snippet.Rules, rule => Assert.Equal("Usage", rule.Category));
        Assert.All(Snippet.Rules, rule => Assert.Contains($"\n## {rule.Id}\n", page, StringComparison.Ordinal));
        Assert.All(Snippet.Rules, rule => Assert.Contains($"| [{rule.Id}](#", page, StringComparison.Ordinal));
        Assert.All(Snippet.Rules, rule => Assert.Equal(HelpPage.Of(rule.Id) ?? "", rule.HelpLinkUri));
    }

    [Theory]
    [InlineData("https://github.com/a/b.git", "0.1.0+0123abc", "https://github.com/a/b/blob/0123abc/docs/reference/analyzers.md#sact001")]
    [InlineData("https://github.com/a/b", "0.1.0", "https://github.com/a/b/blob/HEAD/docs/reference/analyzers.md#sact001")]
    [InlineData("https://github.com/a/b", null, "https://github.com/a/b/blob/HEAD/docs/reference/analyzers.md#sact001")]
    [InlineData("", "0.1.0", null)]
    [InlineData(null, "0.1.0", null)]
    public void LinkToThePageOfTheirCommit(string? repository, string? version, string? link) =>
        Assert.Equal(link, HelpPage.Of("SACT001", repository, version));

    [Fact]
    public async Task LookAtRazorFilesAndAtNothingElseThatIsGenerated()
    {
        const string Start = "class A { async Task B(ISactSession session) {";
        const string Call = "session.DeleteAsync();";

        Assert.Equal(
            [$"SACT006 {Call}"], await Generated($"{Start}\n#line 7 \"A.razor\"\n{Call}\n#line default\n }} }}").AlarmsAsync());
        Assert.Empty(await Generated($"{Start} {Call} }} }}").AlarmsAsync());
    }

    private static Snippet Generated(string code) => new(code) { IsLibrary = true, File = "A_razor.g.cs" };
}
