using System.Text.RegularExpressions;

namespace Sact.Session.Tests;

/// <summary>The promises in SECURITY.md name their tests, and those exist.</summary>
public sealed partial class SecurityPolicy
{
    [Fact]
    public void NamesTestsForEveryPromise()
    {
        var rows = Rows();

        Assert.Equal(Enumerable.Range(1, 11).Select(number => $"P{number}"), rows.Select(row => row.Promise));
        Assert.All(rows, row => Assert.NotEmpty(row.Tests));
    }

    [Fact]
    public void NamesOnlyTestsThatExist()
    {
        string sources = string.Concat(Directory.EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText));

        Assert.All(Rows().SelectMany(row => row.Tests), test =>
        {
            string[] names = test.Split('.');
            Assert.Matches($@"public sealed (partial )?class {names[0]}\b", sources);
            Assert.True(names.Length == 1 || Regex.IsMatch(sources, $@"public (async )?(Task|void) {names[^1]}\("), test);
        });
    }

    private static List<(string Promise, List<string> Tests)> Rows() =>
        [.. Row().Matches(File.ReadAllText(Path.Combine(Checkout.Root, ".github", "SECURITY.md"))).Select(row =>
            (row.Groups[1].Value, Test().Matches(row.Groups[2].Value).Select(test => test.Groups[1].Value).ToList()))];

    [GeneratedRegex(@"^\| (P\d+) [^|]+\|[^|]+\|([^|]+)\|$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Row();

    [GeneratedRegex("`([A-Za-z.]+)`", RegexOptions.CultureInvariant)]
    private static partial Regex Test();
}
