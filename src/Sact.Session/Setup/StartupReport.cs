using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// Logs at the start what each registration uses, and warns of users in memory outside of development. It runs after the stores were
/// created.
/// </summary>
internal sealed class StartupReport(
    SessionRegistry registry, IEnumerable<AuthenticationRegistration> schemes, IServiceProvider services) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var withUsers = schemes.Select(scheme => scheme.Source(services)).ToHashSet();
        bool isDevelopment = services.GetService<IHostEnvironment>()?.IsDevelopment() != false;
        bool hasIdentity = AuthenticationRegistry.HasIdentity(services);
        foreach (var source in registry.Sources)
        {
            var log = source.Services.Telemetry.Log;
            string registration = source.Name.Length == 0 ? "unnamed" : $"'{source.Name}'";
            string prefix = source.Store is GenericStore store ? store.Prefix : "(unknown)";
            SetupLog.Started(log, registration, NameOf(source.Store.GetType()), prefix, source.Services.Cookies.Name);
            if (source.Options.Profile is { } profile)
            {
                SetupLog.FollowsProfile(log, registration, profile, ProfileRule.Sheet(source.Options, profile));
            }

            if (!isDevelopment && source.Store is MemoryStore && (hasIdentity || withUsers.Contains(source)))
            {
                SetupLog.MemoryOutsideDevelopment(log, registration);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;
}
