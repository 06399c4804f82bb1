using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

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
    /// <param name="configure">Sets the store's options; null to take a <see cref="MemoryStore"/> that the application has registered, or else the defaults.</param>
    public SactSessionBuilder UseMemory(Action<MemoryStoreOptions>? configure = null)
    {
        if (configure is null && Registered<MemoryStore>() is { } known)
        {
            return Take<MemoryStore>(known);
        }

        return UseStore(services =>
        {
            var options = Fill(services, new MemoryStoreOptions());
            configure?.Invoke(options);
            return new MemoryStore(options);
        });
    }

    /// <summary>Keeps sessions in a store that is made by a function, once; it is disposed of with the application. Where the application asks dependency injection for it under
    /// more than one type (its own, and <see cref="IGenericStore"/>), its <c>Dispose</c> is called once for each.</summary>
    /// <typeparam name="TStore">The store's type, which <c>ISession&lt;TStore&gt;</c> can be injected over.</typeparam>
    /// <param name="create">Makes the store.</param>
    public SactSessionBuilder UseStore<TStore>(Func<IServiceProvider, TStore> create)
        where TStore : class, IGenericStore
    {
        ArgumentNullException.ThrowIfNull(create);
        SessionServiceRegistrar.Choose(Services, _registration, create, ownsStore: true);
        return this;
    }

    /// <summary>Keeps sessions in a store that dependency injection makes, once; a store that is registered already is taken as it is, and not disposed of here.</summary>
    /// <typeparam name="TStore">The store's type. Its constructor may ask for services, and for <see cref="GenericStoreOptions"/>, which carry clock, log and the registration's prefix.</typeparam>
    public SactSessionBuilder UseStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>()
        where TStore : class, IGenericStore => Registered<TStore>() is { } known
            ? Take<TStore>(known)
            : UseStore(services => ActivatorUtilities.CreateInstance<TStore>(new WithOptions(services, this)));

    /// <summary>
    /// Gives a store's new options what they do not have yet: the clock and the log of dependency injection, and in a named registration a prefix of its own, <c>session.{name}</c>, so that two
    /// registrations over one database do not accept each other's ids. For the <c>Use…</c> of a store package, before it calls the application's own configuration.
    /// </summary>
    /// <typeparam name="TOptions">The options' type.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="options">The options.</param>
    public TOptions Fill<TOptions>(IServiceProvider services, TOptions options)
        where TOptions : GenericStoreOptions
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.TimeProvider ??= services.GetService<TimeProvider>();
        options.LoggerFactory ??= services.GetService<ILoggerFactory>();
        if (Name.Length > 0)
        {
            string own = $"{options.Prefix}.{Name.ToLowerInvariant()}";
            options.Prefix = SessionKey.IsValidPrefix(own) ? own : options.Prefix;
        }

        return options;
    }

    /// <summary>How the application registered a store's type, if it did.</summary>
    private ServiceDescriptor? Registered<TStore>() =>
        Services.Any(static service => service.ServiceType == typeof(SessionServiceRegistrar.Forwarded<TStore>))
            ? null
            : Services.LastOrDefault(static service => service.ServiceType == typeof(TStore) && !service.IsKeyedService);

    private SactSessionBuilder Take<TStore>(ServiceDescriptor known)
        where TStore : class, IGenericStore
    {
        SessionServiceRegistrar.Choose(
            Services, _registration, static services => services.GetRequiredService<TStore>(), ownsStore: false, known.ImplementationInstance as TStore);
        return this;
    }

    /// <summary>Dependency injection with a registration's own store options.</summary>
    private sealed class WithOptions(IServiceProvider services, SactSessionBuilder builder) : IServiceProvider
    {
        public object? GetService(Type serviceType) => services.GetService(serviceType)
            ?? (serviceType == typeof(GenericStoreOptions) ? builder.Fill(services, new GenericStoreOptions())
                : serviceType == typeof(MemoryStoreOptions) ? builder.Fill(services, new MemoryStoreOptions())
                : null);
    }
}
