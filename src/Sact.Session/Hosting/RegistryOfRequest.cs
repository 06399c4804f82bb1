using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Finds the registry of a request without creating the request's scope of services: a request that only reads its session needs none.
/// </summary>
internal static class RegistryOfRequest
{
    private static readonly ConditionalWeakTable<IServiceScopeFactory, SessionRegistry> s_registries = [];

    public static void Remember(IServiceScopeFactory scopes, SessionRegistry registry) => s_registries.AddOrUpdate(scopes, registry);

    public static void Forget(IServiceScopeFactory scopes) => s_registries.Remove(scopes);

    /// <summary>The registry; null where the request's services have to be used. The caller holds the lock of the request.</summary>
    public static SessionRegistry? Find(HttpContext context) =>
        context is DefaultHttpContext { ServiceScopeFactory: { } scopes }
        && s_registries.TryGetValue(scopes, out var registry)
        && context.Features[typeof(IServiceProvidersFeature)] is null
            ? registry
            : null;
}
