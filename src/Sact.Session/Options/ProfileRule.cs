using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>What a profile sets, what it refuses, and the sheet that says so.</summary>
internal static class ProfileRule
{
    /// <summary>The longest times of a profile, and the section of NIST SP 800-63B-4 that has them.</summary>
    private readonly record struct Limits(TimeSpan Idle, TimeSpan Absolute, string Section);

    /// <summary>Sets the longest times that the profile allows, and a cookie that it allows.</summary>
    public static void Apply(SactSessionOptions options, SessionProfile profile)
    {
        var limits = Of(profile);
        options.IdleTimeout = limits.Idle;
        options.AbsoluteTimeout = limits.Absolute;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.Cookie.HttpOnly = true;
    }

    /// <summary>The contradictions between the profile and options that were set after it.</summary>
    public static IEnumerable<string> Validate(SactSessionOptions options)
    {
        if (options.Profile is not { } profile)
        {
            yield break;
        }

        var limits = Of(profile);
        if (options.IdleTimeout > limits.Idle)
        {
            yield return Contradiction("IdleTimeout", options.IdleTimeout, limits.Idle, limits.Section);
        }

        if (options.AbsoluteTimeout > limits.Absolute)
        {
            yield return Contradiction("AbsoluteTimeout", options.AbsoluteTimeout, limits.Absolute, limits.Section);
        }

        foreach (string fault in ValidateCookie(profile, options.Cookie, "session cookie", nameof(SactSessionOptions)))
        {
            yield return fault;
        }
    }

    /// <summary>The contradictions between a profile and a cookie by which users are known.</summary>
    /// <param name="profile">The profile; null if there is none.</param>
    /// <param name="cookie">The cookie; null if another rule refuses it.</param>
    /// <param name="what">What the cookie is.</param>
    /// <param name="owner">The options that have the cookie.</param>
    public static IEnumerable<string> ValidateCookie(SessionProfile? profile, CookieBuilder? cookie, string what, string owner)
    {
        if (profile is null || cookie is null)
        {
            yield break;
        }

        if (cookie.SecurePolicy != CookieSecurePolicy.Always)
        {
            yield return $"Cookie.SecurePolicy is {cookie.SecurePolicy}, and the profile {profile} requires Always: the cookie may only "
                + $"be sent over https (NIST SP 800-63B-4 section 5.1.1). Change {owner}.Cookie.SecurePolicy.";
        }

        if (cookie.Name?.StartsWith("__Host-", StringComparison.Ordinal) != true)
        {
            yield return $"The name of the {what} does not begin with __Host-, and the profile {profile} requires it: the cookie "
                + $"may only be sent to one host (NIST SP 800-63B-4 section 5.1.1). Change {owner}.Cookie.Name.";
        }

        if (cookie.SameSite is not (SameSiteMode.Lax or SameSiteMode.Strict))
        {
            yield return $"Cookie.SameSite is {cookie.SameSite}, and the profile {profile} requires Lax or Strict "
                + $"(NIST SP 800-63B-4 section 5.1.1). Change {owner}.Cookie.SameSite.";
        }

        if (!cookie.HttpOnly)
        {
            yield return $"Cookie.HttpOnly is false, and the profile {profile} requires true: no script may read the cookie "
                + $"(NIST SP 800-63B-4 section 5.1.1). Change {owner}.Cookie.HttpOnly.";
        }
    }

    /// <summary>What the profile demands and what the options have, one line for each clause.</summary>
    public static string Sheet(SactSessionOptions options, SessionProfile profile)
    {
        var limits = Of(profile);
        string[] lines =
        [
            $"section {limits.Section}, inactivity timeout: at most {limits.Idle}, here {options.IdleTimeout}",
            $"section {limits.Section}, overall timeout: at most {limits.Absolute}, here {options.AbsoluteTimeout}",
            $"section 5.1, session secret: at least 64 random bits, here {SessionSecretBits}",
            $"section 5.1, sign-out: the secret is invalidated, here in the store and in the browser",
            $"section 5.1.1, cookie: https only, one host, no script, SameSite, here {options.Cookie.Name}; HttpOnly; "
                + $"SameSite={options.Cookie.SameSite}",
            $"section 5.1.1, cookie: it expires with the session, here {(options.IsPersistent ? "by Max-Age" : "with the browser")}",
            "the application's duty: authenticators of this level, and RequireAssuranceLevel("
                + $"{((int)profile).ToString(CultureInfo.InvariantCulture)}) where it is needed",
        ];
        return string.Concat(lines.Select(static line => $"{Environment.NewLine}  {line}"));
    }

    // The rotor alone, of the parts of a session id that nobody else knows.
    private const int SessionSecretBits = 144;

    private static string Contradiction(string option, TimeSpan value, TimeSpan most, string section) =>
        $"{option} is {value}, and UseProfile allows at most {most} (NIST SP 800-63B-4 section {section}). "
        + $"Lower SactSessionOptions.{option}, or remove the call of UseProfile.";

    private static Limits Of(SessionProfile profile) => profile switch
    {
        SessionProfile.NistAal2 => new(TimeSpan.FromHours(1), TimeSpan.FromHours(24), "2.2.3"),
        SessionProfile.NistAal3 => new(TimeSpan.FromMinutes(15), TimeSpan.FromHours(12), "2.3.3"),
        _ => throw new ArgumentOutOfRangeException(
            nameof(profile), profile, "SessionProfile does not define this profile. Use one of its members."),
    };
}
