using Microsoft.Net.Http.Headers;

namespace Sact.Session;

/// <summary>What <c>Cache-Control</c> may say of a response that used a session (RFC 9111 section 5.2.2).</summary>
internal static class CacheControlRule
{
    /// <summary>No cache stores the response.</summary>
    public const string NoStore = "no-store";

    /// <summary>
    /// The form of <see cref="NoStore"/> until the response starts. Antiforgery logs a warning about any other value that it finds.
    /// This instance is not the one of the framework's literal, so that it differs from a value of the application.
    /// </summary>
    public static readonly string UntilTheStart = new("no-cache, no-store");

    /// <summary>The value without any permission for a shared cache.</summary>
    /// <param name="value">All lines of the header, joined; not empty.</param>
    /// <param name="holdsUserData">Whether a shared cache must be forbidden even where the value says nothing of sharing.</param>
    /// <param name="wasShared">Whether the value allowed a shared cache to keep the response.</param>
    public static string Restrict(string value, bool holdsUserData, out bool wasShared)
    {
        wasShared = false;
        if (value == NoStore || value == UntilTheStart)
        {
            return value;
        }

        // A cache may read anything into a value that the framework cannot parse.
        if (!CacheControlHeaderValue.TryParse(value, out var parsed))
        {
            return NoStore;
        }

        wasShared = parsed.Public || parsed.SharedMaxAge is not null;
        if (wasShared || (holdsUserData && !IsRestricted(parsed)))
        {
            parsed.Public = false;
            parsed.SharedMaxAge = null;
            if (!parsed.NoStore)
            {
                // With field names, "private" protects only those fields.
                parsed.Private = true;
                parsed.PrivateHeaders.Clear();
            }

            value = parsed.ToString();
        }

        // It may be left in an extension or a field name, where a careless cache finds it.
        return value.Contains("public", StringComparison.OrdinalIgnoreCase) ? NoStore : value;
    }

    /// <summary>Whether the value says that some cache may keep the response. A directive such as <c>no-transform</c> does not.</summary>
    public static bool AllowsStorage(string value) => CacheControlHeaderValue.TryParse(value, out var parsed)
        && (parsed.MaxAge is not null || parsed.SharedMaxAge is not null || parsed.Public || parsed.Private);

    private static bool IsRestricted(CacheControlHeaderValue value) =>
        value.NoStore || (value.NoCache && value.NoCacheHeaders.Count == 0) || (value.Private && value.PrivateHeaders.Count == 0);
}
