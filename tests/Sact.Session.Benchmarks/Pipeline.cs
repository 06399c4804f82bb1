using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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
/// A request through the real middleware pipeline and context factory, without a server: the bare pipeline beside the same one with sessions registered and used, so that the difference is the
/// library's and nothing else's.
/// </summary>
public sealed class Pipeline : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IHttpContextFactory _contexts;
    private readonly RequestDelegate _run;

    private Pipeline(ServiceProvider services, RequestDelegate run)
    {
        _services = services;
        _run = run;
        _contexts = services.GetRequiredService<IHttpContextFactory>();
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
    public static Pipeline WithHttpContextSession(RequestDelegate endpoint) => Build(static services => services.AddSactSession().AddHttpContextSession(), static app => app.UseSactSession(), endpoint);

    public static RequestDelegate Untouched(Work work) => work == Work.Synchronous
        ? static _ => Task.CompletedTask
        : static async _ => await Task.Yield();

    /// <summary>One request, with a cookie (or none).</summary>
    public async Task<IHeaderDictionary> SendAsync(string? cookie)
    {
        var features = new FeatureCollection();
        var request = new HttpRequestFeature { Scheme = "https", Method = "GET", Path = "/" };
        if (cookie is not null)
        {
            request.Headers.Cookie = cookie;
        }

        features.Set<IHttpRequestFeature>(request);
        var response = new HttpResponseFeature();
        features.Set<IHttpResponseFeature>(response);
        var context = _contexts.Create(features);
        try
        {
            await _run(context);
        }
        finally
        {
            _contexts.Dispose(context);
        }

        return response.Headers;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static Pipeline Build(Action<IServiceCollection> register, Action<IApplicationBuilder> use, RequestDelegate endpoint)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddOptions();
        services.AddSingleton<IHttpContextFactory, DefaultHttpContextFactory>();
        register(services);
        var provider = services.BuildServiceProvider();
        var app = new ApplicationBuilder(provider);
        use(app);
        app.Run(endpoint);
        return new Pipeline(provider, app.Build());
    }
}
