using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>An OpenID Connect scheme together with the sessions of its users.</summary>
/// <param name="Name">The name of the OpenID Connect scheme.</param>
/// <param name="Options">The options of the framework's handler.</param>
/// <param name="Settings">The options of this package.</param>
/// <param name="SessionScheme">The scheme that keeps the users in sessions.</param>
/// <param name="OwnsCookie">Whether that scheme uses the session's cookie; false for the tickets of a cookie scheme.</param>
/// <param name="Source">The registration of these sessions.</param>
internal sealed record ProviderScheme(
    string Name,
    OpenIdConnectOptions Options,
    SactOpenIdConnectOptions Settings,
    string SessionScheme,
    bool OwnsCookie,
    SessionSource Source)
{
    public SessionServices Services => Source.Services;
}

/// <summary>Finds the sessions of an OpenID Connect scheme.</summary>
internal sealed class ProviderSchemes(
    IOptionsMonitor<OpenIdConnectOptions> options,
    IOptionsMonitor<SactOpenIdConnectOptions> settings,
    IOptions<AuthenticationOptions> authentication,
    AuthenticationRegistry registry,
    IServiceProvider services)
{
    /// <summary>Finds a scheme by its name.</summary>
    /// <exception cref="InvalidOperationException">There is no such scheme, or its users are not kept in sessions.</exception>
    public ProviderScheme Find(string scheme)
    {
        if (!authentication.Value.SchemeMap.TryGetValue(scheme, out var found)
            || found.HandlerType?.IsAssignableTo(typeof(OpenIdConnectHandler)) != true)
        {
            throw new InvalidOperationException(
                $"There is no OpenID Connect scheme '{scheme}'. Call AddOpenIdConnect(\"{scheme}\", …) and "
                + $"AddSactOpenIdConnect(\"{scheme}\"), or pass the name of your scheme.");
        }

        var own = settings.Get(scheme);
        var handler = options.Get(scheme);
        string?[] candidates = own.SessionScheme is { } chosen
            ? [chosen]
            : [handler.SignInScheme, authentication.Value.DefaultAuthenticateScheme, authentication.Value.DefaultScheme];
        foreach (string? candidate in candidates)
        {
            if (candidate is not null && registry.Find(candidate) is { } registration)
            {
                return new ProviderScheme(
                    scheme, handler, own, candidate, registration.OwnsCookie, registration.Source(services));
            }
        }

        throw new InvalidOperationException(
            $"The users of the OpenID Connect scheme '{scheme}' are not kept in sessions. Call AddSactSession() or AddSactTicketStore() on "
            + "the same authentication builder, and make its scheme the SignInScheme or the default scheme. Or set "
            + "SactOpenIdConnectOptions.SessionScheme to its name.");
    }
}
