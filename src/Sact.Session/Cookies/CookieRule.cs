using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// What a cookie may be called and have for attributes (RFC 6265bis sections 4.1 and 5.6). Messages name the culprit, never its value.
/// </summary>
internal static class CookieRule
{
    public const int MaxNameAndValue = 4096;

    private static readonly SearchValues<char> s_token = SearchValues.Create(
        "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");

    /// <summary>The end of a sentence that begins with "The name "; null if nothing is wrong.</summary>
    public static string? ValidateName(string? name) =>
        string.IsNullOrEmpty(name) ? "is not empty."
        : name.AsSpan().ContainsAnyExcept(s_token)
            ? "has only the characters of an HTTP token: no spaces, separators, control or non-ASCII characters."
        : null;

    /// <summary>What a name's prefix demands and the attributes break; null if nothing.</summary>
    public static string? ValidatePrefix(string name, CookieBuilder cookie)
    {
        bool secure = cookie.SecurePolicy == CookieSecurePolicy.Always;
        if (HasPrefix(name, "__Host-") && (!secure || cookie.Domain is not null || cookie.Path is not (null or "/")))
        {
            return "__Host- needs SecurePolicy Always, Path '/' and no Domain.";
        }

        if (HasPrefix(name, "__Secure-") && !secure)
        {
            return "__Secure- needs SecurePolicy Always.";
        }

        return (HasPrefix(name, "__Http-") || HasPrefix(name, "__Host-Http-")) && !(secure && cookie.HttpOnly)
            ? "__Http- and __Host-Http- need SecurePolicy Always and HttpOnly."
            : null;
    }

    /// <summary>Whether a browser accepts the name only for the host itself, with the path <c>/</c>.</summary>
    public static bool IsHostOnly(string name) => HasPrefix(name, "__Host-");

    public static IEnumerable<string> ValidateAttributes(CookieBuilder cookie)
    {
        if (!IsScope(cookie.Path) || (cookie.Path is { } path && !path.StartsWith('/')))
        {
            yield return "The cookie's Path begins with '/', does not end with a space, and has no ';', control or non-ASCII characters. "
                + "Set SactSessionOptions.Cookie.Path accordingly.";
        }

        if (!IsScope(cookie.Domain) || cookie.Domain is "")
        {
            yield return "The cookie's Domain is not empty, and has no space at its ends and no ';', control or non-ASCII characters. "
                + "Set SactSessionOptions.Cookie.Domain accordingly, or leave it null.";
        }

        if (cookie.Extensions.Any(extension => string.IsNullOrWhiteSpace(extension) || !IsAttributeValue(extension)))
        {
            yield return "A cookie extension is not empty and has no ';', control or non-ASCII characters. "
                + "Change SactSessionOptions.Cookie.Extensions.";
        }

        if (cookie.Extensions.Any(static extension => extension is not null && s_own.Contains(extension.Split('=')[0].Trim())))
        {
            yield return "A cookie extension repeats an attribute that has a property. "
                + "Remove it from SactSessionOptions.Cookie.Extensions and set the property.";
        }

        bool secure = cookie.SecurePolicy == CookieSecurePolicy.Always;
        if (cookie.SameSite == SameSiteMode.None && !secure)
        {
            yield return "SameSite=None needs Secure, or browsers drop the cookie. "
                + "Set SactSessionOptions.Cookie.SecurePolicy to Always, or SameSite to Lax.";
        }

        if (!secure
            && cookie.Extensions.Any(CookieScope.IsPartitionedAttribute))
        {
            yield return "Partitioned needs Secure, or browsers drop the cookie. Set SactSessionOptions.Cookie.SecurePolicy to Always.";
        }
    }

    // Browsers compare the prefixes without regard to case (RFC 6265bis section 5.4), so the rules hold for every spelling.
    private static bool HasPrefix(string name, string prefix) => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    private static readonly HashSet<string> s_own = new(
        ["path", "domain", "secure", "httponly", "samesite", "max-age", "expires"], StringComparer.OrdinalIgnoreCase);

    private static bool IsAttributeValue(string? value) => value is null || value.All(static c => c is >= ' ' and <= '~' and not ';');

    // A browser removes spaces at the ends, so the cookie would have another scope than the options say.
    private static bool IsScope(string? value) => IsAttributeValue(value) && value?.Trim().Length == value?.Length;
}
