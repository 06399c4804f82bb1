using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers sessions.</summary>
public static class SactSessionServiceCollectionExtensions
{
    /// <summary>
    /// Registers sessions. They are kept in memory until a <c>Use…</c> method of the builder chooses another store.
    /// A further call configures the same registration. Also call <c>app.UseSactSession()</c>.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets the options; null keeps the defaults. They are validated at start-up.</param>
    /// <returns>The builder, which chooses the store.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddSactSession(o => o.IdleTimeout = TimeSpan.FromHours(1)).UseSqlite("Data Source=app.db");
    /// </code>
    /// </example>
    public static SactSessionBuilder AddSactSession(this IServiceCollection services, Action<SactSessionOptions>? configure = null) =>
        Add(services, Options.Options.DefaultName, With(configure));

    /// <summary>Registers sessions, with options that need services of the application.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets the options. It can resolve singletons. It runs once, when the options are first needed.</param>
    /// <returns>The builder, which chooses the store.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddSactSession((services, o) => o.MaxSessionsPerUser = services.GetRequiredService&lt;Licence>().Devices);
    /// </code>
    /// </example>
    public static SactSessionBuilder AddSactSession(
        this IServiceCollection services, Action<IServiceProvider, SactSessionOptions> configure) =>
        Add(services, Options.Options.DefaultName, With(configure));

    /// <summary>
    /// Registers sessions, with options from a section of the configuration. The keys are the names of the options, and those of
    /// <c>Cookie</c> are in a section of that name. It needs no reflection.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configuration">
    /// The section. A key that is no option, or a value that is not valid, is an <see cref="OptionsValidationException"/> at start-up.
    /// </param>
    /// <param name="configure">Sets further options, after those of the section.</param>
    /// <returns>The builder, which chooses the store.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="configuration"/> is null.</exception>
    /// <example>
    /// <code>builder.Services.AddSactSession(builder.Configuration.GetSection("Sessions")).UseRedis();</code>
    /// </example>
    public static SactSessionBuilder AddSactSession(
        this IServiceCollection services, IConfiguration configuration, Action<SactSessionOptions>? configure = null) =>
        Add(services, Options.Options.DefaultName, From(configuration, Options.Options.DefaultName, configure));

    /// <summary>
    /// Registers sessions under a name, beside the unnamed ones: another store, another cookie. Inject them as a keyed service
    /// (<c>[FromKeyedServices(name)] ISactSession</c>) or by the type of their store, or call <c>GetSactSession(name)</c>.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name: at least one character.</param>
    /// <param name="configure">
    /// Sets the options. Set another <c>Cookie.Name</c>: with one cookie name for two registrations the application does not start.
    /// </param>
    /// <returns>The builder, which chooses the store.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <example>
    /// <code>builder.Services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin").UseMemory();</code>
    /// </example>
    public static SactSessionBuilder AddSactSession(
        this IServiceCollection services, string name, Action<SactSessionOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(services, name, With(configure));
    }

    /// <inheritdoc cref="AddSactSession(IServiceCollection, Action{IServiceProvider, SactSessionOptions})"/>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name: at least one character.</param>
    /// <param name="configure">Sets the options. Set another <c>Cookie.Name</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static SactSessionBuilder AddSactSession(
        this IServiceCollection services, string name, Action<IServiceProvider, SactSessionOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(services, name, With(configure));
    }

    /// <inheritdoc cref="AddSactSession(IServiceCollection, IConfiguration, Action{SactSessionOptions})"/>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name: at least one character.</param>
    /// <param name="configuration">The section. Set another <c>Cookie:Name</c>.</param>
    /// <param name="configure">Sets further options, after those of the section.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static SactSessionBuilder AddSactSession(
        this IServiceCollection services, string name, IConfiguration configuration, Action<SactSessionOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(services, name, From(configuration, name, configure));
    }

    /// <summary>
    /// Registers sessions over a store that dependency injection creates, once.
    /// If the application has registered the store, that one is used.
    /// </summary>
    /// <typeparam name="TStore">
    /// The type of the store: a class that is not abstract. Its constructor may have services as parameters, and
    /// <see cref="GenericStoreOptions"/>.
    /// </typeparam>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets the options; null keeps the defaults. They are validated at start-up.</param>
    /// <returns>The builder, for further calls.</returns>
    /// <exception cref="ArgumentException">
    /// <typeparamref name="TStore"/> is <see cref="IGenericStore"/>, or an abstract type that is not registered: it cannot be created.
    /// </exception>
    /// <example><code>builder.Services.AddSactSession&lt;MyStore&gt;();</code></example>
    public static SactSessionBuilder AddSactSession<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(
        this IServiceCollection services, Action<SactSessionOptions>? configure = null)
        where TStore : class, IGenericStore => services.AddSactSession(configure).UseStore<TStore>();

    /// <inheritdoc cref="AddSactSession{TStore}(IServiceCollection, Action{SactSessionOptions})"/>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name: at least one character.</param>
    /// <param name="configure">Sets the options. Set another <c>Cookie.Name</c>.</param>
    public static SactSessionBuilder AddSactSession<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(
        this IServiceCollection services, string name, Action<SactSessionOptions>? configure = null)
        where TStore : class, IGenericStore => services.AddSactSession(name, configure).UseStore<TStore>();

    private static Action<IServiceProvider, SactSessionOptions>? With(Action<SactSessionOptions>? configure) =>
        configure is null ? null : (_, options) => configure(options);

    private static Action<IServiceProvider, SactSessionOptions> With(Action<IServiceProvider, SactSessionOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return configure;
    }

    private static Action<IServiceProvider, SactSessionOptions> From(
        IConfiguration configuration, string name, Action<SactSessionOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return (_, options) =>
        {
            SactSessionOptionsSection.Apply(configuration, options, name);
            configure?.Invoke(options);
        };
    }

    private static SactSessionBuilder Add(
        IServiceCollection services, string name, Action<IServiceProvider, SactSessionOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddHttpContextAccessor();
        services.TryAddSingleton<SessionPipeline>();
        services.TryAddSingleton<SessionRegistry>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SactSessionOptions>, SactSessionOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<SactSessionOptions>, SactSessionOptionsFromServices>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SessionStartup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartupReport>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ExpiredSessionCleanup>());
        services.TryAddSingleton<SessionRouteNames>();
        services.TryAddSingleton<DashboardPolicy>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DashboardPolicy>(
            static provider => provider.GetRequiredService<DashboardPolicy>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IExceptionHandler, StoreFaultStatus>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeveloperPageExceptionFilter, StoreFaultStatus>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizationHandler, SessionRequirementHandler>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, AuthorizationStartup>());
        SessionRequirementResult.AddTo(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HubOptions>, HubFilterSetup>());
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Add(ListedSessionJson.Default));
        services.TryAddScoped(typeof(ISession<>), typeof(UnregisteredSession<>));
        services.TryAddScoped(typeof(Session<>), typeof(UnregisteredSession<>));
        var options = services.AddOptions<SactSessionOptions>(name);
        if (configure is not null)
        {
            options.Configure<IServiceProvider>((set, provider) => configure(provider, set));
        }

        var registration = services
            .Select(static service => service.IsKeyedService ? null : service.ImplementationInstance as SessionRegistration)
            .FirstOrDefault(registration => registration?.Name == name);
        if (registration is not null)
        {
            return new SactSessionBuilder(services, registration);
        }

        registration = new SessionRegistration(name);
        services.AddSingleton(registration);
        SessionServiceRegistrar.AddSessions(services, name);
        return new SactSessionBuilder(services, registration).UseMemory();
    }
}
