using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Adds the session middleware at the beginning of the pipeline. <c>WebApplication</c> runs <c>UseAuthentication()</c> before the
/// middleware
/// of the application, <c>UseSactSession()</c> included. A failure of the store in it must become a 503 as well.
/// </summary>
internal sealed class AuthenticationStartup : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.ApplicationServices.GetRequiredService<AuthenticationRegistry>().Check(app.ApplicationServices);
        app.UseSactSession();
        next(app);
    };
}
