using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>
/// Translates the expiry of a cookie scheme to the lifetimes of a session. They never exceed <see cref="SactSessionOptions"/>.
/// </summary>
internal static class SchemeLifetimes
{
    // The shortest lifetime that a session may have. A sign-in that has expired already gets it, and nobody uses it.
    private static readonly TimeSpan s_minimum = TimeSpan.FromSeconds(1);

    /// <param name="properties">The properties of the sign-in.</param>
    /// <param name="authenticated">
    /// The session that the properties come from; null for none. An expiry that it set is no request for another one.
    /// </param>
    /// <param name="expireTimeSpan">The <c>ExpireTimeSpan</c> of the scheme.</param>
    /// <param name="slidingExpiration">The <c>SlidingExpiration</c> of the scheme.</param>
    /// <param name="now">The current time.</param>
    /// <param name="longest">The longest lifetimes that are allowed.</param>
    /// <param name="expiryIsAbsolute">False for a ticket: the framework's handler sets and moves the expiry of tickets.</param>
    public static SessionSignInOptions Of(
        AuthenticationProperties properties,
        AuthenticatedSession? authenticated,
        TimeSpan expireTimeSpan,
        bool slidingExpiration,
        DateTimeOffset now,
        SessionLifetimes longest,
        bool expiryIsAbsolute = true)
    {
        bool slides = slidingExpiration && (properties.AllowRefresh ?? true);
        var requested = !expiryIsAbsolute || authenticated?.HasUnchangedExpiry(properties) == true ? null : properties.ExpiresUtc - now;
        var absolute = Within(requested ?? (slides ? longest.AbsoluteTimeout : expireTimeSpan), longest.AbsoluteTimeout);
        var idle = Within(slides ? expireTimeSpan : absolute, longest.IdleTimeout);
        return new SessionSignInOptions
        {
            IsPersistent = properties.IsPersistent ? true : null,
            AbsoluteTimeout = absolute,
            IdleTimeout = idle < absolute ? idle : absolute,
        };
    }

    private static TimeSpan Within(TimeSpan span, TimeSpan longest) => span < s_minimum ? s_minimum : span < longest ? span : longest;
}
