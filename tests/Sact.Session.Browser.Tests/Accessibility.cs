using Deque.AxeCore.Playwright;

namespace Sact.Session.Browser.Tests;

/// <summary>Lets axe examine a page, which makes a picture of it too.</summary>
internal static class Accessibility
{
    public static async Task ExpectNoViolationAsync(this IPage page, string name)
    {
        await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures.Folder, $"{name}.png"), FullPage = true });
        var found = await page.RunAxe();
        Assert.NotEmpty(found.Passes);
        Assert.True(found.Violations.Length == 0, string.Join("; ", found.Violations.Select(violation =>
            $"{name}: {violation.Id} at {string.Join(", ", violation.Nodes.Select(node => node.Html))}")));
    }
}
