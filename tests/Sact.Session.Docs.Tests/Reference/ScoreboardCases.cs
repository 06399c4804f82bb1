using System.Text.RegularExpressions;
using Sact.Session.Scoreboard;

namespace Sact.Session.Docs.Tests;

/// <summary><c>docs/reference/scoreboard.md</c> has the cases and the contenders of the code, and no failure of this library.</summary>
public sealed partial class ScoreboardCases
{
    private static readonly Page s_page = PagesOfTheRepository.Of(ScoreboardPage.Path);

    [Fact]
    public void OfThePageAreThoseOfTheCode() => Assert.Equal(
        AllCases.List.Select(RowOf), s_page.Rows.Select(row => row.Cells).Where(IsCase).Select(cells => string.Join(" | ", cells)));

    [Fact]
    public void AreAtLeast40AndEachHasAReference()
    {
        Assert.InRange(AllCases.List.Count, 40, int.MaxValue);
        Assert.All(AllCases.List, one => Assert.NotEmpty(one.References));
        Assert.Equal(AllCases.List.Count, AllCases.List.Select(one => one.Id).Distinct().Count());
    }

    [Fact]
    public void WerePlayedByEveryContenderOfTheCode() => Assert.Equal(
        AllContenders.List.Select(contender => contender.Name).Order(StringComparer.Ordinal),
        s_page.Rows.Where(row => row.Cells.Length == 5 && Number().IsMatch(row.Cells[1])).Select(row => row.Cells[0])
            .Order(StringComparer.Ordinal));

    [Fact]
    public void FailForNoStoreOfThisLibrary() => Faults.None(FailuresOfSact(s_page));

    [Fact]
    public void ThatAStoreFailsAreFound() => Assert.Single(
        FailuresOfSact(new Page("planted.md", "| Sact, Redis | holds | **fails 1/20** |\n| AddSession | **fails 20/20** | holds |\n")));

    [Fact]
    public void ThatNoPeerCouldPlayAreNotOnThePage() => Assert.DoesNotContain("| broken |", s_page.Text, StringComparison.Ordinal);

    private static string RowOf(Case one) => $"`{one.Id}` | {one.Title} | "
        + string.Join(", ", one.References.Select(reference => $"[{reference.Name}]({reference.Address})"));

    private static bool IsCase(string[] cells) => cells.Length == 3 && Identifier().IsMatch(cells[0]) && cells[2].StartsWith('[');

    private static IEnumerable<string> FailuresOfSact(Page page) => page.Rows
        .Where(row => row.Cells[0].StartsWith("Sact,", StringComparison.Ordinal)
            && row.Cells.Any(cell => cell.Contains("fails", StringComparison.Ordinal) || cell == "broken"))
        .Select(row => $"{page.Path}:{row.Line}: {row.Cells[0]}");

    [GeneratedRegex("^[0-9]+$")]
    private static partial Regex Number();

    [GeneratedRegex("^`[a-z-]+`$")]
    private static partial Regex Identifier();
}
