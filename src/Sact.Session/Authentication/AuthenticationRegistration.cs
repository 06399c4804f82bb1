namespace Sact.Session;

/// <summary>One authentication scheme that keeps its users in a registration of sessions.</summary>
/// <param name="Scheme">The name of the scheme.</param>
/// <param name="OwnsCookie">Whether the scheme uses the session's cookie; false for the tickets of a cookie scheme.</param>
/// <param name="Source">Finds the registration. If there is none, it throws an exception that says how to fix it.</param>
/// <param name="HasStamps">Whether its sessions end when the security stamp of their user changes.</param>
internal sealed record AuthenticationRegistration(
    string Scheme, bool OwnsCookie, Func<IServiceProvider, SessionSource> Source, Func<IServiceProvider, bool> HasStamps);
