using System.Text;
using System.Text.RegularExpressions;

namespace Sact.Session.Tests;

/// <summary>The tests read the source of the library as text and check its layout.</summary>
public sealed partial class SourceFiles
{
    // Folder by folder, from the ground up. A new folder needs its floor here.
    private static readonly Dictionary<string, int> s_floors = new()
    {
        ["Contract"] = 0,
        ["Ids"] = 1,
        ["Metadata"] = 1,
        ["Cookies"] = 1,
        ["Caching"] = 1,
        ["Diagnostics"] = 1,
        ["Options"] = 1,
        ["MemoryStore"] = 1,
        ["Session"] = 2,
        ["Hosting"] = 3,
        ["Authentication"] = 4,
        ["HttpContextSession"] = 4,
        ["StepUp"] = 4,
        ["SessionsApi"] = 4,
        ["Setup"] = 5,
    };

    private static readonly string s_source = FindSource();

    private static readonly Dictionary<string, string> s_core = Directory
        .EnumerateFiles(Path.Combine(s_source, "Sact.Session"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
        .ToDictionary(
            file => Path.GetRelativePath(Path.Combine(s_source, "Sact.Session"), file),
            file => Bare(File.ReadAllText(file)),
            StringComparer.Ordinal);

    [Fact]
    public void EveryFolderHasAFloor() => Assert.All(s_core.Keys, file => Assert.Contains(FolderOf(file), s_floors.Keys));

    [Fact]
    public void AFileUsesOnlyItsFloorAndTheFloorsBelow()
    {
        var above = new List<string>();
        var floorOf = s_core
            .SelectMany(file =>
                Declaration().Matches(file.Value).Select(type => (Name: type.Groups["name"].Value, Floor: s_floors[FolderOf(file.Key)])))
            .DistinctBy(type => type.Name)
            .ToDictionary(type => type.Name, type => type.Floor);

        // If these were not found, the rest would prove nothing.
        Assert.Equal(
            (0, 1, 1, 2, 5),
            (floorOf["SessionKey"], floorOf["MemoryStore"], floorOf["SecretRule"], floorOf["Session"], floorOf["SactSessionBuilder"]));
        foreach (var (file, text) in s_core)
        {
            foreach (string word in Word().Matches(text).Select(word => word.Value).Distinct())
            {
                // The last part of the namespace has the name of the class. The class always has its type argument.
                if ((word != "Session" || SessionClass().IsMatch(text))
                    && floorOf.TryGetValue(word, out int floor)
                    && floor > s_floors[FolderOf(file)])
                {
                    above.Add($"{file} mentions {word} of floor {floor}");
                }
            }
        }

        Assert.Equal("", string.Join("\n", above));
    }

    [Fact]
    public void TheCoreNamesNoStorePackage()
    {
        string[] packages = ["Redis", "Sqlite", "PostgreSql", "Npgsql", "StackExchange"];

        Assert.Empty(
            s_core.SelectMany(file =>
                packages.Where(package => file.Value.Contains(package, StringComparison.OrdinalIgnoreCase))
                    .Select(package => $"{file.Key} names {package}")));
    }

    [Fact]
    public void NoFileHasMoreThan400Lines() =>
        Assert.Empty(Sources().Where(file => File.ReadLines(file).Count() > 400).Select(file => Path.GetRelativePath(s_source, file)));

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

    // Not by [CallerFilePath]: a deterministic build on CI writes "/_/" in its place.
    private static string FindSource()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sact.Session.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("The tests run outside their source tree."), "src");
    }

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
