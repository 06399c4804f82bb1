namespace Sact.Session;

/// <summary>
/// All authentication schemes of an application that keep their users in sessions. It checks them when the application starts.
/// </summary>
internal sealed class AuthenticationRegistry(IEnumerable<AuthenticationRegistration> registrations)
{
    // A second AddSactSession of a scheme configures the same scheme. The last registration counts.
    private readonly AuthenticationRegistration[] _registrations =
        [.. registrations.Reverse().DistinctBy(static registration => registration.Scheme)];

    /// <exception cref="InvalidOperationException">A registration is missing, or two schemes use the same one.</exception>
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
            registration.Source(services);
            registration.HasStamps(services);
        }
    }

    /// <summary>The registrations whose sessions end when the security stamp of their user changes, each once.</summary>
    public IEnumerable<SessionSource> SourcesWithStamps(IServiceProvider services) => _registrations
        .Where(registration => registration.HasStamps(services))
        .Select(registration => registration.Source(services))
        .Distinct();
}
