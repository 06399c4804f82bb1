using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// All authentication schemes of an application that keep their users in sessions. It checks them when the application starts.
/// </summary>
internal sealed class AuthenticationRegistry(IEnumerable<AuthenticationRegistration> registrations)
{
    // A second AddSactSession of a scheme configures the same scheme. The last registration counts.
    private readonly AuthenticationRegistration[] _registrations =
        [.. registrations.Reverse().DistinctBy(static registration => registration.Scheme)];

    /// <summary>Whether the application has ASP.NET Core Identity. It always registers this service, and nobody else does.</summary>
    public static bool HasIdentity(IServiceProvider services) =>
        services.GetService<IServiceProviderIsService>()?.IsService(typeof(IdentityErrorDescriber)) == true;

    /// <exception cref="InvalidOperationException">
    /// A registration is missing, two schemes use the same one, or a scheme reads other claims than Identity writes.
    /// </exception>
    public void Check(IServiceProvider services)
    {
        var shared = _registrations
            .Where(static registration => registration.OwnsCookie)
            .GroupBy(registration => registration.Source(services))
            .FirstOrDefault(static group => group.Count() > 1);
        if (shared is not null)
        {
            var names = shared.Select(static registration => registration.Scheme).Order(StringComparer.Ordinal);
            string schemes = string.Join("' and '", names);
            throw new InvalidOperationException(
                $"Schemes '{schemes}' use one registration of sessions. A sign-in to one would sign out of the other. Give each scheme a "
                + "registration: builder.Services.AddSactSession(\"name\", o => o.Cookie.Name = \"__Host-…\") and "
                + "AddSactSession<TStore>(\"scheme\", o => o.SessionName = \"name\").");
        }

        foreach (var registration in _registrations)
        {
            var source = registration.Source(services);
            ThrowIfIdentityDiffers(services, registration.Scheme, registration.Claims(services));
            if (registration.Options?.Invoke(services) is { } options)
            {
                WarnIfSessionsEndEarlier(registration.Scheme, options, source);
            }
        }
    }

    /// <summary>The registration of a scheme; null if the scheme keeps no sessions.</summary>
    public AuthenticationRegistration? Find(string scheme) =>
        Array.Find(_registrations, registration => registration.Scheme == scheme);

    /// <summary>The registrations whose sessions end when the security stamp of their user changes, each once.</summary>
    public IEnumerable<SessionSource> SourcesWithStamps(IServiceProvider services) => _registrations
        .Where(registration => registration.HasStamps(services))
        .Select(registration => registration.Source(services))
        .Distinct();

    /// <summary>Whoever has set a lifetime expects it. The default of the framework was set by nobody.</summary>
    private static void WarnIfSessionsEndEarlier(string scheme, CookieAuthenticationOptions options, SessionSource source)
    {
        var lifetime = options.ExpireTimeSpan;

        // A lifetime that does not slide is the longest one in all. The idle timeout is then another limit beside it.
        var (option, limit) = options.SlidingExpiration
            ? (nameof(SactSessionOptions.IdleTimeout), source.Options.IdleTimeout)
            : (nameof(SactSessionOptions.AbsoluteTimeout), source.Options.AbsoluteTimeout);
        if (lifetime > limit && lifetime != new CookieAuthenticationOptions().ExpireTimeSpan)
        {
            AuthenticationLog.ExpiresEarlier(source.Services.Telemetry.Log, scheme, lifetime, option, limit);
        }
    }

    /// <summary>
    /// Identity knows its users by their id and reports a changed stamp under it. Sessions under another id, or without the stamp, would
    /// survive a password reset.
    /// </summary>
    private static void ThrowIfIdentityDiffers(IServiceProvider services, string scheme, UserClaims claims)
    {
        if (claims.SecurityStamp is null || !HasIdentity(services))
        {
            return;
        }

        var identity = services.GetRequiredService<IOptions<IdentityOptions>>().Value.ClaimsIdentity;
        ThrowIfDifferent("UserIdClaimType", claims.UserId, identity.UserIdClaimType);
        ThrowIfDifferent("SecurityStampClaimType", claims.SecurityStamp, identity.SecurityStampClaimType);

        void ThrowIfDifferent(string option, string ours, string theirs)
        {
            if (ours != theirs)
            {
                throw new InvalidOperationException(
                    $"Scheme '{scheme}' has the {option} '{ours}', and IdentityOptions.ClaimsIdentity has '{theirs}'. A new password would "
                    + "not end the sessions of its user. Set both to the same claim. "
                    + "If the users of the scheme are not those of Identity, set SecurityStampClaimType = null for the scheme.");
            }
        }
    }
}
