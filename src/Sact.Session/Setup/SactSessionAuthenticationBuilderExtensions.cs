using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes <c>[Authorize]</c>, <c>SignInAsync</c> and ASP.NET Core Identity use sessions.</summary>
public static class SactSessionAuthenticationBuilderExtensions
{
    /// <summary>
    /// Adds the scheme <see cref="SactSessionDefaults.AuthenticationScheme"/> over the unnamed registration. Then <c>[Authorize]</c>,
    /// <c>SignInAsync</c> and <c>SignOutAsync</c> use the session.
    /// </summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddAuthentication().AddSactSession();
    /// builder.Services.AddAuthorization();
    /// // …
    /// app.MapGet("/me", (ClaimsPrincipal user) => user.Identity!.Name).RequireAuthorization();
    /// </code>
    /// </example>
    public static AuthenticationBuilder AddSactSession(
        this AuthenticationBuilder builder, Action<SactSessionAuthenticationOptions>? configure = null) =>
        builder.AddSactSession<IGenericStore>(configure);

    /// <summary>
    /// Adds a scheme over the unnamed registration, or over the one that <see cref="SactSessionAuthenticationOptions.SessionName"/> names.
    /// It replaces a cookie scheme of the same name.
    /// </summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="authenticationScheme">
    /// The name of the scheme, such as <c>IdentityConstants.ApplicationScheme</c>. At least one character.
    /// </param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">The builder or the name is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <example><code>builder.Services.AddAuthentication().AddSactSession(IdentityConstants.ApplicationScheme);</code></example>
    public static AuthenticationBuilder AddSactSession(
        this AuthenticationBuilder builder, string authenticationScheme, Action<SactSessionAuthenticationOptions>? configure = null) =>
        builder.AddSactSession<IGenericStore>(authenticationScheme, configure);

    /// <summary>
    /// Adds the scheme <see cref="SactSessionDefaults.AuthenticationScheme"/> over the registration with a store of this type.
    /// </summary>
    /// <typeparam name="TStore">
    /// The type of the store; <see cref="IGenericStore"/> for the unnamed registration, whatever its store.
    /// </typeparam>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example><code>builder.Services.AddAuthentication().AddSactSession&lt;MyStore&gt;();</code></example>
    public static AuthenticationBuilder AddSactSession<TStore>(
        this AuthenticationBuilder builder, Action<SactSessionAuthenticationOptions>? configure = null)
        where TStore : class, IGenericStore =>
        builder.AddSactSession<TStore>(SactSessionDefaults.AuthenticationScheme, configure);

    /// <summary>
    /// Adds an authentication scheme over the session. A sign-in issues a new id, and a sign-out ends the session. The scheme replaces a
    /// cookie scheme of the same name and keeps its settings, such as paths and events.
    /// </summary>
    /// <typeparam name="TStore">
    /// The type of the store; <see cref="IGenericStore"/> for the unnamed registration, whatever its store.
    /// </typeparam>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="authenticationScheme">
    /// The name of the scheme, at least one character. Use <c>CookieAuthenticationDefaults.AuthenticationScheme</c> if the application's
    /// code names that scheme.
    /// </param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// <para>The method registers sessions too. They are in memory unless <c>builder.Services.AddSactSession().Use…</c> chooses a store. It
    /// also adds <c>UseSactSession()</c> at the beginning of the pipeline, so a store that cannot answer is a 503.</para>
    /// <para>The application does not start if the registration is missing, if two schemes use one registration, or if the options set a
    /// cookie. The exception is an <see cref="InvalidOperationException"/>.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">The builder or the name is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddAuthentication().AddSactSession&lt;MyStore&gt;("Admin", o => o.SessionName = "admin");
    /// </code>
    /// </example>
    public static AuthenticationBuilder AddSactSession<TStore>(
        this AuthenticationBuilder builder, string authenticationScheme, Action<SactSessionAuthenticationOptions>? configure = null)
        where TStore : class, IGenericStore
    {
        var services = Prepared(builder, authenticationScheme);
        services.TryAddTransient<SactSessionAuthenticationHandler>();

        // The scheme keeps claims and tokens, also in a session that SetAsync has begun.
        services.PostConfigureAll<SactSessionOptions>(static session => session.KeepsSealedFields = true);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IConfigureOptions<SactSessionAuthenticationOptions>, SactSessionAuthenticationSetup>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<SactSessionAuthenticationOptions>, SactSessionAuthenticationSetup>());

        // The framework sets the default paths.
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<CookieAuthenticationOptions>, PostConfigureCookieAuthenticationOptions>());
        services.AddOptions<SactSessionAuthenticationOptions>(authenticationScheme)
            .Configure(options =>
            {
                options.Session = static (context, name) => RegistryOfRequest.SourceOf(context, typeof(TStore), name).SessionOf(context);
                configure?.Invoke(options);
            })
            .Validate(options =>
            {
                options.Validate(authenticationScheme);
                return true;
            });
        services.AddSingleton(new AuthenticationRegistration(
            authenticationScheme,
            provider => OptionsOf(provider, authenticationScheme),
            provider => SessionRegistry.Of(provider).Find(typeof(TStore), OptionsOf(provider, authenticationScheme).SessionName),
            provider => OptionsOf(provider, authenticationScheme) is var options
                ? new UserClaims(options.UserIdClaimType, options.SecurityStampClaimType)
                : default));
        services.PostConfigure<AuthenticationOptions>(options => ReplaceCookieScheme(options, authenticationScheme));
        return builder;
    }

    /// <summary>Keeps the tickets of the cookie scheme <c>Cookies</c> in sessions.</summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example><code>builder.Services.AddAuthentication("Cookies").AddCookie().AddSactTicketStore();</code></example>
    public static AuthenticationBuilder AddSactTicketStore(
        this AuthenticationBuilder builder, Action<SactTicketStoreOptions>? configure = null) =>
        builder.AddSactTicketStore(CookieAuthenticationDefaults.AuthenticationScheme, configure);

    /// <summary>
    /// Keeps the tickets of a cookie scheme in sessions, so that they can be listed and ended per user. Use it if the application keeps
    /// <c>AddCookie()</c>, its cookie and its options.
    /// </summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="authenticationScheme">The name of the cookie scheme, at least one character.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// Each ticket is one session of its user. <see cref="SactSessionOptions"/> set its cap and store. It lives as long as the cookie
    /// scheme says, at most for <see cref="SactSessionOptions.AbsoluteTimeout"/>. A <see cref="SactSessionOptions.IdleTimeout"/> other than
    /// the default limits it and the cookie. ASP.NET Core Data Protection encrypts the ticket. The application does not start if the cookie
    /// scheme is missing or has another <c>SessionStore</c>.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The builder or the name is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddAuthentication("Admin").AddCookie("Admin").AddSactTicketStore("Admin");
    /// builder.Services.AddSactSession().UseSqlite("Data Source=app.db");
    /// </code>
    /// </example>
    public static AuthenticationBuilder AddSactTicketStore(
        this AuthenticationBuilder builder, string authenticationScheme, Action<SactTicketStoreOptions>? configure = null)
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
            Options: null,
            provider => SessionRegistry.Of(provider)
                .Find(typeof(IGenericStore), TicketOptionsOf(provider, authenticationScheme).SessionName),
            provider => TicketOptionsOf(provider, authenticationScheme) is var ticketOptions
                ? new UserClaims(ticketOptions.UserIdClaimType, ticketOptions.SecurityStampClaimType)
                : default));
        services.AddSingleton<IPostConfigureOptions<CookieAuthenticationOptions>>(
            provider => new TicketStoreSetup(authenticationScheme, provider));
        services.AddOptions<CookieAuthenticationOptions>(authenticationScheme).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CookieAuthenticationOptions>>(
            provider => new TicketProfileValidator(authenticationScheme, provider));
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
        services.TryAddSingleton(static provider => new SavedUsers(
            provider.GetRequiredService<IServiceScopeFactory>(), provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.TryAddSingleton<SessionsOfUsers>();
        services.TryAddEnumerable(ServiceDescriptor.Transient<IStartupFilter, AuthenticationStartup>());
        services.TryAddEnumerable(ServiceDescriptor.Scoped(typeof(IUserValidator<>), typeof(SecurityStampWatch<>)));
        UserManagerReplacement.Apply(services);
        return services;
    }

    private static SactSessionAuthenticationOptions OptionsOf(IServiceProvider services, string scheme) =>
        services.GetRequiredService<IOptionsMonitor<SactSessionAuthenticationOptions>>().Get(scheme);

    private static SactTicketStoreOptions TicketOptionsOf(IServiceProvider services, string scheme) =>
        services.GetRequiredService<IOptionsMonitor<SactTicketStoreOptions>>().Get(scheme);

    // It runs after all schemes are added, so AddIdentity() may come before or after AddSactSession().
    private static void ReplaceCookieScheme(AuthenticationOptions options, string name)
    {
        if (!options.SchemeMap.TryGetValue(name, out var scheme))
        {
            options.AddScheme<SactSessionAuthenticationHandler>(name, displayName: null);
        }
        else if (scheme.HandlerType == typeof(CookieAuthenticationHandler)
            || scheme.HandlerType == typeof(SactSessionAuthenticationHandler))
        {
            scheme.HandlerType = typeof(SactSessionAuthenticationHandler);
        }
        else
        {
            throw new InvalidOperationException(
                $"Scheme '{name}' already exists with the handler {scheme.HandlerType?.Name}. "
                + "The session can replace a cookie scheme only. Give AddSactSession<TStore>() another name.");
        }
    }

    private static void KeepTickets(AuthenticationOptions options, string name)
    {
        if (!options.SchemeMap.TryGetValue(name, out var scheme)
            || scheme.HandlerType?.IsAssignableTo(typeof(CookieAuthenticationHandler)) != true)
        {
            throw new InvalidOperationException(
                $"AddSactTicketStore() keeps the tickets of a cookie scheme, but '{name}' is not a cookie scheme. "
                + $"Call AddCookie(\"{name}\") too, or pass the name of the cookie scheme to AddSactTicketStore().");
        }

        if (scheme.HandlerType == typeof(CookieAuthenticationHandler))
        {
            scheme.HandlerType = typeof(TicketCookieHandler);
        }
    }
}
