namespace Sact.Session.Docs.Tests;

/// <summary>A page is as long as its reader has time for.</summary>
public sealed class Lengths
{
    [Fact]
    public void TheReadmeHasAtMost200Lines() => Assert.InRange(Lines(PagesOfTheRepository.Of("README.md")), 1, 200);

    [Fact]
    public void TheReadmeOfAPackageHas20To40Lines() => Assert.All(
        PagesOfTheRepository.ForUsers.Where(page => page.Path.StartsWith("src/", StringComparison.Ordinal)),
        page => Assert.InRange(Lines(page), 20, 40));

    [Fact]
    public void ALineOfAPageForUsersHasAtMost140CharactersUnlessItCannotBeBroken() => Faults.None(
        PagesOfTheRepository.ForUsers.SelectMany(page => page.Text.Split('\n')
            .Where(line => line.Length > 140 && !IsOne(line))
            .Select(line => $"{page.Path}: {line}")));

    [Fact]
    public void ALineEndsWithItsLineFeed() => Assert.Equal(2, Lines(new Page("planted.md", "one\ntwo\n")));

    // A row of a table, a message of the list of errors, a link.
    private static bool IsOne(string line) =>
        line.StartsWith('|') || line.StartsWith("- `", StringComparison.Ordinal) || line.Contains("](", StringComparison.Ordinal);

    private static int Lines(Page page) => page.Text.Count(character => character == '\n');
}
