using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets an identity provider end sessions.</summary>
public static class SactOpenIdConnectExtensions
{
    /// <summary>
    /// Connects the scheme <c>OpenIdConnect</c> with the sessions of its users. See the other overload.
    /// </summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddAuthentication().AddSactSession().AddOpenIdConnect(o => …).AddSactOpenIdConnect();
    /// </code>
    /// </example>
    public static AuthenticationBuilder AddSactOpenIdConnect(
        this AuthenticationBuilder builder, Action<SactOpenIdConnectOptions>? configure = null) =>
        builder.AddSactOpenIdConnect(OpenIdConnectDefaults.AuthenticationScheme, configure);

    /// <summary>
    /// Connects an OpenID Connect scheme with the sessions of its users. A session remembers who signed it in, as hashes. Front-channel
    /// logout and sign-outs that begin here end it. A sign-out revokes the refresh token. <c>MapSactBackChannelLogout</c> adds back-channel
    /// logout.
    /// </summary>
    /// <param name="builder">The result of <c>AddAuthentication()</c>.</param>
    /// <param name="authenticationScheme">The name of the scheme that <c>AddOpenIdConnect</c> adds, at least one character.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// It needs <c>AddOpenIdConnect</c> and <c>AddSactSession</c> or <c>AddSactTicketStore</c>, in any order. The events of the application
    /// run first.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The builder or the name is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static AuthenticationBuilder AddSactOpenIdConnect(
        this AuthenticationBuilder builder, string authenticationScheme, Action<SactOpenIdConnectOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(authenticationScheme);
        var services = builder.Services;
        var options = services.AddOptions<SactOpenIdConnectOptions>(authenticationScheme).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        ProviderHandler.Use(services, authenticationScheme);
        services.AddSingleton<IPostConfigureOptions<OpenIdConnectOptions>>(new ProviderEventsSetup(authenticationScheme));
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SactOpenIdConnectOptions>, SactOpenIdConnectOptionsValidator>());
        services.TryAddSingleton<AuthenticationRegistry>();
        services.TryAddSingleton<ProviderSchemes>();
        services.TryAddSingleton<ProviderTokens>();
        services.TryAddSingleton<TokenRevocations>();
        services.TryAddSingleton<IProviderSessions, ProviderSessions>();
        services.TryAddSingleton(static provider => provider.GetService<TimeProvider>() is { } clock
            ? new ProviderKeys(clock)
            : new ProviderKeys(TimeProvider.System));
        services.TryAddSingleton<LogoutTokenValidator>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, TokenRevocations>(
            static provider => provider.GetRequiredService<TokenRevocations>()));
        return builder;
    }
}
