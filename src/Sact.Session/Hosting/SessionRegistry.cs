using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>All registrations of an application: finds a registration by the type of its store or by its name.</summary>
internal sealed class SessionRegistry(IEnumerable<SessionRegistration> registrations, SessionPipeline pipeline, IServiceProvider services)
    : IAsyncDisposable, IDisposable
{
    private readonly SessionSource[] _sources =
        [.. registrations.Select(registration => new SessionSource(registration, pipeline, services))];

    private readonly ConcurrentDictionary<(Type StoreType, string? Name), SessionSource> _found = new();
    private bool _isChecked;

    public IReadOnlyList<SessionSource> Sources => _sources;

    public bool IsDisposed { get; private set; }

    public static SessionRegistry Of(IServiceProvider? services) => services?.GetService<SessionRegistry>()
        ?? throw new InvalidOperationException("No session is registered. Call builder.Services.AddSactSession().");

    public SessionSource Find(Type storeType, string? name = null) =>
        _found.TryGetValue((storeType, name), out var source) ? source : _found.GetOrAdd((storeType, name), Search(storeType, name));

    /// <summary>Creates the stores, so that a store with invalid options reports it at start-up.</summary>
    /// <exception cref="InvalidOperationException">Two registrations share a prefix over one kind of store.</exception>
    public void CreateStores()
    {
        // A memory store belongs to one registration. Every other store may share its database with another registration.
        var shared = _sources
            .Where(static source => source.Store is GenericStore and not MemoryStore)
            .GroupBy(static source => (source.StoreType, ((GenericStore)source.Store).Prefix))
            .FirstOrDefault(static group => group.Count() > 1);
        if (shared is not null)
        {
            throw new InvalidOperationException(
                $"Two session registrations over {shared.Key.StoreType.Name} share the prefix '{shared.Key.Prefix}', "
                + "so each would accept the ids of the other. Set a different GenericStoreOptions.Prefix for each store.");
        }
    }

    /// <summary>Validates all options, and checks that no two registrations share a cookie.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option breaks its rule.</exception>
    /// <exception cref="InvalidOperationException">Two registrations share a cookie name.</exception>
    public void Check()
    {
        if (_isChecked)
        {
            return;
        }

        string[] names = [.. _sources.Select(static source => source.Services.Cookies.Name)];
        var shared = _sources
            .GroupBy(source => source.Services.Cookies.Name, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(group => group.Count() > 1);
        if (shared is not null)
        {
            string registrations = string.Join(
                " and ", shared.Select(static source => source.Name.Length == 0 ? "the unnamed one" : $"'{source.Name}'"));
            throw new InvalidOperationException(
                $"Two session registrations share the cookie name '{shared.Key}': {registrations}. "
                + "Set a different name for each: AddSactSession(name, o => o.Cookie.Name = \"__Host-…\").");
        }

        foreach (var source in _sources)
        {
            source.Services.Cookies.Taken = names;
        }

        _isChecked = true;
    }

    public void Dispose()
    {
        IsDisposed = true;
        foreach (var source in _sources)
        {
            source.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        IsDisposed = true;
        foreach (var source in _sources)
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }
    }

    private SessionSource Search(Type storeType, string? name)
    {
        Check();
        var candidates = _sources.Where(source => storeType.IsAssignableFrom(source.StoreType)).ToArray();
        if (name is not null)
        {
            return Array.Find(candidates, source => source.Name == name) ?? throw new InvalidOperationException(
                $"No session named '{name}' is registered over {storeType.Name}. "
                + $"Call builder.Services.AddSactSession(\"{name}\") and choose that store, or use another name. {Registered()}");
        }

        // The general type means the unnamed registration. The type of a store means the only registration over it.
        if (Array.Find(candidates, source => source.Name.Length == 0) is { } unnamed)
        {
            return unnamed;
        }

        if (candidates.Length == 0 || storeType != candidates[0].StoreType)
        {
            throw new InvalidOperationException($"No session is registered over {storeType.Name}. {Registered()}");
        }

        return candidates.Length == 1 ? candidates[0] : throw new InvalidOperationException(
            $"Several sessions are registered over {storeType.Name}. "
            + $"Inject one by its name, with [FromKeyedServices(\"…\")]. {Registered()}");
    }

    private string Registered() => _sources.Length == 0
        ? "Call builder.Services.AddSactSession()."
        : "Inject " + string.Join(", or ", _sources.Select(source => source.Name.Length == 0
            ? $"ISactSession or ISession<{source.StoreType.Name}>"
            : $"[FromKeyedServices(\"{source.Name}\")] ISession<{source.StoreType.Name}>")) + ".";
}
