using Microsoft.Extensions.DependencyInjection;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts sessions into the pipeline.</summary>
public static class SactSessionApplicationBuilderExtensions
{
    /// <summary>
    /// Makes sessions available to what comes after it, and answers 503 where a store's fault was not handled. It costs nothing on requests that do not ask for a session. After
    /// <c>AddHttpContextSession()</c> it provides <c>HttpContext.Session</c> as well. Put it before the endpoints,
    /// after <c>UseExceptionHandler</c> and <c>UseForwardedHeaders</c>.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <exception cref="InvalidOperationException"><c>AddSactSession()</c> was not called, or two registrations have one cookie name.</exception>
    public static IApplicationBuilder UseSactSession(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var registry = app.ApplicationServices.GetService<SessionRegistry>()
            ?? throw new InvalidOperationException("No session is registered. Call builder.Services.AddSactSession() before app.UseSactSession().");
        app.ApplicationServices.GetRequiredService<SessionPipeline>().HasMiddleware = true;
        app.UseMiddleware<SactSessionMiddleware>();
        if (app.ApplicationServices.GetService<BridgedRegistration>() is { } bridged)
        {
            var bridge = bridged.Bridge(registry, app.ApplicationServices);
            app.Use(next => new HttpContextSessionMiddleware(next, bridge).InvokeAsync);
        }

        return app;
    }
}
