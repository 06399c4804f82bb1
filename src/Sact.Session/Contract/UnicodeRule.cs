namespace Sact.Session.Stores;

/// <summary>
/// The rule that a string must be well-formed Unicode (UTF-16 without lone surrogates), so that UTF-8 can carry it unchanged.
/// </summary>
internal static class UnicodeRule
{
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (int i = FirstSurrogate(text); i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }

    /// <summary>The place of the first surrogate; the length if there is none.</summary>
    private static int FirstSurrogate(ReadOnlySpan<char> text)
    {
        // IndexOfAnyInRange boxes both bounds until it is fully compiled, which takes long on a busy machine. Most names are short.
        int plain = Math.Min(text.Length, 64);
        for (int i = 0; i < plain; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                return i;
            }
        }

        int found = plain < text.Length ? text[plain..].IndexOfAnyInRange('\ud800', '\udfff') : -1;
        return found < 0 ? text.Length : plain + found;
    }
}
