using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Sact.Session.Docs.Tests;

/// <summary>A page in Markdown, as a reader of the repository sees it.</summary>
/// <param name="path">The path from the root of the repository, with slashes.</param>
/// <param name="markdown">The Markdown.</param>
internal sealed partial class Page(string path, string markdown)
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub).UsePipeTables().Build();

    private readonly MarkdownDocument _document = Markdown.Parse(markdown, s_pipeline);

    public string Path { get; } = path;

    public string Text { get; } = markdown;

    /// <summary>The names that a link may have after its #.</summary>
    public IReadOnlySet<string> Anchors => _document.Descendants<HeadingBlock>()
        .Select(heading => heading.TryGetAttributes()?.Id).OfType<string>().ToHashSet(StringComparer.Ordinal);

    /// <summary>Where links and pictures lead, with the line of each.</summary>
    public IEnumerable<(string Url, int Line)> Links =>
        _document.Descendants<LinkInline>().Where(link => link.Url is not null).Select(link => (link.Url!, link.Line + 1));

    /// <summary>The blocks of C#, each with the comments above it.</summary>
    public IEnumerable<CodeBlock> CodeBlocks()
    {
        var comments = new List<string>();
        var earlier = new List<string>();
        foreach (var block in _document)
        {
            if (block is HtmlBlock { Type: HtmlBlockType.Comment } comment)
            {
                comments.Add(comment.Lines.ToString());
                continue;
            }

            if (block is FencedCodeBlock { Info: "csharp" or "cs" or "c#" } code)
            {
                yield return CodeBlock.Parse(Path, code.Line + 1, code.Lines.ToString(), comments, earlier);
                earlier.Add(code.Lines.ToString());
            }

            comments.Clear();
        }
    }

    /// <summary>How many blocks of C# there are at any depth, as in a list.</summary>
    public int CountOfCodeBlocks => _document.Descendants<FencedCodeBlock>().Count(block => block.Info is "csharp" or "cs" or "c#" or "C#");

    /// <summary>The diagrams.</summary>
    public IEnumerable<string> Diagrams =>
        _document.Descendants<FencedCodeBlock>().Where(block => block.Info == "mermaid").Select(block => block.Lines.ToString());

    /// <summary>The prose: paragraphs, headings and cells, without code, addresses and comments.</summary>
    public IEnumerable<(string Text, int Line)> Prose => _document.Descendants<LeafBlock>()
        .Where(block => block is ParagraphBlock or HeadingBlock && block.Inline is not null)
        .Select(block => (Space().Replace(string.Concat(Words(block.Inline!)), " ").Trim(), block.Line + 1));

    /// <summary>The rows of all tables: each cell as it is written, and the line.</summary>
    public IEnumerable<(string[] Cells, int Line)> Rows => Text.Split('\n')
        .Select((line, index) => (line, index))
        .Where(row => row.line.StartsWith('|') && !row.line.StartsWith("|-", StringComparison.Ordinal))
        .Select(row => (Cells(row.line.Trim()[1..^1]), row.index + 1));

    public override string ToString() => Path;

    private static string[] Cells(string row) =>
        [.. Cell().Split(row).Select(cell => cell.Trim().Replace("\\|", "|", StringComparison.Ordinal))];

    // Code and addresses count as one word of a sentence.
    private static IEnumerable<string> Words(Inline inline) => inline switch
    {
        LiteralInline literal => [literal.Content.ToString()],
        CodeInline or AutolinkInline => ["`code`"],
        LineBreakInline => [" "],
        ContainerInline container => container.SelectMany(Words),
        _ => [],
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Cell();
}
