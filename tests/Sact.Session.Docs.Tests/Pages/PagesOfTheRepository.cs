using Sact.Session.Tests;

namespace Sact.Session.Docs.Tests;

/// <summary>Which pages there are.</summary>
internal static class PagesOfTheRepository
{
    /// <summary>Every page in Markdown that git tracks, or would track.</summary>
    public static IReadOnlyList<Page> All { get; } =
    [
        .. Directory.EnumerateFiles(Checkout.Root, "*.md", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(file => System.IO.Path.GetRelativePath(Checkout.Root, file).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or ".git" or "node_modules"))
            .Order(StringComparer.Ordinal)
            .Select(path => new Page(path, File.ReadAllText(System.IO.Path.Combine(Checkout.Root, path)))),
    ];

    /// <summary>The pages for users of the library: the README, those of the packages, and docs.</summary>
    public static IEnumerable<Page> ForUsers => All.Where(page =>
        page.Path == "README.md"
        || page.Path.StartsWith("docs/", StringComparison.Ordinal)
        || (page.Path.StartsWith("src/", StringComparison.Ordinal) && page.Path.Split('/') is [_, _, "README.md"]));

    public static Page Of(string path) => All.Single(page => page.Path == path);
}
