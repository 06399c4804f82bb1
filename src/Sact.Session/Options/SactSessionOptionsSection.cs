using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// Applies a section of the configuration to the options. It uses no reflection, so that it works when the application is trimmed. It
/// refuses a key that is no option: a misspelt key would otherwise leave a default in force, and nobody would notice.
/// </summary>
internal static class SactSessionOptionsSection
{
    private const string Duration = "a duration: hours:minutes:seconds with at most 23 hours, or days.hours:minutes:seconds";
    private const string Flag = "true or false";
    private const string Number = "a whole number";

    private static readonly Dictionary<string, Setting<SactSessionOptions>> s_options = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(SactSessionOptions.IsPersistent)] = Of<bool>(bool.TryParse, Flag, (o, value) => o.IsPersistent = value),
        [nameof(SactSessionOptions.IdleTimeout)] = Time((o, value) => o.IdleTimeout = value),
        [nameof(SactSessionOptions.AbsoluteTimeout)] = Time((o, value) => o.AbsoluteTimeout = value),
        [nameof(SactSessionOptions.FirstUseTimeout)] = Time((o, value) => o.FirstUseTimeout = value),
        [nameof(SactSessionOptions.AnonymousIdleTimeout)] = Time((o, value) => o.AnonymousIdleTimeout = value),
        [nameof(SactSessionOptions.PendingTimeout)] = Time((o, value) => o.PendingTimeout = value),
        [nameof(SactSessionOptions.TouchInterval)] = Time((o, value) => o.TouchInterval = value, o => o.TouchInterval = null),
        [nameof(SactSessionOptions.RenewalGrace)] = Time((o, value) => o.RenewalGrace = value),
        [nameof(SactSessionOptions.ReplayMargin)] = Time((o, value) => o.ReplayMargin = value),
        [nameof(SactSessionOptions.MaxSessionsPerUser)] =
            Count((o, value) => o.MaxSessionsPerUser = value, o => o.MaxSessionsPerUser = null),
        [nameof(SactSessionOptions.MaxSessionsPolicy)] =
            Of<SessionCapPolicy>(IsNamed, Names<SessionCapPolicy>(), (o, value) => o.MaxSessionsPolicy = value),
        [nameof(SactSessionOptions.MaxAnonymousSessionsPerMinute)] =
            Count((o, value) => o.MaxAnonymousSessionsPerMinute = value, o => o.MaxAnonymousSessionsPerMinute = null),
        [nameof(SactSessionOptions.CaptureClient)] = Of<bool>(bool.TryParse, Flag, (o, value) => o.CaptureClient = value),
        [nameof(SactSessionOptions.SealMetadata)] = Of<bool>(bool.TryParse, Flag, (o, value) => o.SealMetadata = value),
        [nameof(SactSessionOptions.MaxRecordBytes)] = Count((o, value) => o.MaxRecordBytes = value),
        [nameof(SactSessionOptions.StoreTimeout)] = Time((o, value) => o.StoreTimeout = value),
        [nameof(SactSessionOptions.WatchInterval)] = Time((o, value) => o.WatchInterval = value),
        [nameof(SactSessionOptions.CleanupInterval)] = Time((o, value) => o.CleanupInterval = value, o => o.CleanupInterval = null),
        [nameof(SactSessionOptions.ActiveCountInterval)] =
            Time((o, value) => o.ActiveCountInterval = value, o => o.ActiveCountInterval = null),
        [nameof(SactSessionOptions.Profile)] =
            Of<SessionProfile>(IsNamed, Names<SessionProfile>(), (o, value) => o.UseProfile(value)),
        [nameof(SactSessionOptions.ClearSiteDataOnSignOut)] =
            Of<bool>(bool.TryParse, Flag, (o, value) => o.ClearSiteDataOnSignOut = value),
    };

    private static readonly Dictionary<string, Setting<CookieBuilder>> s_cookie = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(CookieBuilder.Name)] = Cookie<string>(IsAny, "a name", (cookie, value) => cookie.Name = value),
        [nameof(CookieBuilder.Domain)] =
            Cookie<string>(IsAny, "a domain", (cookie, value) => cookie.Domain = value, cookie => cookie.Domain = null),
        [nameof(CookieBuilder.Path)] = Cookie<string>(IsAny, "a path", (cookie, value) => cookie.Path = value),
        [nameof(CookieBuilder.HttpOnly)] = Cookie<bool>(bool.TryParse, Flag, (cookie, value) => cookie.HttpOnly = value),
        [nameof(CookieBuilder.IsEssential)] = Cookie<bool>(bool.TryParse, Flag, (cookie, value) => cookie.IsEssential = value),
        [nameof(CookieBuilder.SameSite)] =
            Cookie<SameSiteMode>(IsNamed, Names<SameSiteMode>(), (cookie, value) => cookie.SameSite = value),
        [nameof(CookieBuilder.SecurePolicy)] =
            Cookie<CookieSecurePolicy>(IsNamed, Names<CookieSecurePolicy>(), (cookie, value) => cookie.SecurePolicy = value),

        // Not allowed for a session. The validator says what to set instead.
        [nameof(CookieBuilder.MaxAge)] = Cookie<TimeSpan>(IsDuration, Duration, (cookie, value) => cookie.MaxAge = value),
        [nameof(CookieBuilder.Expiration)] = Cookie<TimeSpan>(IsDuration, Duration, (cookie, value) => cookie.Expiration = value),
    };

    private delegate bool Reading<T>(string text, out T value);

    /// <summary>Sets an option from a value of the configuration.</summary>
    /// <returns>What the value must be, if it is not valid; null if it is.</returns>
    private delegate string? Setting<in TOptions>(TOptions options, string? text);

    /// <summary>The names of the options that configuration can set, for tests.</summary>
    internal static IEnumerable<string> Options => [.. s_options.Keys, nameof(SactSessionOptions.Cookie)];

    /// <summary>Sets each option that the section has.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The options.</param>
    /// <param name="registration">The name of the registration.</param>
    /// <exception cref="OptionsValidationException">A key is no option, or a value is not valid. The message has every fault.</exception>
    public static void Apply(IConfiguration section, SactSessionOptions options, string registration)
    {
        var faults = new List<string>();
        // The profile first, because what is set after it may be stricter. A section has no order.
        foreach (var entry in section.GetChildren().OrderBy(static entry => !IsProfile(entry.Key)))
        {
            if (entry.Key.Equals(nameof(SactSessionOptions.Cookie), StringComparison.OrdinalIgnoreCase))
            {
                ApplyCookie(entry, options.Cookie, faults);
            }
            else
            {
                Apply(entry, s_options, options, nameof(SactSessionOptions), faults);
            }
        }

        if (faults.Count > 0)
        {
            throw new OptionsValidationException(registration, typeof(SactSessionOptions), faults);
        }
    }

    private static bool IsProfile(string key) => key.Equals(nameof(SactSessionOptions.Profile), StringComparison.OrdinalIgnoreCase);

    private static void ApplyCookie(IConfigurationSection section, CookieBuilder cookie, List<string> faults)
    {
        if (!string.IsNullOrWhiteSpace(section.Value))
        {
            faults.Add(WrongValue(section, "a section with the properties of the cookie, such as Name"));
        }

        foreach (var entry in section.GetChildren())
        {
            if (entry.Key.Equals(nameof(CookieBuilder.Extensions), StringComparison.OrdinalIgnoreCase))
            {
                ApplyExtensions(entry, cookie, faults);
            }
            else
            {
                Apply(entry, s_cookie, cookie, "SactSessionOptions.Cookie", faults);
            }
        }
    }

    private static void ApplyExtensions(IConfigurationSection section, CookieBuilder cookie, List<string> faults)
    {
        if (!string.IsNullOrWhiteSpace(section.Value))
        {
            faults.Add(WrongValue(section, "a list of strings"));
        }

        foreach (var entry in section.GetChildren())
        {
            if (entry.GetChildren().Any())
            {
                faults.Add(NotOneValue(entry));
            }
            else if (entry.Value is { } extension)
            {
                cookie.Extensions.Add(extension);
            }
        }
    }

    private static void Apply<TOptions>(
        IConfigurationSection entry, Dictionary<string, Setting<TOptions>> settings, TOptions options, string owner, List<string> faults)
    {
        if (!settings.TryGetValue(entry.Key, out var set))
        {
            faults.Add($"The configuration has the key '{entry.Path}', and {owner} has no such option that configuration can set. "
                + "Correct the key, or move it out of the section that AddSactSession() reads.");
        }
        else if (entry.GetChildren().Any())
        {
            // Its own value is null, and that turns some limits off.
            faults.Add(NotOneValue(entry));
        }
        else if (set(options, entry.Value) is { } expected)
        {
            faults.Add(WrongValue(entry, expected));
        }
    }

    private static string WrongValue(IConfigurationSection entry, string expected) =>
        $"The configuration has {(entry.Value is null ? "no value" : $"the value '{entry.Value}'")} for '{entry.Path}'. "
        + $"It must be {expected}.";

    private static string NotOneValue(IConfigurationSection entry) =>
        $"The configuration has a section for '{entry.Path}', where one value is expected. Write the value itself.";

    private static Setting<SactSessionOptions> Of<T>(
        Reading<T> reads, string expected, Action<SactSessionOptions, T> set, Action<SactSessionOptions>? unset = null) =>
        Make(reads, expected, set, unset);

    private static Setting<CookieBuilder> Cookie<T>(
        Reading<T> reads, string expected, Action<CookieBuilder, T> set, Action<CookieBuilder>? unset = null) =>
        Make(reads, expected, set, unset);

    private static Setting<SactSessionOptions> Time(
        Action<SactSessionOptions, TimeSpan> set, Action<SactSessionOptions>? unset = null) =>
        Make(IsDuration, unset is null ? Duration : Duration + ", or empty", set, unset);

    private static Setting<SactSessionOptions> Count(Action<SactSessionOptions, int> set, Action<SactSessionOptions>? unset = null) =>
        Make(IsNumber, unset is null ? Number : Number + ", or empty for no limit", set, unset);

    private static Setting<TOptions> Make<TOptions, T>(
        Reading<T> reads, string expected, Action<TOptions, T> set, Action<TOptions>? unset) =>
        (options, text) =>
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                unset?.Invoke(options);
                return unset is null ? expected : null;
            }

            if (!reads(text, out var value))
            {
                return expected;
            }

            set(options, value);
            return null;
        };

    // The parser reads a number alone as days, and so the first number of "24:00:00", which is no hour. Hardly anybody means that.
    private static bool IsDuration(string text, out TimeSpan value)
    {
        value = default;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)
            && (value.Days == 0 || text.AsSpan(0, colon).Contains('.'));
    }

    private static bool IsNumber(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static bool IsNamed<TEnum>(string text, out TEnum value)
        where TEnum : struct, Enum => Enum.TryParse(text, ignoreCase: true, out value) && Enum.GetNames<TEnum>()
            .Contains(text, StringComparer.OrdinalIgnoreCase);

    private static bool IsAny(string text, out string value)
    {
        value = text;
        return true;
    }

    private static string Names<TEnum>()
        where TEnum : struct, Enum => "one of " + string.Join(", ", Enum.GetNames<TEnum>());
}
