using Sact.Session.Tests;

namespace Sact.Session.Aspire.Tests;

/// <summary>The tests of the documentation cannot compile an app host, so the page shows that of the sample.</summary>
public sealed class AppHostOfThePage
{
    [Fact]
    public void IsThatOfTheSample()
    {
        string page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "how-to", "aspire.md"));
        string sample = File.ReadAllText(Path.Combine(Checkout.Root, "samples", "Aspire", "AppHost", "AppHost.cs"));
        string[] lines = page.Split("```\n")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        Assert.Equal(6, lines.Length);
        Assert.All(
            lines.Select(line => line.Replace("var cache = ", "", StringComparison.Ordinal).TrimEnd(';')),
            line => Assert.Contains(line, sample, StringComparison.Ordinal));
    }
}
