namespace Sact.Session.Stores;

/// <summary>
/// The rule that a string must be well-formed Unicode (UTF-16 without lone surrogates), so that UTF-8 can carry it unchanged.
/// </summary>
internal static class UnicodeRule
{
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (int i = text.IndexOfAnyInRange('\ud800', '\udfff'); i >= 0 && i < text.Length; i++)
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
}
