using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sact.Session;

/// <summary>Registers the services that an application injects: sessions and their stores.</summary>
internal static class SessionServiceRegistrar
{
    /// <summary>Registers the non-generic session and the session over <see cref="IGenericStore"/> of a registration.</summary>
    public static void AddSessions(IServiceCollection services, string name)
    {
        if (name.Length == 0)
        {
            services.AddScoped(static provider => (ISession<IGenericStore>)Facade(provider, typeof(IGenericStore), null));
            services.AddScoped(static provider => Facade(provider, typeof(IGenericStore), null));
            services.AddSingleton<ISessionAdministration>(static provider => Administration(provider, null));
        }
        else
        {
            services.AddKeyedScoped(
                name, static (provider, key) => (ISession<IGenericStore>)Facade(provider, typeof(IGenericStore), (string)key!));
            services.AddKeyedScoped(name, static (provider, key) => Facade(provider, typeof(IGenericStore), (string)key!));
            services.AddKeyedSingleton<ISessionAdministration>(name, static (provider, key) => Administration(provider, (string)key!));
        }
    }

    /// <summary>Chooses the store of a registration and registers the sessions over its type.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="registration">The registration.</param>
    /// <param name="create">Creates the store, or finds it.</param>
    /// <param name="ownsStore">Whether the registration creates it.</param>
    /// <param name="instance">The store, where the application has created it.</param>
    public static void Choose<TStore>(
        IServiceCollection services,
        SessionRegistration registration,
        Func<IServiceProvider, TStore> create,
        bool ownsStore,
        TStore? instance = null)
        where TStore : class, IGenericStore
    {
        registration.Choose(create, ownsStore);
        string name = registration.Name;
        ForwardGeneralStore(services, name, instance);

        // The request decides which registration a type means, because a later Use… may choose another store.
        services.TryAddScoped<ISession<TStore>>(static provider => (ISession<TStore>)Facade(provider, typeof(TStore), null));
        services.TryAddScoped<Session<TStore>>(static provider => (Session<TStore>)Facade(provider, typeof(TStore), null));
        if (!services.Any(static service => service.ServiceType == typeof(TStore) && !service.IsKeyedService))
        {
            services.AddSingleton(static provider => (TStore)Store(provider, typeof(TStore), null));
            services.AddSingleton<Forwarded<TStore>>();
        }

        if (name.Length > 0)
        {
            services.TryAddKeyedScoped<ISession<TStore>>(
                name, static (provider, key) => (ISession<TStore>)Facade(provider, typeof(TStore), (string)key!));
            services.TryAddKeyedScoped<Session<TStore>>(
                name, static (provider, key) => (Session<TStore>)Facade(provider, typeof(TStore), (string)key!));
            if (instance is not null)
            {
                services.TryAddKeyedSingleton(name, instance);
            }

            services.TryAddKeyedSingleton(name, static (provider, key) => (TStore)Store(provider, typeof(TStore), (string)key!));
        }
    }

    /// <summary>Registers what <see cref="IGenericStore"/> means, in place of what an earlier choice registered.</summary>
    /// <remarks>
    /// The container disposes of what a factory returns, so a store that the application has created is registered as an instance.
    /// </remarks>
    private static void ForwardGeneralStore(IServiceCollection services, string name, IGenericStore? instance)
    {
        var general = (name.Length, instance) switch
        {
            (0, null) => ServiceDescriptor.Singleton(static provider => Store(provider, typeof(IGenericStore), null)),
            (0, _) => ServiceDescriptor.Singleton(instance),
            (_, null) => ServiceDescriptor.KeyedSingleton(
                name, static (provider, key) => Store(provider, typeof(IGenericStore), (string)key!)),
            _ => ServiceDescriptor.KeyedSingleton(name, instance),
        };
        var earlier = services.Select(static service => service.IsKeyedService ? null : service.ImplementationInstance as GeneralStore)
            .FirstOrDefault(known => known?.Name == name);
        if (earlier is null)
        {
            services.Add(general);
            services.AddSingleton(new GeneralStore(name) { Descriptor = general });
            return;
        }

        int place = services.IndexOf(earlier.Descriptor);
        if (place < 0)
        {
            services.Add(general);
        }
        else
        {
            services[place] = general;
        }

        earlier.Descriptor = general;
    }

    private static ISactSession Facade(IServiceProvider provider, Type storeType, string? name) =>
        SessionRegistry.Of(provider).Find(storeType, name).FacadeOfCurrentRequest(provider);

    private static SessionAdministration Administration(IServiceProvider provider, string? name)
    {
        var source = SessionRegistry.Of(provider).Find(typeof(IGenericStore), name);
        return new SessionAdministration(source.Store, source.Services);
    }

    private static IGenericStore Store(IServiceProvider provider, Type storeType, string? name) =>
        SessionRegistry.Of(provider).Find(storeType, name).StoreForContainer();

    /// <summary>Marks the type of a store that leads to a registration, because the application has not registered it.</summary>
    internal sealed class Forwarded<TStore>;

    /// <summary>Remembers which service descriptor forwards <see cref="IGenericStore"/> to a registration.</summary>
    private sealed class GeneralStore(string name)
    {
        public string Name { get; } = name;

        public required ServiceDescriptor Descriptor { get; set; }
    }
}
