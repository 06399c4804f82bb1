using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Puts <see cref="ProviderEvents"/> around the events of one scheme, whether they are an object or a type.</summary>
internal sealed class ProviderEventsSetup(string scheme) : IPostConfigureOptions<OpenIdConnectOptions>
{
    public void PostConfigure(string? name, OpenIdConnectOptions options)
    {
        if (name != scheme || options.Events is ProviderEvents)
        {
            return;
        }

        var events = options.Events ?? new OpenIdConnectEvents();
        options.Events = new ProviderEvents(options.EventsType is { } type
            ? context => (OpenIdConnectEvents)context.RequestServices.GetRequiredService(type)
            : _ => events);
        options.EventsType = null;
    }
}
