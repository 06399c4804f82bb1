using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sact.Session;

/// <summary>One <c>AddSactSession</c>: its name, and the store that was chosen last. Lives in the service collection; what it makes lives in the provider (<see cref="SessionSource"/>).</summary>
internal sealed class SessionRegistration(string name)
{
    public string Name { get; } = name;

    public Type StoreType { get; private set; } = typeof(MemoryStore);

    public Func<IServiceProvider, IGenericStore> CreateStore { get; private set; } = static _ => new MemoryStore();

    public Func<HttpContext, IGenericStore, SactSessionOptions, ISession<IGenericStore>> CreateSession { get; private set; } = Create<MemoryStore>;

    /// <summary>Whether the store is this registration's to dispose of; one that the application registered is not.</summary>
    public bool OwnsStore { get; private set; } = true;

    public void Choose<TStore>(IServiceCollection services, Func<IServiceProvider, TStore> create, bool ownsStore, IGenericStore? instance)
        where TStore : class, IGenericStore
    {
        OwnsStore = ownsStore;
        ForwardGeneral(services, instance);
        StoreType = typeof(TStore);
        CreateStore = create;
        CreateSession = Create<TStore>;

        // Which registration a type means is found out when it is asked for: a later Use… may have chosen another store.
        services.TryAddScoped<ISession<TStore>>(static provider => (ISession<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore)).OfCurrentRequest(provider));
        services.TryAddScoped<Session<TStore>>(static provider => (Session<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore)).OfCurrentRequest(provider));
        if (!services.Any(static service => service.ServiceType == typeof(TStore) && !service.IsKeyedService))
        {
            services.AddSingleton(static provider => (TStore)SessionRegistry.Of(provider).Find(typeof(TStore)).Store);
            services.AddSingleton<Forwarded<TStore>>();
        }

        if (Name.Length > 0)
        {
            services.TryAddKeyedScoped<ISession<TStore>>(Name, static (provider, key) => (ISession<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore), (string)key!).OfCurrentRequest(provider));
            services.TryAddKeyedScoped<Session<TStore>>(Name, static (provider, key) => (Session<TStore>)SessionRegistry.Of(provider).Find(typeof(TStore), (string)key!).OfCurrentRequest(provider));
            services.TryAddKeyedSingleton(Name, static (provider, key) => (TStore)SessionRegistry.Of(provider).Find(typeof(TStore), (string)key!).Store);
        }
    }

    /// <summary>
    /// What is asked for without knowing the store. A store that the application registered as an object is handed on as an object: dependency injection disposes of what a function returned to
    /// it, and this one is not its own.
    /// </summary>
    private void ForwardGeneral(IServiceCollection services, IGenericStore? instance)
    {
        if (Name.Length == 0)
        {
            services.Replace(instance is not null
                ? ServiceDescriptor.Singleton(instance)
                : ServiceDescriptor.Singleton(static provider => SessionRegistry.Of(provider).Find(typeof(IGenericStore)).Store));
            return;
        }

        services.RemoveAllKeyed<IGenericStore>(Name);
        services.Add(instance is not null
            ? ServiceDescriptor.KeyedSingleton(Name, instance)
            : ServiceDescriptor.KeyedSingleton(Name, static (provider, key) => SessionRegistry.Of(provider).Find(typeof(IGenericStore), (string)key!).Store));
    }

    private static Session<TStore> Create<TStore>(HttpContext context, IGenericStore store, SactSessionOptions options)
        where TStore : class, IGenericStore => new(context.Request, context.Response, (TStore)store, options);

    /// <summary>Marks that a store's own type leads to a registration, and was not registered by the application.</summary>
    public sealed class Forwarded<TStore>;
}
