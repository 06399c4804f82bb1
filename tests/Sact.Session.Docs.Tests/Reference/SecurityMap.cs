using System.Text.RegularExpressions;

namespace Sact.Session.Docs.Tests;

/// <summary><c>docs/reference/security-map.md</c> has a verdict for every clause, and its tests exist.</summary>
public sealed partial class SecurityMap
{
    private const string ByDefault = "by default";
    private const string ByOption = "by option";
    private const string Duty = "the application's duty";
    private const string NotApplicable = "not applicable";

    // How many requirements each section of the chapter has in ASVS 5.0.0.
    private static readonly (string Section, int Requirements)[] s_sections =
        [("V7.1", 3), ("V7.2", 4), ("V7.3", 2), ("V7.4", 5), ("V7.5", 3), ("V7.6", 2), ("V3.3", 5)];

    private static readonly Page s_page = PagesOfTheRepository.Of("docs/reference/security-map.md");

    [Fact]
    public void HasAVerdictAndRealTestsForEveryClause() => Faults.None(FaultsOf(s_page));

    [Fact]
    public void HasEveryRequirementOfTheChaptersOfAsvsOnce() => Assert.Equal(
        s_sections.SelectMany(part => Enumerable.Range(1, part.Requirements).Select(number => $"{part.Section}.{number}")),
        Clauses(s_page).Where(clause => Requirement().IsMatch(clause)));

    [Fact]
    public void HasEverySessionTestOfTheWstgOnce() => Assert.Equal(
        Enumerable.Range(1, 11).Select(number => $"WSTG-SESS-{number:00}"),
        Clauses(s_page).Where(clause => clause.StartsWith("WSTG-", StringComparison.Ordinal)));

    [Fact]
    public void HasEverySectionOfNist() => Assert.Equal(
        ["5.1", "5.1.1", "5.2", "5.3"],
        Clauses(s_page).Select(clause => clause.Split(' ')[0]).Where(word => word.StartsWith("5.", StringComparison.Ordinal)).Distinct());

    [Fact]
    public void HasEachClauseOnce() => Assert.Equal(Clauses(s_page).Distinct(), Clauses(s_page));

    [Theory]
    [InlineData("| V7.2.1 | a | by default | b | `SecurityMap.HasEachClauseOnce`, `Ending.IsIdempotent` |")]
    [InlineData("| V7.2.1 | a | the application's duty | [b](options.md) | – |")]
    [InlineData("| V7.2.1 | a | not applicable | b | – |")]
    public void OfARowThatIsRightHasNoFault(string row) => Assert.Empty(FaultsOf(Planted(row)));

    [Theory]
    [InlineData("| V7.2.1 | a | mostly | b | – |", "no verdict is called \"mostly\"")]
    [InlineData("| V7.2.1 | a | by default | b | – |", "no test is named")]
    [InlineData("| V7.2.1 | a | by option | b | `SecurityMap` |", "no test is named")]
    [InlineData("| V7.2.1 | a | by option | b | `SecurityMap.NoSuchTest` |", "there is no test SecurityMap.NoSuchTest")]
    [InlineData("| V7.2.1 | a | by default | b | `SecurityMap.FaultsOf` |", "there is no test SecurityMap.FaultsOf")]
    [InlineData("| V7.2.1 | a | by default | b | `Ending.NoSuchCase` |", "there is no test Ending.NoSuchCase")]
    [InlineData("| V7.2.1 | a | not applicable | b | `SecurityMap.NoSuchTest` |", "there is no test SecurityMap.NoSuchTest")]
    [InlineData("| V7.2.1 | a | the application's duty | b | – |", "no page says what to do")]
    [InlineData("| V7.2.1 | a | by default | b |", "a row of clauses has 5 cells, and this one has 4")]
    public void OfARowThatIsWrongHasTheFault(string row, string fault) =>
        Assert.Equal($"planted.md:3: V7.2.1: {fault}", Assert.Single(FaultsOf(Planted(row))));

    [Theory]
    [InlineData("class A { [Fact] public void B() { } public void C() { } }", "A.B")]
    [InlineData("class A<T> { [Theory, InlineData(1)] public async Task B(int i) { } }", "A.B")]
    [InlineData("class A { class B { [Fact] void C() { } } }", "B.C")]
    [InlineData("abstract class A { [Fact] public void B() { } }", null)]
    public void FindsTheTestsOfAFile(string source, string? name) =>
        Assert.Equal(name is null ? [] : [name], NamesOfTests.OfFile(source));

    private static Page Planted(string row) =>
        new("planted.md", $"| clause | what | verdict | how | tests |\n|---|---|---|---|---|\n{row}\n");

    private static IEnumerable<string> Clauses(Page page) => RowsOf(page).Select(row => row.Cells[0]);

    // The table that explains the verdicts has two columns. Every other one is of clauses.
    private static IEnumerable<(string[] Cells, int Line)> RowsOf(Page page) =>
        page.Rows.Where(row => row.Cells.Length != 2 && row.Cells[0] != "clause");

    private static IEnumerable<string> FaultsOf(Page page) => RowsOf(page)
        .SelectMany(row => FaultsOf(row.Cells).Select(fault => $"{page.Path}:{row.Line}: {row.Cells[0]}: {fault}"));

    private static IEnumerable<string> FaultsOf(string[] row)
    {
        if (row.Length != 5)
        {
            yield return $"a row of clauses has 5 cells, and this one has {row.Length}";
            yield break;
        }

        var (verdict, how) = (row[2], row[3]);
        string[] tests = [.. Test().Matches(row[4]).Select(match => match.Groups[1].Value)];
        if (verdict is not (ByDefault or ByOption or Duty or NotApplicable))
        {
            yield return $"no verdict is called \"{verdict}\"";
        }

        if (verdict is ByDefault or ByOption && tests.Length == 0)
        {
            yield return "no test is named";
        }

        if (verdict == Duty && !how.Contains("](", StringComparison.Ordinal))
        {
            yield return "no page says what to do";
        }

        foreach (string test in tests.Where(test => !NamesOfTests.All.Contains(test)))
        {
            yield return $"there is no test {test}";
        }
    }

    [GeneratedRegex(@"^V\d+\.\d+\.\d+$")]
    private static partial Regex Requirement();

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex Test();
}
