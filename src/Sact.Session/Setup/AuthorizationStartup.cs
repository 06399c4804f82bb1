using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Stands at the very beginning of the pipeline of an application with authorization. <c>WebApplication</c> puts <c>UseAuthorization()</c> before everything the application says, <c>UseSactSession()</c> included; a
/// store's fault met by a policy that asks for the session is to become 503 all the same. It is no <c>UseSactSession()</c>: where that is missing, the session still says so.
/// </summary>
internal sealed class AuthorizationStartup : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (app.ApplicationServices.GetService<IAuthorizationHandlerProvider>() is not null)
        {
            app.UseMiddleware<SactSessionMiddleware>();
        }

        next(app);
    };
}
