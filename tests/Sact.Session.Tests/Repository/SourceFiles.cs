using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sact.Session.Tests;

/// <summary>The tests read the source of the library as text and check its layout.</summary>
public sealed partial class SourceFiles
{
    private static readonly string s_source = Path.Combine(Checkout.Root, "src");

    private static readonly Dictionary<string, string> s_core = Directory
        .EnumerateFiles(Path.Combine(s_source, "Sact.Session"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
        .ToDictionary(
            file => Path.GetRelativePath(Path.Combine(s_source, "Sact.Session"), file),
            file => Bare(File.ReadAllText(file)),
            StringComparer.Ordinal);

    [Fact]
    public void TheCoreNamesNoStorePackage()
    {
        string[] packages = ["Redis", "Sqlite", "PostgreSql", "Npgsql", "StackExchange", "EntityFramework"];

        Assert.Empty(
            s_core.SelectMany(file =>
                packages.Where(package => file.Value.Contains(package, StringComparison.OrdinalIgnoreCase))
                    .Select(package => $"{file.Key} names {package}")));
    }

    /// <summary>
    /// The parts of a partial type count together, so that a type cannot hide its size.
    /// </summary>
    [Fact]
    public void NoTypeIsTooLongToReadAtOnce() => Assert.Empty(Sources()
        .GroupBy(file => Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileName(file).Split('.')[0]))
        .Select(type => (Name: Path.GetRelativePath(s_source, type.Key), Lines: type.Sum(file => File.ReadLines(file).Count())))
        .Where(type => type.Lines > 420)
        .Select(type => $"{type.Name}: {type.Lines} lines"));

    [Fact]
    public void NoFileOrTypeHasAMeaninglessName()
    {
        string[] words = ["Helper", "Helpers", "Util", "Utils", "Utilities", "Common", "Internals", "Misc"];
        var called = Sources().SelectMany(file => Path.GetRelativePath(s_source, file).Split('/', '.')
            .Concat(AnyDeclaration().Matches(Bare(File.ReadAllText(file))).Select(type => type.Groups["name"].Value))
            .Where(name => words.Any(word => name.EndsWith(word, StringComparison.OrdinalIgnoreCase)))
            .Select(name => $"{Path.GetRelativePath(s_source, file)}: {name}"));

        Assert.Empty(called);
    }

    /// <summary>The README packs by this list. It spares a reader the tests and the samples.</summary>
    [Fact]
    public void TheListOfPackagesHasEveryPackage()
    {
        using var list = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "Packages.slnf")));
        var listed = list.RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray()
            .Select(static project => project.GetString()!.Replace('\\', '/'));
        var packages = Directory.EnumerateFiles(s_source, "*.csproj", SearchOption.AllDirectories)
            .Where(static project => !Path.GetFileName(project).StartsWith("Sact.Session.Analyzers", StringComparison.Ordinal))
            .Append(Path.Combine(Checkout.Root, "templates", "Sact.Session.Templates.csproj"))
            .Select(static project => Path.GetRelativePath(Checkout.Root, project));

        Assert.Equal(packages.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void NoFileContainsUnfinishedWork() =>
        Assert.Empty(
            Sources().Where(file => Unfinished().IsMatch(File.ReadAllText(file))).Select(file => Path.GetRelativePath(s_source, file)));

    [Fact]
    public void NoTypeHasANameOfTheFramework()
    {
        string[] taken = ["SessionOptions", "SessionMiddleware", "SessionExtensions", "SignInOptions"];

        Assert.Empty(
            typeof(ISession<>).Assembly.GetTypes()
                .Where(type => taken.Contains(type.Name) || type.Name == "Session").Select(type => type.FullName));
    }

    private static IEnumerable<string> Sources() => Directory.EnumerateFiles(s_source, "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static string FolderOf(string file) => file.Split(Path.DirectorySeparatorChar)[0];

    /// <summary>The code without comments, strings and namespaces. Expressions in interpolated strings are removed with them.</summary>
    private static string Bare(string code)
    {
        var bare = new StringBuilder(code.Length);
        foreach (string line in NotCode().Replace(code, "\"\"").Split('\n'))
        {
            if (!line.StartsWith("namespace ", StringComparison.Ordinal) && !line.StartsWith("using ", StringComparison.Ordinal))
            {
                bare.AppendLine(line);
            }
        }

        return bare.ToString();
    }

    [GeneratedRegex(
        """"//[^\n]*|/\*.*?\*/|\$*""".*?"""|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.[^']*|[^'\\])'"""", RegexOptions.Singleline)]
    private static partial Regex NotCode();

    // Types of a namespace are not indented. Nested types are.
    [GeneratedRegex(@"^(?:[a-z]+ )*(?:class|struct|interface|enum|record(?: struct)?) (?<name>[A-Za-z]+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\s*(?:[a-z]+ )*(?:class|struct|interface|enum|record(?: struct)?) (?<name>[A-Za-z]+)", RegexOptions.Multiline)]
    private static partial Regex AnyDeclaration();

    [GeneratedRegex(@"\b[A-Z][A-Za-z0-9]*\b")]
    private static partial Regex Word();

    [GeneratedRegex(@"\bSession<")]
    private static partial Regex SessionClass();

    [GeneratedRegex(@"\b(?:TO" + @"DO|FIX" + @"ME|HA" + @"CK|X" + @"XX)\b")]
    private static partial Regex Unfinished();
}
