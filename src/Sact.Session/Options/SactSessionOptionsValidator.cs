using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Reports every option that breaks its rule, with the rule and the fix.</summary>
internal sealed class SactSessionOptionsValidator : IValidateOptions<SactSessionOptions>
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, SactSessionOptions options)
    {
        string where = string.IsNullOrEmpty(name) ? "" : $"In AddSactSession(\"{name}\"): ";
        var broken = Validate(options).Select(message => where + message).ToList();
        return broken.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(broken);
    }

    public static IEnumerable<string> Validate(SactSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ValidateTimes(options).Concat(ValidateLimits(options)).OfType<string>().Concat(ValidateCookie(options.Cookie))
            .Concat(ProfileRule.Validate(options));
    }

    private static IEnumerable<string?> ValidateTimes(SactSessionOptions o)
    {
        var longest = SessionLifetimes.Maximum;
        yield return Between(o.AbsoluteTimeout, s_second, longest, "1 second and 400 days, because browsers keep no cookie longer");
        yield return Between(
            o.IdleTimeout, s_second, o.AbsoluteTimeout, $"1 second and AbsoluteTimeout ({o.AbsoluteTimeout})", "or raise AbsoluteTimeout");
        yield return Between(o.FirstUseTimeout, s_second, longest, "1 second and 400 days");
        yield return Between(o.AnonymousIdleTimeout, s_second, longest, "1 second and 400 days");
        yield return Between(o.PendingTimeout, s_second, s_day, "1 second and 1 day");
        yield return Between(
            o.TouchInterval,
            TimeSpan.Zero,
            o.IdleTimeout / 2,
            $"zero and half of IdleTimeout ({o.IdleTimeout / 2}), because a longer one would end sessions in use",
            "or leave it unset");
        yield return Between(o.RenewalGrace, TimeSpan.Zero, TimeSpan.FromMinutes(5), "zero and 5 minutes");
        yield return o.ReplayMargin > o.RenewalGrace && o.ReplayMargin <= s_day
            ? null
            : $"ReplayMargin is {o.ReplayMargin}. It must be more than RenewalGrace ({o.RenewalGrace}) and at most 1 day. "
                + "Change SactSessionOptions.ReplayMargin.";
        yield return Between(o.CleanupInterval, s_second, s_day, "1 second and 1 day", "or set it to null for no cleanup");
        yield return Between(
            o.ActiveCountInterval, TimeSpan.FromSeconds(10), s_day, "10 seconds and 1 day", "or set it to null for no count");
        yield return Between(o.StoreTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5), "1 millisecond and 5 minutes");
        yield return Between(o.WatchInterval, s_second, TimeSpan.FromMinutes(5), "1 second and 5 minutes");
    }

    private static IEnumerable<string?> ValidateLimits(SactSessionOptions o)
    {
        yield return Between(o.MaxSessionsPerUser, 1, int.MaxValue, $"1 and {int.MaxValue}", "or set it to null for no limit");
        yield return Between(o.MaxAnonymousSessionsPerMinute, 1, int.MaxValue, $"1 and {int.MaxValue}", "or set it to null for no limit");
        yield return Between(o.MaxRecordBytes, 256, 16 * 1024 * 1024, "256 bytes and 16 MiB");
        yield return Enum.IsDefined(o.MaxSessionsPolicy)
            ? null
            : $"MaxSessionsPolicy is {(int)o.MaxSessionsPolicy}, which SessionCapPolicy does not define. "
                + "Set SactSessionOptions.MaxSessionsPolicy to one of its members.";
        yield return o.SerializerOptions is null
            ? "SerializerOptions is null. Keep the default of SactSessionOptions.SerializerOptions, or set a JsonSerializerOptions."
            : null;
    }

    private static IEnumerable<string> ValidateCookie(CookieBuilder cookie)
    {
        if (cookie is null)
        {
            yield return "Cookie is null. Keep the default of SactSessionOptions.Cookie, or set a CookieBuilder.";
            yield break;
        }

        if (CookieRule.ValidateName(cookie.Name) is { } name)
        {
            yield return $"The session cookie's name {name} Set SactSessionOptions.Cookie.Name accordingly.";
        }
        else if (cookie.Name!.Length + SessionIdFormat.Length > CookieRule.MaxNameAndValue)
        {
            yield return "The session cookie's name and value have more than 4096 bytes together, so browsers would drop the cookie. "
                + "Set SactSessionOptions.Cookie.Name to a shorter name.";
        }
        else if (CookieRule.ValidatePrefix(cookie.Name!, cookie) is { } prefix)
        {
            yield return $"The session cookie's name has a prefix whose rules its attributes break: {prefix} "
                + "Change SactSessionOptions.Cookie, or choose a name without the prefix.";
        }

        foreach (string attribute in CookieRule.ValidateAttributes(cookie))
        {
            yield return attribute;
        }

        if (cookie.MaxAge is not null || cookie.Expiration is not null)
        {
            yield return "The session cookie has a MaxAge or an Expiration, which the library must set. "
                + "Leave Cookie.MaxAge and Cookie.Expiration unset; set SactSessionOptions.IsPersistent and AbsoluteTimeout instead.";
        }

        if (!cookie.HttpOnly)
        {
            yield return "The session cookie is not HttpOnly, so any script in a page could read the session id (ASVS 5.0 V3.3.4). "
                + "Set SactSessionOptions.Cookie.HttpOnly to true: a new CookieBuilder starts with false.";
        }

        if (!cookie.IsEssential)
        {
            yield return "The session cookie is not essential, so nobody could sign in before giving consent. "
                + "A login cookie needs no consent. Set SactSessionOptions.Cookie.IsEssential to true.";
        }
    }

    /// <summary>The message if a value is out of its range; null if it is in the range or not set.</summary>
    private static string? Between<T>(
        T? value, T least, T most, string range, string? otherwise = null, [CallerArgumentExpression(nameof(value))] string option = "")
        where T : struct, IComparable<T>
    {
        if (value is not { } set || (set.CompareTo(least) >= 0 && set.CompareTo(most) <= 0))
        {
            return null;
        }

        string name = option[(option.IndexOf('.', StringComparison.Ordinal) + 1)..];
        string other = otherwise is null ? "" : $", {otherwise}";
        return $"{name} is {set}. It must be between {range}. Change SactSessionOptions.{name}{other}.";
    }
}
