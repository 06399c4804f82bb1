namespace Sact.Session.Docs.Tests;

/// <summary>A reader who follows a link arrives somewhere.</summary>
public sealed class Links
{
    [Fact]
    public void LeadToFilesAndHeadingsThatExist() => Faults.None(PagesOfTheRepository.All.SelectMany(FaultsOf));

    [Fact]
    public void OfThePackageReadmeAreAbsoluteOrInTheRepository() =>
        Faults.None(PagesOfTheRepository.Of("README.md").Links.Where(link => link.Url.StartsWith('/')).Select(link => link.Url));

    [Fact]
    public void EveryPageOfDocsIsLinkedFromAnotherOne()
    {
        var linked = PagesOfTheRepository.All
            .SelectMany(page => page.Links.Select(link => Target(page, link.Url.Split('#')[0])))
            .ToHashSet(StringComparer.Ordinal);

        Faults.None(PagesOfTheRepository.All.Where(page => page.Path.StartsWith("docs/", StringComparison.Ordinal)
            && !linked.Contains(page.Path)).Select(page => page.Path));
    }

    [Fact]
    public void OfTheSiteLeadToEveryPageOfDocs()
    {
        string contents = File.ReadAllText(Path.Combine(Sact.Session.Tests.Checkout.Root, "docs", "toc.yml"));

        Faults.None(PagesOfTheRepository.All.Select(page => page.Path)
            .Where(path => path.StartsWith("docs/", StringComparison.Ordinal)
                && !contents.Contains($"href: {path}\n", StringComparison.Ordinal))
            .Select(path => $"docs/toc.yml lacks {path}"));
    }

    [Theory]
    [InlineData("[a](missing.md)", "missing.md")]
    [InlineData("[a](#no-such-heading)", "#no-such-heading")]
    [InlineData("[a](README.md#no-such-heading)", "README.md#no-such-heading")]
    [InlineData("![a](docs/missing.png)", "docs/missing.png")]
    public void ThatLeadNowhereAreFound(string markdown, string url) =>
        Assert.Equal($"planted.md:1: {url}", Assert.Single(FaultsOf(new Page("planted.md", markdown))));

    [Theory]
    [InlineData("[a](README.md)")]
    [InlineData("[a](docs)")]
    [InlineData("## Here it is\n\n[a](#here-it-is)")]
    [InlineData("[a](https://www.nuget.org/packages/Sact.Session)")]
    public void ThatLeadSomewhereAreNoFault(string markdown) => Assert.Empty(FaultsOf(new Page("planted.md", markdown)));

    private static IEnumerable<string> FaultsOf(Page page) => page.Links
        .Where(link => !link.Url.Contains("://", StringComparison.Ordinal) && !link.Url.StartsWith("mailto:", StringComparison.Ordinal))
        .Where(link => !Resolves(page, link.Url))
        .Select(link => $"{page.Path}:{link.Line}: {link.Url}");

    private static bool Resolves(Page page, string url)
    {
        string[] parts = url.Split('#');
        string target = Target(page, parts[0]);
        string file = Path.Combine(Sact.Session.Tests.Checkout.Root, target);
        if (parts.Length == 1)
        {
            return File.Exists(file) || Directory.Exists(file);
        }

        var other = target == page.Path ? page : PagesOfTheRepository.All.FirstOrDefault(known => known.Path == target);
        return other is not null && other.Anchors.Contains(parts[1]);
    }

    private static string Target(Page page, string relative) => relative.Length == 0
        ? page.Path
        : Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(page.Path)!, relative))).Replace('\\', '/');
}
