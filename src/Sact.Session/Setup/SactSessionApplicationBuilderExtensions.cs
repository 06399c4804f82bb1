using Microsoft.Extensions.DependencyInjection;
using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds sessions to the pipeline.</summary>
public static class SactSessionApplicationBuilderExtensions
{
    /// <summary>
    /// Makes sessions available to the middleware and endpoints after it. An unhandled <see cref="SessionStoreException"/> becomes a 503.
    /// A request that does not use its session costs nothing. After <c>AddHttpContextSession()</c> it also provides
    /// <c>HttpContext.Session</c>.
    /// </summary>
    /// <remarks>
    /// Call it after <c>UseExceptionHandler()</c> and <c>UseForwardedHeaders()</c>, before the endpoints.
    /// Without it every use of a session throws.
    /// </remarks>
    /// <param name="app">The application.</param>
    /// <returns>The application, for further calls.</returns>
    /// <exception cref="InvalidOperationException"><c>AddSactSession()</c> was not called, or two registrations share a cookie
    /// name.</exception>
    /// <example>
    /// <code>
    /// app.UseExceptionHandler();
    /// app.UseSactSession();
    /// app.MapGet("/me", async (ISactSession session) => (await session.GetAsync())?.UserId ?? "nobody");
    /// </code>
    /// </example>
    public static IApplicationBuilder UseSactSession(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var registry = app.ApplicationServices.GetService<SessionRegistry>()
            ?? throw new InvalidOperationException(
                "No session is registered. Call builder.Services.AddSactSession() before app.UseSactSession().");
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
