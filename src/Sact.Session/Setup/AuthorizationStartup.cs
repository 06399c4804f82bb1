using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Adds the 503 at the beginning of the pipeline of an application with authorization. <c>WebApplication</c> runs <c>UseAuthorization()</c>
/// before the middleware of the application, <c>UseSactSession()</c> included.
/// A failure of the store in a policy must become a 503 as well.
/// It does not replace <c>UseSactSession()</c>: without that call the session throws.
/// </summary>
internal sealed class AuthorizationStartup : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        // The service is not resolved: it creates the handlers of the application, which may be scoped, and there is no request.
        if (app.ApplicationServices.GetService<IServiceProviderIsService>()?.IsService(typeof(IAuthorizationHandlerProvider)) != false)
        {
            app.UseMiddleware<SactSessionMiddleware>();
        }

        next(app);
    };
}
