using Microsoft.AspNetCore.Authentication;

namespace Sact.Session;

/// <summary>
/// The lifetimes of tickets. The cookie scheme decides them, so that the session in the store lives as long as the cookie. The options of
/// the session set the limits.
/// </summary>
internal static class TicketLifetimes
{
    /// <summary>The longest lifetimes. An idle timeout that the application has not set limits no ticket.</summary>
    public static SessionLifetimes Longest(SessionSettings settings)
    {
        var ofOptions = settings.SignInTerms.Lifetimes;
        return new(
            settings.IsIdleTimeoutChosen ? ofOptions.IdleTimeout : ofOptions.AbsoluteTimeout,
            ofOptions.FirstUseTimeout,
            ofOptions.AbsoluteTimeout);
    }

    /// <summary>
    /// How long a ticket lives after its last use. A sign-in with the properties of an older ticket keeps their expiry, and the framework
    /// extends it later by the whole span. What is left of the span is not the timeout.
    /// </summary>
    /// <param name="properties">The properties of the ticket.</param>
    /// <param name="slides">Whether a use extends the ticket.</param>
    /// <param name="now">The current time.</param>
    public static TimeSpan? Span(AuthenticationProperties properties, bool slides, DateTimeOffset now) =>
        properties.ExpiresUtc - (slides && properties.IssuedUtc < now ? properties.IssuedUtc : now);
}
