using Microsoft.AspNetCore.Authentication.Cookies;

namespace Sact.Session;

/// <summary>One authentication scheme that keeps its users in a registration of sessions.</summary>
/// <param name="Scheme">The name of the scheme.</param>
/// <param name="Options">The options of a scheme that uses the session's cookie; null for the tickets of a cookie scheme.</param>
/// <param name="Source">Finds the registration. If there is none, it throws an exception that says how to fix it.</param>
/// <param name="Claims">The claims that carry the user id and the security stamp.</param>
internal sealed record AuthenticationRegistration(
    string Scheme,
    Func<IServiceProvider, CookieAuthenticationOptions>? Options,
    Func<IServiceProvider, SessionSource> Source,
    Func<IServiceProvider, UserClaims> Claims)
{
    /// <summary>Whether the scheme uses the session's cookie.</summary>
    public bool OwnsCookie => Options is not null;

    /// <summary>Whether its sessions end when the security stamp of their user changes.</summary>
    public bool HasStamps(IServiceProvider services) => Claims(services).SecurityStamp is not null;
}

/// <summary>The types of two claims.</summary>
/// <param name="UserId">The claim that carries the user id.</param>
/// <param name="SecurityStamp">The claim that carries the security stamp; null if the scheme ignores stamps.</param>
internal readonly record struct UserClaims(string UserId, string? SecurityStamp);
