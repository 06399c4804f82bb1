using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>The registration whose sessions <c>HttpContext.Session</c> lives in.</summary>
internal sealed class BridgedRegistration(string name)
{
    public string Name { get; } = name;

    public HttpContextSessionBridge Bridge(SessionRegistry registry, IServiceProvider services)
    {
        var keep = new Lazy<bool>(() => services.GetRequiredService<IOptionsMonitor<HttpContextSessionOptions>>().Get(Name).KeepAtSignIn);
        return new(context => registry.Find(typeof(IGenericStore), Name).SessionOf(context), () => keep.Value);
    }
}

/// <summary>Says what is missing or in the wrong order: at start-up if the middleware is not there at all, at the first use if it comes too late.</summary>
internal sealed class BridgeStartup(SessionPipeline pipeline) : IHostedLifecycleService, IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static next => context =>
        {
            if (context.Features.Get<ISessionFeature>() is null)
            {
                context.Features.Set<ISessionFeature>(EarlySessionFeature.Instance);
            }

            return next(context);
        });
        next(app);
    };

    /// <summary>By now the pipeline has been built, whoever builds it.</summary>
    public Task StartedAsync(CancellationToken cancellationToken) => pipeline.HasMiddleware
        ? Task.CompletedTask
        : throw new InvalidOperationException("AddHttpContextSession() was called and the session middleware is missing. Call app.UseSactSession() before the endpoints are mapped.");

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
