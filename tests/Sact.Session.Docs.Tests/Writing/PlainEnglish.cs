using System.Text.RegularExpressions;

namespace Sact.Session.Docs.Tests;

/// <summary>The pages are plain English: the words of the field, one fact per sentence.</summary>
public sealed partial class PlainEnglish
{
    private const int LongestSentence = 25;

    [Fact]
    public void UsesNoBannedWord() => Faults.None(PagesOfTheRepository.ForUsers.SelectMany(BannedWords));

    [Fact]
    public void HasNoSentenceOfMoreThan25Words() => Faults.None(PagesOfTheRepository.ForUsers.SelectMany(LongSentences));

    [Theory]
    [InlineData("A test said so.", "said")]
    [InlineData("| a | it stands here |\n|---|---|\n| a | nobody |", "stands")]
    [InlineData("## Whom it ends", "Whom")]
    [InlineData("Each has its own store.", "its own")]
    public void FindsABannedWord(string markdown, string word) =>
        Assert.EndsWith($": {word}", Assert.Single(BannedWords(new Page("planted.md", markdown))), StringComparison.Ordinal);

    [Theory]
    [InlineData("The column is `text`.")]
    [InlineData("```\ngood\n```")]
    [InlineData("A [link](https://example.com/text).")]
    public void LeavesCodeAlone(string markdown) => Assert.Empty(BannedWords(new Page("planted.md", markdown)));

    [Fact]
    public void FindsASentenceOfMoreThan25Words()
    {
        string words = string.Join(' ', Enumerable.Repeat("word", LongestSentence));

        Assert.Empty(LongSentences(new Page("planted.md", $"{words}. {words}.")));
        Assert.Single(LongSentences(new Page("planted.md", $"{words} more. {words}.")));
        Assert.Single(LongSentences(new Page("planted.md", $"- {words}\n  more")));
        Assert.Single(LongSentences(new Page("planted.md", $"| a |\n|---|\n| {words} more |")));
    }

    private static IEnumerable<string> BannedWords(Page page) =>
        page.Prose.SelectMany(prose => Banned().Matches(prose.Text).Select(match => $"{page.Path}:{prose.Line}: {match.Value}"));

    private static IEnumerable<string> LongSentences(Page page) => page.Prose
        .SelectMany(prose => SentenceEnd().Split(prose.Text).Select(sentence => (Text: sentence, prose.Line)))
        .Where(sentence => Word().Count(sentence.Text) > LongestSentence)
        .Select(sentence => $"{page.Path}:{sentence.Line}: {Word().Count(sentence.Text)} words: {sentence.Text}");

    [GeneratedRegex(@"\b(?:mend(?:s|ed)?|stands?|goes|asks?|asked|whom|texts?|good|said|tells?|told|its own)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Banned();

    [GeneratedRegex(@"(?<=[.!?:;][)""”]?)\s+")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"[\p{L}\p{N}`][^\s]*")]
    private static partial Regex Word();
}
