using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// The builder of <c>AddSactSession()</c>: it chooses the store. Each store package adds its <c>Use…</c> method. The last call wins.
/// </summary>
public sealed class SactSessionBuilder
{
    private readonly SessionRegistration _registration;

    internal SactSessionBuilder(IServiceCollection services, SessionRegistration registration)
    {
        Services = services;
        _registration = registration;
    }

    /// <summary>The services of the application.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The name of the registration; empty for the unnamed one, which <see cref="ISactSession"/> means.</summary>
    public string Name => _registration.Name;

    /// <summary>
    /// Keeps sessions in the memory of this process (the default). They end with the process, and other nodes do not see them.
    /// </summary>
    /// <param name="configure">
    /// Sets the options of the store. Null: the <see cref="MemoryStore"/> that the application has registered, or else the defaults.
    /// </param>
    /// <returns>The builder, for further calls.</returns>
    /// <example><code>builder.Services.AddSactSession().UseMemory(o => o.MaxBytes = 256 * 1024 * 1024);</code></example>
    public SactSessionBuilder UseMemory(Action<MemoryStoreOptions>? configure = null)
    {
        if (configure is null && Registered<MemoryStore>() is { } known)
        {
            return Take<MemoryStore>(known);
        }

        return UseMemory((_, options) => configure?.Invoke(options));
    }

    /// <summary>Keeps sessions in the memory of this process, with options that need services of the application.</summary>
    /// <param name="configure">Sets the options of the store. It can resolve singletons.</param>
    /// <returns>The builder, for further calls.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddSactSession().UseMemory((services, o) => o.MaxBytes = services.GetRequiredService&lt;Limits>().SessionBytes);
    /// </code>
    /// </example>
    public SactSessionBuilder UseMemory(Action<IServiceProvider, MemoryStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return UseStore(services => new MemoryStore(CreateOptions(services, configure)));
    }

    /// <summary>
    /// Keeps sessions in a store that a function creates, once. The application disposes of it.
    /// If the application injects the store as more
    /// than one type (its type and <see cref="IGenericStore"/>), its <c>Dispose</c> is called once for each.
    /// </summary>
    /// <typeparam name="TStore">The type of the store, for <c>ISession&lt;TStore&gt;</c>.</typeparam>
    /// <param name="create">Creates the store.</param>
    /// <returns>The builder, for further calls.</returns>
    /// <remarks>
    /// Create its options with <see cref="CreateOptions{TOptions}"/>, which sets the prefix, the clock and the log of the application.
    /// </remarks>
    /// <example>
    /// <code>
    /// var sessions = builder.Services.AddSactSession();
    /// sessions.UseStore(services => new MyStore(sessions.CreateOptions&lt;MyStoreOptions>(services)));
    /// </code>
    /// </example>
    public SactSessionBuilder UseStore<TStore>(Func<IServiceProvider, TStore> create)
        where TStore : class, IGenericStore
    {
        ArgumentNullException.ThrowIfNull(create);
        SessionServiceRegistrar.Choose(Services, _registration, create, ownsStore: true);
        return this;
    }

    /// <summary>
    /// Keeps sessions in a store that dependency injection creates, once. If the application has registered the store, that one is used and
    /// is not disposed of here.
    /// </summary>
    /// <typeparam name="TStore">
    /// The type of the store: a class that is not abstract, or an abstract type that the application has registered.
    /// Its constructor may have
    /// services as parameters, and <see cref="GenericStoreOptions"/> with the clock, the log and the prefix of this registration.
    /// </typeparam>
    /// <returns>The builder, for further calls.</returns>
    /// <exception cref="ArgumentException">
    /// <typeparamref name="TStore"/> is <see cref="IGenericStore"/>, or an abstract type that is not registered: it cannot be created.
    /// </exception>
    /// <example><code>builder.Services.AddSactSession().UseStore&lt;MyStore&gt;();</code></example>
    public SactSessionBuilder UseStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>()
        where TStore : class, IGenericStore
    {
        var known = Registered<TStore>();
        if (typeof(TStore) == typeof(IGenericStore) || (typeof(TStore).IsAbstract && known is null))
        {
            throw new ArgumentException(
                $"The store type {typeof(TStore).Name} cannot be created, because it is an interface or an abstract class. "
                + "Pass the class of your store: UseStore<MyStore>() or AddSactSession<MyStore>(). "
                + "Or call UseMemory(), or the Use… of a store package.",
                nameof(TStore));
        }

        return known is not null
            ? Take<TStore>(known)
            : UseStore(Create<TStore>);
    }

    /// <summary>Adds an observer of the sessions of this registration. Call it once for each observer.</summary>
    /// <typeparam name="TObserver">Its class. Dependency injection creates one object of it.</typeparam>
    /// <returns>The builder, for further calls.</returns>
    /// <example><code>builder.Services.AddSactSession().AddObserver&lt;Audit>();</code></example>
    public SactSessionBuilder AddObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>()
        where TObserver : class, ISessionObserver
    {
        Services.AddKeyedSingleton<ISessionObserver, TObserver>(Name);
        return this;
    }

    /// <summary>
    /// Creates the options of a store, for the <c>Use…</c> method of a store package. What the application has configured with
    /// <c>Configure&lt;TOptions>()</c> applies, under the name of the registration.
    /// </summary>
    /// <remarks>
    /// The order: <see cref="Fill{TOptions}"/>, <c>Configure</c>, then <paramref name="configure"/>, <c>PostConfigure</c>, <c>Validate</c>.
    /// </remarks>
    /// <typeparam name="TOptions">The type of the options. It has a constructor without parameters.</typeparam>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">What the application passed to the <c>Use…</c> method; null for nothing.</param>
    /// <returns>The options.</returns>
    /// <exception cref="OptionsValidationException">The options break a rule of the application.</exception>
    /// <example><code>builder.UseStore(services => new MyStore(builder.CreateOptions(services, configure)));</code></example>
    public TOptions CreateOptions<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        IServiceProvider services, Action<IServiceProvider, TOptions>? configure = null)
        where TOptions : GenericStoreOptions
    {
        ArgumentNullException.ThrowIfNull(services);
        return new OptionsFactory<TOptions>(
            [
                new ConfigureNamedOptions<TOptions>(Name, options => Fill(services, options)),
                .. services.GetServices<IConfigureOptions<TOptions>>(),
                new ConfigureNamedOptions<TOptions>(Name, options => configure?.Invoke(services, options)),
            ],
            services.GetServices<IPostConfigureOptions<TOptions>>(),
            services.GetServices<IValidateOptions<TOptions>>()).Create(Name);
    }

    /// <summary>
    /// Completes the options of a store. <see cref="CreateOptions{TOptions}"/> calls it before the application's configuration.
    /// It sets the clock and the log from dependency injection, if they are null, and the prefix.
    /// </summary>
    /// <remarks>
    /// A prefix that is not set becomes the name of the application, so that two applications over one database do not accept each other's
    /// ids. A named registration gets a prefix of its own, for the same reason. The memory store keeps <c>session</c>.
    /// </remarks>
    /// <typeparam name="TOptions">The type of the options.</typeparam>
    /// <param name="services">The services of the application.</param>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public TOptions Fill<TOptions>(IServiceProvider services, TOptions options)
        where TOptions : GenericStoreOptions
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.TimeProvider ??= services.GetService<TimeProvider>();
        options.LoggerFactory ??= services.GetService<ILoggerFactory>();
        bool takesName = !options.IsPrefixChosen && options is not MemoryStoreOptions;
        if (takesName && StorePrefix.Of(services, Name) is { } prefix)
        {
            options.Prefix = prefix;
        }
        else if (Name.Length > 0)
        {
            options.Prefix = StorePrefix.Extend(options.Prefix, Name);
        }

        return options;
    }

    /// <summary>How the application registered the type of a store; null if it did not.</summary>
    private ServiceDescriptor? Registered<TStore>() =>
        Services.Any(static service => service.ServiceType == typeof(SessionServiceRegistrar.Forwarded<TStore>))
            ? null
            : Services.LastOrDefault(static service => service.ServiceType == typeof(TStore) && !service.IsKeyedService);

    private TStore Create<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(IServiceProvider services)
        where TStore : class, IGenericStore
    {
        var provider = new WithOptions(services, this);
        try
        {
            return ActivatorUtilities.CreateInstance<TStore>(provider);
        }
        catch (InvalidOperationException fault)
            when (provider.Missing is { } missing && fault.Message.Contains($"'{missing}'", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(
                $"The store {typeof(TStore).Name} cannot be created, because its constructor has a parameter of type {missing.Name}, which "
                + "is not registered. A constructor may have registered services, and GenericStoreOptions with prefix, clock and log. For "
                + "options of a store, derive their class from GenericStoreOptions and create them with CreateOptions: "
                + "sessions.UseStore(services => new MyStore(sessions.CreateOptions<MyStoreOptions>(services))), where sessions is what "
                + "AddSactSession() returned.",
                fault);
        }
    }

    private SactSessionBuilder Take<TStore>(ServiceDescriptor known)
        where TStore : class, IGenericStore
    {
        SessionServiceRegistrar.Choose(
            Services,
            _registration,
            static services => services.GetRequiredService<TStore>(),
            ownsStore: false,
            known.ImplementationInstance as TStore);
        return this;
    }

    /// <summary>Dependency injection with the store options of this registration.</summary>
    private sealed class WithOptions(IServiceProvider services, SactSessionBuilder builder) : IServiceProvider
    {
        /// <summary>The last type that was not found.</summary>
        public Type? Missing { get; private set; }

        public object? GetService(Type serviceType)
        {
            object? service = services.GetService(serviceType)
                ?? (serviceType == typeof(GenericStoreOptions) ? builder.CreateOptions<GenericStoreOptions>(services)
                    : serviceType == typeof(MemoryStoreOptions) ? builder.CreateOptions<MemoryStoreOptions>(services)
                    : null);
            if (service is null)
            {
                Missing = serviceType;
            }

            return service;
        }
    }
}
