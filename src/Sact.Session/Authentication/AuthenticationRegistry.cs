using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>One authentication scheme that keeps its users in a registration of sessions.</summary>
/// <param name="Scheme">The scheme's name.</param>
/// <param name="OwnsCookie">Whether the session's own cookie is the scheme's; false for the tickets of a cookie scheme.</param>
/// <param name="Source">Finds the registration; throws what mends it.</param>
/// <param name="HasStamps">Whether its sessions end when their user's security stamp changes.</param>
internal sealed record AuthenticationRegistration(string Scheme, bool OwnsCookie, Func<IServiceProvider, SessionSource> Source, Func<IServiceProvider, bool> HasStamps);

/// <summary>All such schemes of an application, checked when it starts.</summary>
internal sealed class AuthenticationRegistry(IEnumerable<AuthenticationRegistration> registrations)
{
    // Called again for a scheme, AddSactSession configures the same one.
    private readonly AuthenticationRegistration[] _registrations = [.. registrations.Reverse().DistinctBy(static registration => registration.Scheme)];

    /// <exception cref="InvalidOperationException">A registration is missing, or two schemes stand on one.</exception>
    public void Check(IServiceProvider services)
    {
        var shared = _registrations.Where(static registration => registration.OwnsCookie).GroupBy(registration => registration.Source(services)).FirstOrDefault(static group => group.Count() > 1);
        if (shared is not null)
        {
            string schemes = string.Join("' and '", shared.Select(static registration => registration.Scheme).Order(StringComparer.Ordinal));
            throw new InvalidOperationException(
                $"Schemes '{schemes}' stand on one registration of sessions, so signing in to one would sign out of the other. Give each its own: builder.Services.AddSactSession(\"name\", o => o.Cookie.Name = \"__Host-…\") and AddSactSession<TStore>(\"scheme\", o => o.SessionName = \"name\").");
        }

        foreach (var registration in _registrations)
        {
            registration.Source(services);
            registration.HasStamps(services);
        }
    }

    /// <summary>The registrations whose sessions end with their user's security stamp, each once.</summary>
    public IEnumerable<SessionSource> SourcesWithStamps(IServiceProvider services) =>
        _registrations.Where(registration => registration.HasStamps(services)).Select(registration => registration.Source(services)).Distinct();
}
