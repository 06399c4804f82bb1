using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Says what is wrong with the options, each time with the mend.</summary>
internal sealed class SactSessionOptionsValidator : IValidateOptions<SactSessionOptions>
{
    public ValidateOptionsResult Validate(string? name, SactSessionOptions options)
    {
        // Which of several registrations it is, nobody could tell from the option alone.
        string where = string.IsNullOrEmpty(name) ? "" : $"In AddSactSession(\"{name}\"): ";
        var faults = Validate(options).Select(fault => where + fault).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    public static IEnumerable<string> Validate(SactSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ValidateTimes(options).Concat(ValidateLimits(options)).Concat(ValidateCookie(options.Cookie));
    }

    private static IEnumerable<string> ValidateTimes(SactSessionOptions options)
    {
        var second = TimeSpan.FromSeconds(1);
        var longest = SessionLifetimes.Maximum;
        if (options.AbsoluteTimeout < second || options.AbsoluteTimeout > longest)
        {
            yield return "AbsoluteTimeout lies between 1 second and 400 days, the most that browsers keep a cookie. Set SactSessionOptions.AbsoluteTimeout accordingly.";
        }

        if (options.IdleTimeout < second || options.IdleTimeout > options.AbsoluteTimeout)
        {
            yield return "IdleTimeout lies between 1 second and AbsoluteTimeout. Lower SactSessionOptions.IdleTimeout or raise AbsoluteTimeout.";
        }

        if (options.FirstUseTimeout < second || options.FirstUseTimeout > longest)
        {
            yield return "FirstUseTimeout lies between 1 second and 400 days. Set SactSessionOptions.FirstUseTimeout accordingly.";
        }

        if (options.AnonymousIdleTimeout < second || options.AnonymousIdleTimeout > longest)
        {
            yield return "AnonymousIdleTimeout lies between 1 second and 400 days. Set SactSessionOptions.AnonymousIdleTimeout accordingly.";
        }

        if (options.PendingTimeout < second || options.PendingTimeout > TimeSpan.FromDays(1))
        {
            yield return "PendingTimeout lies between 1 second and 1 day. Set SactSessionOptions.PendingTimeout accordingly.";
        }

        if (options.TouchInterval is { } interval && (interval < TimeSpan.Zero || interval > options.IdleTimeout / 2))
        {
            yield return "TouchInterval lies between zero and half of IdleTimeout, or sessions in use would end. Lower SactSessionOptions.TouchInterval or leave it unset.";
        }

        if (options.RenewalGrace < TimeSpan.Zero || options.RenewalGrace > TimeSpan.FromMinutes(5))
        {
            yield return "RenewalGrace lies between zero and 5 minutes. Set SactSessionOptions.RenewalGrace accordingly.";
        }

        if (options.ReplayMargin <= options.RenewalGrace || options.ReplayMargin > TimeSpan.FromDays(1))
        {
            yield return "ReplayMargin is more than RenewalGrace and at most 1 day. Set SactSessionOptions.ReplayMargin accordingly.";
        }

        if (options.CleanupInterval is { } sweep && (sweep < second || sweep > TimeSpan.FromDays(1)))
        {
            yield return "CleanupInterval lies between 1 second and 1 day. Set SactSessionOptions.CleanupInterval accordingly, or null for no sweeping.";
        }

        if (options.StoreTimeout < TimeSpan.FromMilliseconds(1) || options.StoreTimeout > TimeSpan.FromMinutes(5))
        {
            yield return "StoreTimeout lies between 1 millisecond and 5 minutes. Set SactSessionOptions.StoreTimeout accordingly.";
        }
    }

    private static IEnumerable<string> ValidateLimits(SactSessionOptions options)
    {
        if (options.MaxSessionsPerUser < 1)
        {
            yield return "MaxSessionsPerUser is at least 1. Set SactSessionOptions.MaxSessionsPerUser accordingly, or null for no limit.";
        }

        if (!Enum.IsDefined(options.MaxSessionsPolicy))
        {
            yield return "MaxSessionsPolicy is none of the policies. Choose one that SessionCapPolicy names.";
        }

        if (options.MaxRecordBytes is < 256 or > 16 * 1024 * 1024)
        {
            yield return "MaxRecordBytes lies between 256 and 16 MiB. Set SactSessionOptions.MaxRecordBytes accordingly.";
        }

        if (options.SerializerOptions is null)
        {
            yield return "SerializerOptions is null. Leave SactSessionOptions.SerializerOptions as it is, or set your own.";
        }
    }

    private static IEnumerable<string> ValidateCookie(CookieBuilder cookie)
    {
        if (cookie is null)
        {
            yield return "Cookie is null. Leave SactSessionOptions.Cookie as it is, or set your own CookieBuilder.";
            yield break;
        }

        if (CookieRule.ValidateName(cookie.Name) is { } name)
        {
            yield return $"The session cookie's name {name} Set SactSessionOptions.Cookie.Name accordingly.";
        }
        else if (cookie.Name!.Length + SessionIdFormat.Length > CookieRule.MaxNameAndValue)
        {
            yield return "The session cookie's name and value have more than 4096 bytes together, and browsers would drop it. Set SactSessionOptions.Cookie.Name to something shorter.";
        }
        else if (CookieRule.ValidatePrefix(cookie.Name!, cookie) is { } prefix)
        {
            yield return $"The session cookie's name has a prefix whose rules its attributes break: {prefix} Mend SactSessionOptions.Cookie, or choose a name without the prefix.";
        }

        foreach (string attribute in CookieRule.ValidateAttributes(cookie))
        {
            yield return attribute;
        }

        if (cookie.MaxAge is not null || cookie.Expiration is not null)
        {
            yield return "The session cookie's age is the library's to set. Leave Cookie.MaxAge and Cookie.Expiration unset; set SactSessionOptions.IsPersistent and AbsoluteTimeout.";
        }

        if (!cookie.HttpOnly)
        {
            yield return "The session cookie is HttpOnly, or any script in a page could read the session id (ASVS 5.0 V3.3.4). Set SactSessionOptions.Cookie.HttpOnly to true; a CookieBuilder of your own starts without it.";
        }

        if (!cookie.IsEssential)
        {
            yield return "A login session's cookie is essential (no consent is needed for it, and without it nobody can sign in). Set SactSessionOptions.Cookie.IsEssential to true.";
        }
    }
}
