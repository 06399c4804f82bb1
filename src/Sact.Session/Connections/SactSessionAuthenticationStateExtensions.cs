using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes interactive server components follow the session.</summary>
public static class SactSessionAuthenticationStateExtensions
{
    /// <summary>
    /// Makes the user of a Blazor Server circuit nobody when the session ends, so that <c>AuthorizeView</c> and the cascaded
    /// authentication state follow it within <see cref="SactSessionOptions.WatchInterval"/>. Call it after
    /// <c>AddInteractiveServerComponents()</c>.
    /// </summary>
    /// <remarks>
    /// Without it a circuit keeps its first user, for hours. A component that shows data outside of <c>AuthorizeView</c> keeps
    /// showing it: put private data inside of <c>AuthorizeView</c>. A click or a navigation extends the
    /// session as a request does; a render does not.
    /// </remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">
    /// The name of a named registration. Null: the registration of the default scheme, or the unnamed one if that scheme keeps no sessions.
    /// </param>
    /// <returns>The services, for further calls.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddRazorComponents().AddInteractiveServerComponents();
    /// builder.Services.AddCascadingAuthenticationState().AddSactSessionAuthenticationState();
    /// </code>
    /// </example>
    public static IServiceCollection AddSactSessionAuthenticationState(this IServiceCollection services, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddScoped<AuthenticationStateProvider, SessionAuthenticationState>();
        services.Configure<HubOptions>(options => options.AddFilter(new CircuitFilter(name)));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, AuthenticationStateStartup>());
        return services;
    }
}
