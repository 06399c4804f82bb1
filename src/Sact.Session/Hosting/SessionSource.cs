using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>A registration at work: its one store, its options, and the one session object of each request.</summary>
internal sealed class SessionSource(SessionRegistration registration, SessionRegistry registry, IServiceProvider services) : IAsyncDisposable, IDisposable
{
    private readonly Lock _lock = new();
    private IGenericStore? _store;
    private bool _isContainers;
    private SactSessionOptions? _options;

    public string Name => registration.Name;

    public Type StoreType => registration.StoreType;

    public SactSessionOptions Options => _options ??= services.GetRequiredService<IOptionsMonitor<SactSessionOptions>>().Get(registration.Name);

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

    /// <summary>The store, for dependency injection to hand out: whatever comes out of a function of its own, the container disposes of, and then it is not for this registration to do so too.</summary>
    public IGenericStore StoreOfContainer()
    {
        _isContainers = true;
        return Store;
    }

    /// <summary>The session of a request: made at the first ask, the same one ever after, whoever asks.</summary>
    public ISession<IGenericStore> Of(HttpContext context)
    {
        // Its own lock, since several tasks of one request may ask at once and the feature collection is not made for that.
        lock (context)
        {
            return OfLocked(context);
        }
    }

    /// <summary>The same, for a caller that holds the lock.</summary>
    public ISession<IGenericStore> OfLocked(HttpContext context)
    {
        if (!registry.MiddlewareIsThere)
        {
            throw new InvalidOperationException("The session middleware is missing. Call app.UseSactSession() before the endpoints that use sessions are mapped.");
        }

        var response = SessionResponse.Of(context, Options.Settings.Telemetry);
        switch (response.Sessions)
        {
            case null:
                var first = registration.CreateSession(response, Store, Options);
                response.Sessions = first;
                return first;
            case ISession<IGenericStore> only when ReferenceEquals(only.Options, Options):
                return only;
            case ISession<IGenericStore> other:
                response.Sessions = new List<ISession<IGenericStore>> { other };
                break;
        }

        var sessions = (List<ISession<IGenericStore>>)response.Sessions;
        if (sessions.Find(session => ReferenceEquals(session.Options, Options)) is not { } found)
        {
            found = registration.CreateSession(response, Store, Options);
            sessions.Add(found);
        }

        return found;
    }

    /// <summary>The session of the request that the calling code runs in.</summary>
    public ISession<IGenericStore> OfCurrentRequest(IServiceProvider provider) =>
        ReferenceEquals(provider, services)
            ? throw new InvalidOperationException(
                "A session belongs to one request, and a singleton would keep it for all of them. Inject IHttpContextAccessor there and call HttpContext.GetSactSession<TStore>(), or make the service scoped.")
        : provider.GetRequiredService<IHttpContextAccessor>().HttpContext is { } context
            ? Of(context)
            : throw new InvalidOperationException(
                "There is no HTTP request here to take a session from. In a SignalR hub call Context.GetHttpContext()!.GetSactSession<TStore>(); in background work use the store itself (IGenericStore).");

    public void Dispose()
    {
        if (IsToBeDisposedOf)
        {
            (_store as IDisposable)?.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        if (IsToBeDisposedOf && _store is IAsyncDisposable disposable)
        {
            return disposable.DisposeAsync();
        }

        Dispose();
        return ValueTask.CompletedTask;
    }

    private bool IsToBeDisposedOf => registration.OwnsStore && !_isContainers;
}
