using System.Text;

namespace Sact.Session.Stores;

/// <summary>The rules for a field's name. A message shows a name only as far as it is safe to log.</summary>
/// <remarks>
/// A name with control characters, a lone surrogate or too many characters is not shown: it may be a value in the wrong place, or forge a
/// line of the log.
/// </remarks>
internal static class FieldNameRule
{
    public const int MaxLength = 128;

    /// <summary>The most characters of a name as it is stored: the library's prefix of a sealed field comes before its own name.</summary>
    public const int MaxStoredLength = MaxLength + 2;

    /// <summary>The most bytes that a name has in UTF-8: 3 for each character.</summary>
    public const int MaxBytes = 3 * MaxStoredLength;

    // As long as the key part of a session id, which is no secret.
    private const int MaxShown = SessionKey.KeyPartLength;

    /// <summary>Checks a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="allowReserved">Whether the name may begin with <c>$</c>, as the library's own do.</param>
    /// <returns>The rule that the name breaks, as whole sentences; null if it breaks none.</returns>
    public static string? Validate(ReadOnlySpan<char> name, bool allowReserved)
    {
        if (name.Length == 0 || name.Length > (allowReserved && name[0] == '$' ? MaxStoredLength : MaxLength))
        {
            return $"A field name has {name.Length} characters. A field name must have 1 to {MaxLength}.";
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (char.IsControl(name[i]))
            {
                return $"A field name has the control character U+{(int)name[i]:X4} at index {i}. Remove it.";
            }
        }

        return !UnicodeRule.IsWellFormed(name) ? "A field name has a lone surrogate. A field name must be well-formed Unicode."
            : !allowReserved && name[0] == '$'
                ? $"The field name '{Shown(name)}' begins with '$'. The library reserves such names. Choose another name."
            : null;
    }

    /// <summary>
    /// Gets the first 24 characters of a valid name. They are enough to find it, and too few for a session id in its place.
    /// </summary>
    public static string Shown(ReadOnlySpan<char> name) =>
        name.Length <= MaxShown ? name.ToString() : $"{name[..(char.IsHighSurrogate(name[MaxShown - 1]) ? MaxShown - 1 : MaxShown)]}…";

    /// <exception cref="ArgumentException">The name is null or breaks a rule.</exception>
    public static void ThrowIfBroken(string name, bool allowReserved, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (Validate(name, allowReserved) is { } error)
        {
            throw new ArgumentException(error, parameter);
        }
    }

    /// <summary>Checks a name in well-formed UTF-8.</summary>
    /// <exception cref="ArgumentException">The name breaks a rule.</exception>
    public static void ThrowIfBroken(ReadOnlySpan<byte> utf8, bool allowReserved, string parameter)
    {
        Span<char> name = utf8.Length > MaxBytes ? new char[utf8.Length] : stackalloc char[utf8.Length];
        if (Validate(name[..Encoding.UTF8.GetChars(utf8, name)], allowReserved) is { } error)
        {
            throw new ArgumentException(error, parameter);
        }
    }
}
