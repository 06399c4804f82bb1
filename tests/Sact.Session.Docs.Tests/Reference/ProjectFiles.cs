using System.Text.RegularExpressions;
using Sact.Session.Tests;

namespace Sact.Session.Docs.Tests;

/// <summary>A project file on a page names the versions that this repository builds and tests with.</summary>
public sealed partial class ProjectFiles
{
    [Fact]
    public void HaveTheVersionsOfTheRepository()
    {
        string own = File.ReadAllText(Path.Combine(Checkout.Root, "Directory.Build.props"));
        string others = File.ReadAllText(Path.Combine(Checkout.Root, "Directory.Packages.props"));
        var shown = Package().Matches(PagesOfTheRepository.Of("docs/how-to/write-a-store.md").Text);

        Assert.Equal(2, shown.Count);
        Assert.All(shown, package => Assert.Contains(
            package.Groups[1].Value.StartsWith("Sact.", StringComparison.Ordinal)
                ? $"<VersionPrefix>{package.Groups[2].Value}</VersionPrefix>"
                : $"<PackageVersion Include=\"{package.Groups[1].Value}\" Version=\"{package.Groups[2].Value}\" />",
            own + others,
            StringComparison.Ordinal));
    }

    [GeneratedRegex("""<PackageReference Include="([^"]+)" Version="([^"]+)" />""")]
    private static partial Regex Package();
}
