using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary>What the endpoint does.</summary>
public enum Work
{
    /// <summary>Completes at once.</summary>
    Synchronous,

    /// <summary>Gives the thread up once, as a real one does at its first await.</summary>
    Yielding,
}

/// <summary>
/// A request through the real middleware pipeline, without a server: the bare pipeline beside the same one with sessions registered and
/// used, so that the difference is the library's and nothing else's.
/// </summary>
public sealed class Pipeline : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly RequestDelegate _run;
    private readonly ServerConnection _connection;

    private Pipeline(ServiceProvider services, RequestDelegate run)
    {
        _services = services;
        _run = run;
        _connection = Connect();
    }

    public IServiceProvider Services => _services;

    public static Pipeline Bare(RequestDelegate endpoint) => Build(static _ => { }, static _ => { }, endpoint);

    public static Pipeline WithSessions(RequestDelegate endpoint, Func<IServiceProvider, IGenericStore>? store = null) => Build(
        services =>
        {
            var sessions = services.AddSactSession();
            if (store is not null)
            {
                sessions.UseStore(store);
            }
        },
        static app => app.UseSactSession(),
        endpoint);

    /// <summary>With <c>HttpContext.Session</c> over the sessions.</summary>
    public static Pipeline WithHttpContextSession(RequestDelegate endpoint) =>
        Build(static services => services.AddSactSession().AddHttpContextSession(), static app => app.UseSactSession(), endpoint);

    public static Pipeline Build(Action<IServiceCollection> register, Action<IApplicationBuilder> use, RequestDelegate endpoint)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddOptions();
        register(services);
        var provider = services.BuildServiceProvider();
        var app = new ApplicationBuilder(provider);
        use(app);
        app.Run(endpoint);
        return new Pipeline(provider, app.Build());
    }

    public static RequestDelegate Untouched(Work work) => work == Work.Synchronous
        ? static _ => Task.CompletedTask
        : static async _ => await Task.Yield();

    /// <summary>One request, with a cookie (or none); not two at once.</summary>
    public ValueTask<IHeaderDictionary> SendAsync(string? cookie) => _connection.SendAsync(cookie);

    /// <summary>A connection of one's own, for requests side by side.</summary>
    internal ServerConnection Connect() => new(_services, _run);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
