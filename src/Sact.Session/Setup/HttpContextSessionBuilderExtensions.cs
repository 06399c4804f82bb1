using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives an application <c>HttpContext.Session</c>.</summary>
public static class HttpContextSessionBuilderExtensions
{
    /// <summary>
    /// Makes <c>app.UseSactSession()</c> provide <c>HttpContext.Session</c>, and so TempData and everything else that uses it.
    /// It replaces <c>AddSession()</c> and <c>UseSession()</c>. The session of the request holds the data, and the data ends with it.
    /// If nobody is signed in, that is an anonymous session.
    /// </summary>
    /// <param name="builder">The builder of <c>AddSactSession()</c>.</param>
    /// <param name="configure">Sets the options; null keeps the defaults.</param>
    /// <returns>The builder, for further calls.</returns>
    /// <remarks>With <c>app.UseSession()</c> beside it the application does not start.</remarks>
    /// <exception cref="InvalidOperationException">Another registration has it: a request has one <c>HttpContext.Session</c>.</exception>
    /// <example><code>builder.Services.AddSactSession().AddHttpContextSession();</code></example>
    public static SactSessionBuilder AddHttpContextSession(
        this SactSessionBuilder builder, Action<HttpContextSessionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        var known = services
            .Select(static service => service.IsKeyedService ? null : service.ImplementationInstance as BridgedRegistration)
            .FirstOrDefault(static known => known is not null);
        if (known is not null && known.Name != builder.Name)
        {
            throw new InvalidOperationException(
                $"A request has one HttpContext.Session, and the registration '{known.Name}' (empty: the unnamed one) has it already. "
                + "Call AddHttpContextSession() on one registration only.");
        }

        var options = services.AddOptions<HttpContextSessionOptions>(builder.Name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (known is null)
        {
            services.AddSingleton(new BridgedRegistration(builder.Name));

            // UseSession() creates its middleware while the pipeline is built, and nothing but that middleware needs this store.
            services.AddTransient<ISessionStore>(static _ => throw HttpContextSessionMiddleware.TwoSessions());
            services.AddOptions<SactSessionOptions>(builder.Name).PostConfigure<IOptionsMonitor<HttpContextSessionOptions>>(
                (session, bridge) =>
                {
                    session.KeptAtSignIn = bridge.Get(builder.Name).KeepAtSignIn ? HttpContextSessionField.Prefix : null;
                    session.KeepsSealedFields = true;
                });
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, BridgeStartup>());
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, BridgeStartup>());
        }

        return builder;
    }
}
