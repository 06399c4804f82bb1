using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Scoreboard;

/// <summary>A library of .NET, on Kestrel in this process.</summary>
internal abstract class DotNetContender : Contender
{
    protected abstract string CookieName { get; }

    protected abstract string Version { get; }

    public override async Task<Application> StartAsync(bool withFaults)
    {
        var clock = new MovedClock();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddOutputCache();
        builder.Services.AddResponseCaching();
        builder.Services.Configure<ForwardedHeadersOptions>(static options => options.ForwardedHeaders = ForwardedHeaders.XForwardedProto);
        var controls = await RegisterAsync(builder.Services, clock, withFaults);
        var app = builder.Build();
        app.UseForwardedHeaders();

        // The order of the documentation of ASP.NET Core: sessions and authentication, and then the caches.
        app.UseRouting();
        Use(app);
        app.UseResponseCaching();
        app.UseOutputCache();
        var gates = new Gates();
        new ControlRoutes(controls, gates, clock).Map(app, CookieName, Version);
        new ApplicationRoutes(gates, VerbsOf).Map(app);
        await app.StartAsync();
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new Application(address, CookieName, Version, async () =>
        {
            await app.StopAsync();
            await app.DisposeAsync();
            await controls.CloseAsync();
        });
    }

    protected abstract Task<StoreControls> RegisterAsync(IServiceCollection services, MovedClock clock, bool withFaults);

    protected abstract void Use(WebApplication app);

    protected abstract SessionVerbs VerbsOf(HttpContext context);

    /// <summary>The name and the version of the package of a type.</summary>
    protected static string VersionOf(Type type) =>
        $"{type.Assembly.GetName().Name} "
            + type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
