using System.Globalization;
using System.Text.RegularExpressions;

namespace Sact.Session.Docs.Tests;

/// <summary>A block of C# on a page, and how it is tried.</summary>
/// <param name="Page">The path of the page.</param>
/// <param name="Line">The line of the fence.</param>
/// <param name="Code">The code as the reader sees it.</param>
/// <param name="Around">The program around it, with <c>%code%</c> in its place; null for the usual one.</param>
/// <param name="Requests">The requests, and what must be the answer. Empty for those that every program of its kind answers.</param>
internal sealed partial record CodeBlock(string Page, int Line, string Code, string? Around, IReadOnlyList<TriedRequest> Requests)
{
    private const string Hole = "%code%";

    /// <summary>Reads the comments above a block: <c>&lt;!-- around … --&gt;</c> and <c>&lt;!-- try … --&gt;</c>.</summary>
    /// <param name="page">The path of the page.</param>
    /// <param name="line">The line of the fence.</param>
    /// <param name="code">The code.</param>
    /// <param name="comments">The comments.</param>
    /// <param name="earlier">
    /// The blocks above it, which <c>%block1%</c>, <c>%block2%</c> and so on insert. <c>%docs/page.md#1%</c> inserts one of another page.
    /// </param>
    public static CodeBlock Parse(string page, int line, string code, IEnumerable<string> comments, IReadOnlyList<string> earlier)
    {
        string? around = null;
        var requests = new List<TriedRequest>();
        foreach (string comment in comments)
        {
            string content = comment.Trim()["<!--".Length..^"-->".Length].Trim();
            string[] parts = content.Split('\n', 2);
            switch (parts[0].Trim())
            {
                case "around" when content.Contains(Hole, StringComparison.Ordinal):
                    around = earlier.Select((block, index) => (block, Hole: $"%block{index + 1}%"))
                        .Aggregate(parts[1], (program, one) => program.Replace(one.Hole, one.block, StringComparison.Ordinal));
                    break;
                case "try":
                    requests.AddRange(parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                        .Select(TriedRequest.Parse));
                    break;
                default:
                    throw new FormatException(
                        $"{page}:{line}: a comment above a block of C# is 'try', or 'around' with {Hole}: {parts[0]}");
            }
        }

        return new CodeBlock(page, line, code, around, requests);
    }

    /// <summary>The program with the block in it. Blocks that are put together have their imports at the top.</summary>
    public string Program => Around is { } around ? WithImportsFirst(Whole(around)) : UsualProgram.Around(Code);

    /// <summary>Whether it is a program that a reader pastes as it is.</summary>
    public bool IsWhole => Around is null && Code.Contains("WebApplication.Create", StringComparison.Ordinal);

    /// <summary>Whether it is a program that tries itself and ends.</summary>
    public bool EndsByItself => Around is not null && !Program.Contains("app.Run()", StringComparison.Ordinal);

    public override string ToString() => $"{Page}:{Line}";

    private string Whole(string around) => BlockOfAPage().Replace(
        around.Replace(Hole, Code, StringComparison.Ordinal),
        hole => PagesOfTheRepository.Of(hole.Groups[1].Value).CodeBlocks()
            .ElementAt(int.Parse(hole.Groups[2].Value, CultureInfo.InvariantCulture) - 1).Code);

    private static string WithImportsFirst(string program)
    {
        var lines = program.Split('\n').ToLookup(line => Import().IsMatch(line));
        return string.Join('\n', lines[true].Distinct(StringComparer.Ordinal).Concat(lines[false]));
    }

    [GeneratedRegex(@"%([\w/.-]+\.md)#(\d+)%")]
    private static partial Regex BlockOfAPage();

    [GeneratedRegex(@"^using (?:static )?[\w.]+(?: = [\w.]+)?;$")]
    private static partial Regex Import();
}
