using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sact.Session;

/// <summary>What <c>AddSactSession()</c> returns: chooses the store. Packages add their own <c>Use…</c> to it; the last one wins.</summary>
public sealed class SactSessionBuilder
{
    private readonly SessionRegistration _registration;

    internal SactSessionBuilder(IServiceCollection services, SessionRegistration registration)
    {
        Services = services;
        _registration = registration;
    }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The registration's name; empty for the unnamed one, which <c>ISession&lt;IGenericStore&gt;</c> means.</summary>
    public string Name => _registration.Name;

    /// <summary>Keeps sessions in the memory of this process (the default).</summary>
    /// <param name="configure">Sets the store's options.</param>
    public SactSessionBuilder UseMemory(Action<MemoryStoreOptions>? configure = null) => UseStore(services =>
    {
        var options = Filled(services, new MemoryStoreOptions());
        configure?.Invoke(options);
        return new MemoryStore(options);
    });

    /// <summary>Keeps sessions in a store that is made by a function, once; dependency injection disposes of it.</summary>
    /// <typeparam name="TStore">The store's type, which <c>ISession&lt;TStore&gt;</c> can be injected over.</typeparam>
    /// <param name="create">Makes the store.</param>
    public SactSessionBuilder UseStore<TStore>(Func<IServiceProvider, TStore> create)
        where TStore : class, IGenericStore
    {
        ArgumentNullException.ThrowIfNull(create);
        _registration.Choose(Services, create, ownsStore: true);
        return this;
    }

    /// <summary>Keeps sessions in a store that dependency injection makes, once; a store that is registered already is taken as it is.</summary>
    /// <typeparam name="TStore">The store's type. Its constructor may ask for services, <see cref="GenericStoreOptions"/> among them.</typeparam>
    public SactSessionBuilder UseStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>()
        where TStore : class, IGenericStore
    {
        Services.TryAddSingleton(static services => Filled(services, new GenericStoreOptions()));
        Services.TryAddSingleton(static services => Filled(services, new MemoryStoreOptions()));
        if (Services.LastOrDefault(static service => service.ServiceType == typeof(TStore) && !service.IsKeyedService) is { } theirs
            && !Services.Any(static service => service.ServiceType == typeof(SessionRegistration.Forwarded<TStore>)))
        {
            _registration.Choose(Services, static services => services.GetRequiredService<TStore>(), ownsStore: false, theirs.ImplementationInstance as TStore);
            return this;
        }

        return UseStore(static services => ActivatorUtilities.CreateInstance<TStore>(services));
    }

    /// <summary>Gives a store's options the clock and the log of dependency injection where they have none. For the <c>Use…</c> of a store package.</summary>
    /// <typeparam name="TOptions">The options' type.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="options">The options.</param>
    public static TOptions Filled<TOptions>(IServiceProvider services, TOptions options)
        where TOptions : GenericStoreOptions
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        if (options.TimeProvider is null && services.GetService<TimeProvider>() is { } clock)
        {
            options.TimeProvider = clock;
        }

        if (options.LoggerFactory is null && services.GetService<Microsoft.Extensions.Logging.ILoggerFactory>() is { } log)
        {
            options.LoggerFactory = log;
        }

        return options;
    }
}
