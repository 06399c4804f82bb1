using System.Globalization;

namespace Sact.Session.Tool;

/// <summary>
/// Makes a value fit for a terminal. A User-Agent comes from anybody on the internet, and its escape sequences must not reach the
/// terminal of an operator.
/// </summary>
internal static class Printable
{
    private const char Replacement = '\ufffd';

    public static string Of(string? value) => value is null ? "" : string.Create(value.Length, value, static (characters, source) =>
    {
        for (int i = 0; i < source.Length; i++)
        {
            characters[i] = IsHarmless(source[i]) ? source[i] : Replacement;
        }
    });

    // Format characters turn the direction of writing, so that a line reads as something else.
    private static bool IsHarmless(char character) => char.GetUnicodeCategory(character) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
