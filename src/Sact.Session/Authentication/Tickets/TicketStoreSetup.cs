using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Sets the ticket store of a cookie scheme.</summary>
internal sealed class TicketStoreSetup(string scheme, IServiceProvider services) : IPostConfigureOptions<CookieAuthenticationOptions>
{
    public void PostConfigure(string? name, CookieAuthenticationOptions options)
    {
        if (name != scheme)
        {
            return;
        }

        if (options.SessionStore is not null and not SactTicketStore)
        {
            throw new InvalidOperationException(
                $"Cookie scheme '{scheme}' already has a SessionStore. AddSactTicketStore() sets it. "
                + "Leave CookieAuthenticationOptions.SessionStore unset, or do not call AddSactTicketStore() for this scheme.");
        }

        var ticketOptions = services.GetRequiredService<IOptionsMonitor<SactTicketStoreOptions>>().Get(scheme);
        var source = SessionRegistry.Of(services).Find(typeof(IGenericStore), ticketOptions.SessionName);
        var longest = TicketLifetimes.Longest(source.Services.Settings).IdleTimeout;
        if (options.ExpireTimeSpan > longest)
        {
            // The cookie must not say more than the store keeps.
            options.ExpireTimeSpan = longest;
        }

        options.SessionStore = new SactTicketStore(
            source,
            services.GetRequiredService<SavedUsers>(),
            scheme,
            ticketOptions,
            options.SlidingExpiration);
    }
}
