using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>All registrations of an application: finds the one that a store type or a name means.</summary>
internal sealed class SessionRegistry : IAsyncDisposable, IDisposable
{
    // Whose application a request is of, without the scope of services that asking the request's own would make: a request that only reads its session needs none.
    private static readonly ConditionalWeakTable<IServiceScopeFactory, SessionRegistry> s_applications = [];

    private readonly SessionSource[] _sources;
    private readonly IServiceScopeFactory? _scopes;
    private readonly ConcurrentDictionary<Type, SessionSource> _ofType = new();
    private readonly ConcurrentDictionary<(Type StoreType, string Name), SessionSource> _named = new();
    private bool _checked;

    public SessionRegistry(IEnumerable<SessionRegistration> registrations, IServiceProvider services)
    {
        _sources = [.. registrations.Select(registration => new SessionSource(registration, this, services))];
        _scopes = services.GetService<IServiceScopeFactory>();
        if (_scopes is not null)
        {
            s_applications.AddOrUpdate(_scopes, this);
        }
    }

    public IReadOnlyList<SessionSource> Sources => _sources;

    /// <summary>Whether <c>app.UseSactSession()</c> was called.</summary>
    public bool MiddlewareIsThere { get; set; }

    public static SessionRegistry Of(IServiceProvider? services) =>
        services?.GetService<SessionRegistry>() ?? throw new InvalidOperationException("No session is registered. Call builder.Services.AddSactSession().");

    /// <summary>The session of a request, in the registration that a store type or a name means.</summary>
    public static ISession<IGenericStore> SessionOf(HttpContext context, Type storeType, string? name)
    {
        // The first look at a request's services sets them up, and a context is not made for two at once.
        lock (context)
        {
            var registry = context is DefaultHttpContext { ServiceScopeFactory: { } scopes } && s_applications.TryGetValue(scopes, out var known) && context.Features[typeof(IServiceProvidersFeature)] is null
                ? known
                : Of(context.RequestServices);
            return registry.Find(storeType, name).OfLocked(context);
        }
    }

    public SessionSource Find(Type storeType, string? name = null) => name is null
        ? _ofType.TryGetValue(storeType, out var source) ? source : _ofType.GetOrAdd(storeType, Search(storeType, name))
        : _named.TryGetValue((storeType, name), out source) ? source : _named.GetOrAdd((storeType, name), Search(storeType, name));

    /// <summary>Makes the stores, so that one which cannot work at all says so at start-up.</summary>
    public void MakeStores()
    {
        // A store in memory is its own alone; any other may share its database with another registration.
        var shared = _sources
            .Where(static source => source.Store is GenericStore and not MemoryStore)
            .GroupBy(static source => (source.StoreType, ((GenericStore)source.Store).Prefix))
            .FirstOrDefault(static group => group.Count() > 1);
        if (shared is not null)
        {
            throw new InvalidOperationException(
                $"Two session registrations over {shared.Key.StoreType.Name} have one prefix, '{shared.Key.Prefix}', so each would accept the other's ids. Give each store its own GenericStoreOptions.Prefix.");
        }
    }

    /// <summary>Checks all options, and that no two registrations share a cookie.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option breaks its rule.</exception>
    /// <exception cref="InvalidOperationException">Two registrations have one cookie name.</exception>
    public void Check()
    {
        if (_checked)
        {
            return;
        }

        var shared = _sources.GroupBy(source => source.Options.Settings.Cookie.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (shared is not null)
        {
            string registrations = string.Join(" and ", shared.Select(source => source.Name.Length == 0 ? "the unnamed one" : $"'{source.Name}'"));
            throw new InvalidOperationException($"Two session registrations have one cookie name, '{shared.Key}': {registrations}. Give each its own: AddSactSession(name, o => o.Cookie.Name = \"__Host-…\").");
        }

        string[] names = [.. _sources.Select(static source => source.Options.Settings.Cookie.Name)];
        foreach (var source in _sources)
        {
            source.Options.Settings.Cookie.Taken = names;
        }

        _checked = true;
    }

    public void Dispose()
    {
        Leave();
        foreach (var source in _sources)
        {
            source.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Leave();
        foreach (var source in _sources)
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Leave()
    {
        if (_scopes is not null)
        {
            s_applications.Remove(_scopes);
        }
    }

    private SessionSource Search(Type storeType, string? name)
    {
        Check();
        var candidates = _sources.Where(source => storeType.IsAssignableFrom(source.StoreType)).ToArray();
        if (name is not null)
        {
            return Array.Find(candidates, source => source.Name == name)
                ?? throw new InvalidOperationException($"No session named '{name}' is registered over {storeType.Name}. Call builder.Services.AddSactSession(\"{name}\") and choose that store, or ask for another. {Registered()}");
        }

        // The general type means the unnamed registration; a store's own type means the only one over it.
        if (Array.Find(candidates, source => source.Name.Length == 0) is { } unnamed)
        {
            return unnamed;
        }

        return candidates.Length == 1 && storeType == candidates[0].StoreType
            ? candidates[0]
            : throw new InvalidOperationException(candidates.Length == 0 || storeType != candidates[0].StoreType
                ? $"No session is registered over {storeType.Name}. {Registered()}"
                : $"Several sessions are registered over {storeType.Name}. Inject one by its name, with [FromKeyedServices(\"…\")]. {Registered()}");
    }

    private string Registered() => _sources.Length == 0
        ? "Call builder.Services.AddSactSession()."
        : "Inject " + string.Join(", or ", _sources.Select(source => source.Name.Length == 0
            ? $"ISession<IGenericStore> or ISession<{source.StoreType.Name}>"
            : $"[FromKeyedServices(\"{source.Name}\")] ISession<{source.StoreType.Name}>")) + ".";
}
