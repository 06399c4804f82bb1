using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>A registration in a running application: its store, its services and its session of each request.</summary>
internal sealed class SessionSource(SessionRegistration registration, SessionPipeline pipeline, IServiceProvider services)
    : IAsyncDisposable, IDisposable
{
    private readonly Lock _lock = new();
    private IGenericStore? _store;
    private SessionServices? _services;
    private SessionBackend? _backend;
    private bool _isDisposedByContainer;

    public string Name => registration.Name;

    public Type StoreType => registration.StoreType;

    /// <summary>How the latest cleanup of the store ended.</summary>
    public CleanupState Cleanup { get; } = new();

    public SactSessionOptions Options => Services.Options;

    public SessionServices Services => _services ??= FindServices();

    public IGenericStore Store
    {
        get
        {
            if (_store is null)
            {
                lock (_lock)
                {
                    _store ??= registration.CreateStore(services);
                }
            }

            return _store;
        }
    }

    // One object for all threads, because a request finds its session by it.
    public SessionBackend Backend =>
        _backend ?? Interlocked.CompareExchange(ref _backend, new SessionBackend(Store, Services), null) ?? _backend;

    /// <summary>
    /// The store for dependency injection. The container disposes of what a factory returns, so the registration must not.
    /// </summary>
    public IGenericStore StoreForContainer()
    {
        _isDisposedByContainer = true;
        return Store;
    }

    /// <summary>The session of a request: created by the first call, the same object for every later call.</summary>
    public RequestSession SessionOf(HttpContext context)
    {
        lock (RequestLock.Of(context))
        {
            return SessionOfLocked(context);
        }
    }

    /// <summary>The same, for a caller that holds the lock of the request.</summary>
    public RequestSession SessionOfLocked(HttpContext context)
    {
        if (!pipeline.HasMiddleware)
        {
            throw new InvalidOperationException(
                "The session middleware is missing. Call app.UseSactSession() before the endpoints that use sessions are mapped.");
        }

        var feature = RequestFeature.Of(context, Services.Telemetry);
        if (feature.SessionOf(Backend) is not { } session)
        {
            feature.Add(session = new RequestSession(feature, Backend));
        }

        return session;
    }

    /// <summary>The session of a request as the application receives it.</summary>
    public ISactSession FacadeOf(HttpContext context)
    {
        lock (RequestLock.Of(context))
        {
            var session = SessionOfLocked(context);
            return session.Facade ??= registration.CreateFacade(session);
        }
    }

    /// <summary>The session of the request in which the calling code runs.</summary>
    public ISactSession FacadeOfCurrentRequest(IServiceProvider provider)
    {
        if (ReferenceEquals(provider, services))
        {
            throw new InvalidOperationException(
                "A session belongs to one request, and a singleton would keep it for all requests. "
                + "Inject IHttpContextAccessor into the singleton and call HttpContext.GetSactSession(), or make the service scoped.");
        }

        return provider.GetRequiredService<IHttpContextAccessor>().HttpContext is { } context
            ? FacadeOf(context)
            : throw new InvalidOperationException(
                "The code does not run in an HTTP request, so it has no session. In a SignalR hub call "
                + "Context.GetHttpContext()!.GetSactSession(). In background work use the store (IGenericStore).");
    }

    public void Dispose()
    {
        _backend?.Dispose();
        if (DisposesStore)
        {
            (_store as IDisposable)?.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        _backend?.Dispose();
        if (DisposesStore && _store is IAsyncDisposable disposable)
        {
            return disposable.DisposeAsync();
        }

        Dispose();
        return ValueTask.CompletedTask;
    }

    private SessionServices FindServices()
    {
        var found = SessionServices.Of(services.GetRequiredService<IOptionsMonitor<SactSessionOptions>>().Get(registration.Name));
        found.Registration = registration.Name;
        found.Provider ??= services.GetService<IProviderSessions>();
        return found;
    }

    private bool DisposesStore => registration.OwnsStore && !_isDisposedByContainer;
}
