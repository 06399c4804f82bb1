using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Stands at the very beginning of the pipeline. <c>WebApplication</c> puts <c>UseAuthentication()</c> before everything the application says, <c>UseSactSession()</c> included; a store's fault met there is to
/// become 503 all the same.
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
