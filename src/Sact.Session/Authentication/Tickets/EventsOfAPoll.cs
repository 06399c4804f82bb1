using Microsoft.AspNetCore.Authentication.Cookies;

namespace Sact.Session;

/// <summary>
/// The events of a cookie scheme while a request for an endpoint with <see cref="DisableSlidingExpirationAttribute"/> is authenticated.
/// Nothing extends the ticket, so the event of the application does not run.
/// </summary>
internal sealed class EventsOfAPoll(CookieAuthenticationEvents events) : CookieAuthenticationEvents
{
    public override Task CheckSlidingExpiration(CookieSlidingExpirationContext context)
    {
        context.ShouldRenew = false;
        return Task.CompletedTask;
    }

    public override Task ValidatePrincipal(CookieValidatePrincipalContext context) => events.ValidatePrincipal(context);
}
