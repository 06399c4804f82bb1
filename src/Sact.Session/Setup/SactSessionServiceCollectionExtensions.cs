using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers sessions.</summary>
public static class SactSessionServiceCollectionExtensions
{
    /// <summary>
    /// Registers sessions, kept in memory until a <c>Use…</c> of the builder chooses another store. Called again, it configures the same registration. Call <c>app.UseSactSession()</c> too.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options.</param>
    public static SactSessionBuilder AddSactSession(this IServiceCollection services, Action<SactSessionOptions>? configure = null) =>
        Add(services, Options.Options.DefaultName, configure);

    /// <summary>
    /// Registers sessions under a name, beside the unnamed ones: another store, another cookie. Reached as keyed service (<c>[FromKeyedServices(name)] ISession&lt;IGenericStore&gt;</c>), over its store's
    /// own type, and by <c>GetSactSession&lt;TStore&gt;(name)</c>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name: at least one character.</param>
    /// <param name="configure">Sets the options. Give <c>Cookie.Name</c> one of its own: two registrations with one cookie name are refused at start-up.</param>
    public static SactSessionBuilder AddSactSession(this IServiceCollection services, string name, Action<SactSessionOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(services, name, configure);
    }

    /// <summary>Registers sessions over a store that dependency injection makes, once; a store that is registered already is taken as it is.</summary>
    /// <typeparam name="TStore">The store's type. Its constructor may ask for services, <see cref="GenericStoreOptions"/> among them.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options.</param>
    public static SactSessionBuilder AddSactSession<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(
        this IServiceCollection services, Action<SactSessionOptions>? configure = null)
        where TStore : class, IGenericStore => services.AddSactSession(configure).UseStore<TStore>();

    /// <inheritdoc cref="AddSactSession{TStore}(IServiceCollection, Action{SactSessionOptions})"/>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name: at least one character.</param>
    /// <param name="configure">Sets the options. Give <c>Cookie.Name</c> one of its own.</param>
    public static SactSessionBuilder AddSactSession<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(
        this IServiceCollection services, string name, Action<SactSessionOptions>? configure = null)
        where TStore : class, IGenericStore => services.AddSactSession(name, configure).UseStore<TStore>();

    private static SactSessionBuilder Add(IServiceCollection services, string name, Action<SactSessionOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddHttpContextAccessor();
        services.TryAddSingleton<SessionPipeline>();
        services.TryAddSingleton<SessionRegistry>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SactSessionOptions>, SactSessionOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<SactSessionOptions>, SactSessionOptionsFromServices>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SessionStartup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ExpiredSessionCleanup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizationHandler, SessionRequirementHandler>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, AuthorizationStartup>());
        SessionRequirementResult.AddTo(services);
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Add(ListedSessionJson.Default));
        services.TryAddScoped(typeof(ISession<>), typeof(UnregisteredSession<>));
        services.TryAddScoped(typeof(Session<>), typeof(UnregisteredSession<>));
        var options = services.AddOptions<SactSessionOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
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
