using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Gives a cookie scheme its ticket store.</summary>
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
            throw new InvalidOperationException($"Cookie scheme '{scheme}' has a SessionStore of its own. Leave CookieAuthenticationOptions.SessionStore unset, or do not call AddSactTicketStore() for it.");
        }

        var kept = services.GetRequiredService<IOptionsMonitor<SactTicketStoreOptions>>().Get(scheme);
        options.SessionStore = new SactTicketStore(
            SessionRegistry.Of(services).Find(typeof(IGenericStore), kept.SessionName),
            options.DataProtectionProvider ?? services.GetRequiredService<IDataProtectionProvider>(),
            scheme,
            kept,
            options.SlidingExpiration);
    }
}
