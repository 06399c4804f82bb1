using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sact.Session;

/// <summary>One <c>AddSactSession</c>: its name, and the store that was chosen last. Lives in the service collection; what it makes lives in the provider (<see cref="SessionSource"/>).</summary>
internal sealed class SessionRegistration(string name)
{
    private ServiceDescriptor? _general;

    public string Name { get; } = name;

    public Type StoreType { get; private set; } = typeof(MemoryStore);

    public Func<IServiceProvider, IGenericStore> CreateStore { get; private set; } = static _ => new MemoryStore();

    public Func<SessionResponse, IGenericStore, SactSessionOptions, ISession<IGenericStore>> CreateSession { get; private set; } = Create<MemoryStore>;

    /// <summary>Whether the store is this registration's to dispose of; one that the application registered is not.</summary>
    public bool OwnsStore { get; private set; } = true;

    /// <param name="services">The application's services.</param>
    /// <param name="create">Makes the store, or finds it.</param>
    /// <param name="ownsStore">Whether it is made here.</param>
    /// <param name="instance">The very store, where the application has made it.</param>
    public void Choose<TStore>(IServiceCollection services, Func<IServiceProvider, TStore> create, bool ownsStore, TStore? instance = null)
        where TStore : class, IGenericStore
    {
        OwnsStore = ownsStore;
        StoreType = typeof(TStore);
        CreateStore = create;
        CreateSession = Create<TStore>;
        Forward(services, instance);

        // Which registration a type means is found out when it is asked for: a later Use… may have chosen another store.
        services.TryAddScoped<ISession<TStore>>(static provider => (ISession<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore)).OfCurrentRequest(provider));
        services.TryAddScoped<Session<TStore>>(static provider => (Session<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore)).OfCurrentRequest(provider));
        if (!services.Any(static service => service.ServiceType == typeof(TStore) && !service.IsKeyedService))
        {
            services.AddSingleton(static provider => (TStore)SessionRegistry.Of(provider).Find(typeof(TStore)).StoreOfContainer());
            services.AddSingleton<Forwarded<TStore>>();
        }

        if (Name.Length > 0)
        {
            services.TryAddKeyedScoped<ISession<TStore>>(Name, static (provider, key) => (ISession<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore), (string)key!).OfCurrentRequest(provider));
            services.TryAddKeyedScoped<Session<TStore>>(Name, static (provider, key) => (Session<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore), (string)key!).OfCurrentRequest(provider));
            if (instance is not null)
            {
                services.TryAddKeyedSingleton(Name, instance);
            }

            services.TryAddKeyedSingleton(Name, static (provider, key) => (TStore)SessionRegistry.Of(provider).Find(typeof(TStore), (string)key!).StoreOfContainer());
        }
    }

    /// <summary>What <see cref="IGenericStore"/> means. The container disposes of what comes out of a function, so a store that the application made is given as it is.</summary>
    private void Forward(IServiceCollection services, IGenericStore? instance)
    {
        var general = (Name.Length, instance) switch
        {
            (0, null) => ServiceDescriptor.Singleton(static provider => SessionRegistry.Of(provider).Find(typeof(IGenericStore)).StoreOfContainer()),
            (0, _) => ServiceDescriptor.Singleton(instance),
            (_, null) => ServiceDescriptor.KeyedSingleton(Name, static (provider, key) => SessionRegistry.Of(provider).Find(typeof(IGenericStore), (string)key!).StoreOfContainer()),
            _ => ServiceDescriptor.KeyedSingleton(Name, instance),
        };
        int place = _general is null ? -1 : services.IndexOf(_general);
        if (place < 0)
        {
            services.Add(general);
        }
        else
        {
            services[place] = general;
        }

        _general = general;
    }

    private static Session<TStore> Create<TStore>(SessionResponse response, IGenericStore store, SactSessionOptions options)
        where TStore : class, IGenericStore => new(response, (TStore)store, options);

    /// <summary>Marks that a store's own type leads to a registration, and was not registered by the application.</summary>
    public sealed class Forwarded<TStore>;
}
