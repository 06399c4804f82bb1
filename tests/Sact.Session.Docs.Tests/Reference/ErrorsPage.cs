namespace Sact.Session.Docs.Tests;

/// <summary>A search for a message leads to <c>docs/reference/errors.md</c>, which has each as the code has it.</summary>
public sealed class ErrorsPage
{
    private const string Path = "docs/reference/errors.md";

    [Fact]
    public void HasEveryMessageOfTheSource() => Faults.None(
        MessagesOfTheSource.All.Where(found => !Rows().Contains(Row(found)))
            .Select(found => $"Add to {Path}, messages of {found.Package}: {Row(found)}"));

    [Fact]
    public void HasNoMessageThatTheSourceLacks()
    {
        var rows = MessagesOfTheSource.All.Select(Row).ToHashSet(StringComparer.Ordinal);

        Faults.None(Rows().Where(row => !rows.Contains(row)).Select(row => $"Remove from {Path}: {row}"));
    }

    [Fact]
    public void IsComparedWithTextAsTheCompilerJoinsIt() => Assert.Equal(
        [("FooException", "The … is wrong. Set it to \"a\".")],
        MessagesOfTheSource.OfFile("throw new FooException($\"The {name} is wrong. \" + \"Set it to \\\"a\\\".\", nameof(name));"));

    private static HashSet<string> Rows() => PagesOfTheRepository.Of(Path).Text.Split('\n')
        .Where(line => line.StartsWith("- `", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);

    private static string Row((string Package, string Exception, string Message) found) => $"- `{found.Exception}`: `{found.Message}`";
}
