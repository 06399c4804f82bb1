using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Refuses settings of the scheme's cookie. The session sends the cookie, so they would have no effect.</summary>
internal static class CookieOfTheScheme
{
    /// <summary>The first option that the application has set; null if it has set none.</summary>
    public static string? SetOption(CookieBuilder cookie)
    {
        var unset = new CookieAuthenticationOptions().Cookie;
        return cookie.Name is not null ? nameof(cookie.Name)
            : cookie.Domain is not null ? nameof(cookie.Domain)
            : cookie.Path is not null ? nameof(cookie.Path)
            : cookie.SameSite != unset.SameSite ? nameof(cookie.SameSite)
            : cookie.SecurePolicy != unset.SecurePolicy ? nameof(cookie.SecurePolicy)
            : !cookie.HttpOnly ? nameof(cookie.HttpOnly)
            : !cookie.IsEssential ? nameof(cookie.IsEssential)
            : cookie.MaxAge is not null ? nameof(cookie.MaxAge)
            : cookie.Expiration is not null ? nameof(cookie.Expiration)
            : cookie.Extensions.Count > 0 ? nameof(cookie.Extensions)
            : null;
    }

    /// <exception cref="InvalidOperationException">An event has changed the options of the cookie.</exception>
    public static void ThrowIfChanged(CookieOptions options, CookieOptions built, string setting)
    {
        string? changed = options.Domain != built.Domain ? nameof(options.Domain)
            : options.Path != built.Path ? nameof(options.Path)
            : options.SameSite != built.SameSite ? nameof(options.SameSite)
            : options.Secure != built.Secure ? nameof(options.Secure)
            : options.HttpOnly != built.HttpOnly ? nameof(options.HttpOnly)
            : options.IsEssential != built.IsEssential ? nameof(options.IsEssential)
            : options.MaxAge != built.MaxAge ? nameof(options.MaxAge)
            : options.Expires != built.Expires ? nameof(options.Expires)
            : !options.Extensions.SequenceEqual(built.Extensions) ? nameof(options.Extensions)
            : null;
        if (changed is not null)
        {
            throw new InvalidOperationException(
                $"{setting} has changed CookieOptions.{changed}, but the session sends the cookie. "
                + "Set builder.Services.AddSactSession(o => o.Cookie…) instead. "
                + "Set AuthenticationProperties.IsPersistent instead of Expires and MaxAge.");
        }
    }
}
