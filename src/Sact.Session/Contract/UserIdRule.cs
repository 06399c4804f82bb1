using System.Text;

namespace Sact.Session.Stores;

/// <summary>The rules for a user id. No message repeats the id, which is personal data.</summary>
internal static class UserIdRule
{
    public const int MaxBytes = 256;

    /// <summary>Checks a user id.</summary>
    /// <returns>The rule that the id breaks, as whole sentences; null if it breaks none.</returns>
    public static string? Validate(ReadOnlySpan<char> userId) =>
        userId.IsEmpty ? "The user id is empty. A user id must have 1 to 256 bytes in UTF-8."
        : userId.Contains('\0') ? "The user id has a NUL character. Remove it, or use another id of the user."
        : !UnicodeRule.IsWellFormed(userId) ? "The user id has a lone surrogate. A user id must be well-formed Unicode."
        : userId.Length > MaxBytes || Encoding.UTF8.GetByteCount(userId) > MaxBytes
            ? "The user id is too long. A user id must have 1 to 256 bytes in UTF-8. Use a shorter id of the user, such as a primary key."
        : null;

    /// <summary>What the names of the library's notes begin with, and no user id.</summary>
    public const string Reserved = "$alias:";

    /// <summary>Refuses the user id of a sign-in that would be mixed up with a note of the library.</summary>
    /// <exception cref="ArgumentException">The user id begins with <c>$alias:</c>.</exception>
    public static void ThrowIfReserved(string userId, string parameter)
    {
        if (userId.StartsWith(Reserved, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                "The user id begins with '$alias:', which is reserved for the library. Use another id of the user.", parameter);
        }
    }

    /// <exception cref="ArgumentException">The user id is null or breaks a rule.</exception>
    public static void ThrowIfBroken(string userId, string parameter)
    {
        ArgumentNullException.ThrowIfNull(userId, parameter);
        if (Validate(userId) is { } error)
        {
            throw new ArgumentException(error, parameter);
        }
    }
}
