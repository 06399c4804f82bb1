using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets <c>[Authorize]</c>, <c>SignInAsync</c> and ASP.NET Core Identity stand on sessions.</summary>
public static class SactSessionAuthenticationBuilderExtensions
{
    /// <summary>
    /// Adds the scheme <see cref="SactSessionDefaults.AuthenticationScheme"/> over the unnamed registration, so that <c>[Authorize]</c>,
    /// <c>SignInAsync</c> and <c>SignOutAsync</c> use the session.
    /// </summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="configure">Sets the options.</param>
    /// <example><code>builder.Services.AddAuthentication().AddSactSession();</code></example>
    public static AuthenticationBuilder AddSactSession(this AuthenticationBuilder builder, Action<SactSessionAuthenticationOptions>? configure = null) =>
        builder.AddSactSession<IGenericStore>(configure);

    /// <summary>Adds a scheme over the unnamed registration, or over the one that <see cref="SactSessionAuthenticationOptions.SessionName"/> names.</summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="authenticationScheme">The name of the scheme, such as <c>IdentityConstants.ApplicationScheme</c>.</param>
    /// <param name="configure">Sets the options.</param>
    public static AuthenticationBuilder AddSactSession(
        this AuthenticationBuilder builder, string authenticationScheme, Action<SactSessionAuthenticationOptions>? configure = null) =>
        builder.AddSactSession<IGenericStore>(authenticationScheme, configure);

    /// <summary>Adds the scheme <see cref="SactSessionDefaults.AuthenticationScheme"/>. See <see cref="AddSactSession{TStore}(AuthenticationBuilder, string, Action{SactSessionAuthenticationOptions})"/>.</summary>
    /// <typeparam name="TStore">The store's type; <see cref="IGenericStore"/> for the unnamed registration, whatever its store.</typeparam>
    /// <param name="builder">What <c>AddAuthentication()</c> returned.</param>
    /// <param name="configure">Sets the options.</param>
    public static AuthenticationBuilder AddSactSession<TStore>(this AuthenticationBuilder builder, Action<SactSessionAuthenticationOptions>? configure = null)
        where TStore : class, IGenericStore => builder.AddSactSession<TStore>(SactSessionDefaults.AuthenticationScheme, configure);

    /// <summary>
    /// Adds an authentication scheme over the session: signing in issues a new id, signing out ends the session. A cookie scheme of the same name is replaced and its settings (paths, events) stay: so the cookie of
    /// ASP.NET Core Identity is replaced by <c>AddSactSession&lt;IGenericStore&gt;(IdentityConstants.ApplicationScheme)</c>. Sessions are registered along with it, in memory unless <c>builder.Services.AddSactSession().Use…</c>
    /// chooses a store; the 503 of <c>UseSactSession()</c> stands at the beginning of the pipeline by itself.
    /// </summary>
    /// <typeparam name="TStore">The store's type; <see cref="IGenericStore"/> for the unnamed registration, whatever its store.</typeparam>
    /// <param name="builder">What <c>AddAuthentication()</c> returned.</param>
    /// <param name="authenticationScheme">The scheme's name. <c>CookieAuthenticationDefaults.AuthenticationScheme</c> where the application's code names that.</param>
    /// <param name="configure">Sets the options.</param>
    public static AuthenticationBuilder AddSactSession<TStore>(this AuthenticationBuilder builder, string authenticationScheme, Action<SactSessionAuthenticationOptions>? configure = null)
        where TStore : class, IGenericStore
    {
        var services = Prepared(builder, authenticationScheme);
        services.TryAddTransient<SactSessionAuthenticationHandler>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<SactSessionAuthenticationOptions>, SactSessionAuthenticationSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<SactSessionAuthenticationOptions>, SactSessionAuthenticationSetup>());

        // The framework's own defaults for what is unset: the paths.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<CookieAuthenticationOptions>, PostConfigureCookieAuthenticationOptions>());
        services.AddOptions<SactSessionAuthenticationOptions>(authenticationScheme)
            .Configure(options =>
            {
                options.Session = static (context, name) => SessionRegistry.SourceOf(context, typeof(TStore), name).SessionOf(context);
                configure?.Invoke(options);
            })
            .Validate(options =>
            {
                options.Validate(authenticationScheme);
                return true;
            });
        services.AddSingleton(new AuthenticationRegistration(
            authenticationScheme,
            OwnsCookie: true,
            provider => SessionRegistry.Of(provider).Find(typeof(TStore), OptionsOf(provider, authenticationScheme).SessionName),
            provider => OptionsOf(provider, authenticationScheme).SecurityStampClaimType is not null));
        services.PostConfigure<AuthenticationOptions>(options => TakePlace(options, authenticationScheme));
        return builder;
    }

    /// <summary>Keeps the tickets of the cookie scheme <c>Cookies</c> in sessions. See <see cref="AddSactTicketStore(AuthenticationBuilder, string, Action{SactTicketStoreOptions})"/>.</summary>
    /// <param name="builder">What <c>AddAuthentication()</c> returned.</param>
    /// <param name="configure">Sets the options.</param>
    public static AuthenticationBuilder AddSactTicketStore(this AuthenticationBuilder builder, Action<SactTicketStoreOptions>? configure = null) =>
        builder.AddSactTicketStore(CookieAuthenticationDefaults.AuthenticationScheme, configure);

    /// <summary>
    /// Keeps the tickets of a cookie scheme in sessions, so that they can be listed and ended per user: for an application that keeps <c>AddCookie()</c>, its cookie and its options. Each ticket is one session
    /// of its user under <see cref="SactSessionOptions"/> (limits, cap, store); what it holds is encrypted by Data Protection.
    /// </summary>
    /// <param name="builder">What <c>AddAuthentication()</c> returned.</param>
    /// <param name="authenticationScheme">The cookie scheme's name.</param>
    /// <param name="configure">Sets the options.</param>
    public static AuthenticationBuilder AddSactTicketStore(this AuthenticationBuilder builder, string authenticationScheme, Action<SactTicketStoreOptions>? configure = null)
    {
        var services = Prepared(builder, authenticationScheme);
        var options = services.AddOptions<SactTicketStoreOptions>(authenticationScheme);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddTransient<TicketCookieHandler>();
        services.AddSingleton(new AuthenticationRegistration(
            authenticationScheme,
            OwnsCookie: false,
            provider => SessionRegistry.Of(provider).Find(typeof(IGenericStore), TicketOptionsOf(provider, authenticationScheme).SessionName),
            provider => TicketOptionsOf(provider, authenticationScheme).SecurityStampClaimType is not null));
        services.AddSingleton<IPostConfigureOptions<CookieAuthenticationOptions>>(provider => new TicketStoreSetup(authenticationScheme, provider));
        services.PostConfigure<AuthenticationOptions>(options => KeepTickets(options, authenticationScheme));
        return builder;
    }

    private static IServiceCollection Prepared(AuthenticationBuilder builder, string authenticationScheme)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(authenticationScheme);
        var services = builder.Services;
        services.AddSactSession();
        services.TryAddSingleton<AuthenticationRegistry>();
        services.TryAddEnumerable(ServiceDescriptor.Transient<IStartupFilter, AuthenticationStartup>());
        services.TryAddEnumerable(ServiceDescriptor.Scoped(typeof(IUserValidator<>), typeof(SecurityStampWatch<>)));
        return services;
    }

    private static SactSessionAuthenticationOptions OptionsOf(IServiceProvider services, string scheme) => services.GetRequiredService<IOptionsMonitor<SactSessionAuthenticationOptions>>().Get(scheme);

    private static SactTicketStoreOptions TicketOptionsOf(IServiceProvider services, string scheme) => services.GetRequiredService<IOptionsMonitor<SactTicketStoreOptions>>().Get(scheme);

    // After all schemes are added, so that it does not matter whether AddIdentity() comes before or after.
    private static void TakePlace(AuthenticationOptions options, string name)
    {
        if (!options.SchemeMap.TryGetValue(name, out var scheme))
        {
            options.AddScheme<SactSessionAuthenticationHandler>(name, displayName: null);
        }
        else if (scheme.HandlerType == typeof(CookieAuthenticationHandler) || scheme.HandlerType == typeof(SactSessionAuthenticationHandler))
        {
            scheme.HandlerType = typeof(SactSessionAuthenticationHandler);
        }
        else
        {
            throw new InvalidOperationException($"Scheme '{name}' is there already, and is no cookie scheme whose place the session could take ({scheme.HandlerType?.Name}). Give AddSactSession<TStore>() another name.");
        }
    }

    private static void KeepTickets(AuthenticationOptions options, string name)
    {
        if (!options.SchemeMap.TryGetValue(name, out var scheme) || scheme.HandlerType?.IsAssignableTo(typeof(CookieAuthenticationHandler)) != true)
        {
            throw new InvalidOperationException($"AddSactTicketStore() keeps the tickets of a cookie scheme, and '{name}' is none. Call AddCookie(\"{name}\") too, or pass the name of the cookie scheme to AddSactTicketStore().");
        }

        if (scheme.HandlerType == typeof(CookieAuthenticationHandler))
        {
            scheme.HandlerType = typeof(TicketCookieHandler);
        }
    }
}
