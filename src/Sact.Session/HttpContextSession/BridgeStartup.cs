using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>Reports a missing middleware at start-up, and a middleware that comes too late at the first use.</summary>
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

    /// <summary>By now the pipeline has been built.</summary>
    public Task StartedAsync(CancellationToken cancellationToken) => pipeline.HasMiddleware
        ? Task.CompletedTask
        : throw new InvalidOperationException(
            "AddHttpContextSession() was called and the session middleware is missing. Call app.UseSactSession() before the endpoints are "
            + "mapped.");

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
