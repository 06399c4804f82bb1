using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>What a cookie scheme's expiry comes to as a session's limits. Nothing goes beyond <see cref="SactSessionOptions"/>.</summary>
internal static class SchemeLifetimes
{
    /// <param name="properties">What the sign-in wishes.</param>
    /// <param name="answered">What they were answered with, if they were: no wish, then.</param>
    /// <param name="expireTimeSpan">The scheme's own.</param>
    /// <param name="slidingExpiration">The scheme's own.</param>
    /// <param name="now">Now.</param>
    /// <param name="settings">The most there is.</param>
    /// <param name="expiryIsAbsolute">False for a ticket, whose expiry the framework's handler sets and moves itself.</param>
    public static SessionSignInOptions Of(
        AuthenticationProperties properties, AnsweredSession? answered, TimeSpan expireTimeSpan, bool slidingExpiration, DateTimeOffset now, SessionSettings settings, bool expiryIsAbsolute = true)
    {
        var most = settings.SignInTerms.Lifetimes;
        bool slides = slidingExpiration && (properties.AllowRefresh ?? true);
        var wish = !expiryIsAbsolute || answered?.HasAnsweredExpiry(properties) == true ? null : properties.ExpiresUtc - now;
        var absolute = Within(wish ?? (slides ? most.AbsoluteTimeout : expireTimeSpan), most.AbsoluteTimeout);
        var idle = Within(slides ? expireTimeSpan : absolute, most.IdleTimeout);
        return new SessionSignInOptions
        {
            IsPersistent = properties.IsPersistent ? true : null,
            AbsoluteTimeout = absolute,
            IdleTimeout = idle < absolute ? idle : absolute,
        };
    }

    // At least a second, the shortest life a session has: a sign-in that has expired already is one that nobody uses.
    private static TimeSpan Within(TimeSpan span, TimeSpan most)
    {
        var least = TimeSpan.FromSeconds(1);
        return span < least ? least : span < most ? span : most;
    }
}
