using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>A registration at work: its one store, its options, and the one session object of each request.</summary>
internal sealed class SessionSource(SessionRegistration registration, SessionRegistry registry, IServiceProvider services) : IAsyncDisposable, IDisposable
{
    private readonly Lock _lock = new();
    private IGenericStore? _store;
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

    /// <summary>The session of a request: made at the first ask, the same one ever after, whoever asks.</summary>
    public ISession<IGenericStore> Of(HttpContext context)
    {
        if (!registry.MiddlewareIsThere)
        {
            throw new InvalidOperationException("The session middleware is missing. Call app.UseSactSession() before the endpoints that use sessions are mapped.");
        }

        // Its own lock, since several tasks of one request may ask at once and the feature collection is not made for that.
        lock (context)
        {
            var sessions = context.Features.Get<SessionsOfRequest>();
            if (sessions is null)
            {
                sessions = new SessionsOfRequest();
                context.Features.Set(sessions);
            }

            return sessions.GetOrAdd(this, context);
        }
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
        if (registration.OwnsStore)
        {
            (_store as IDisposable)?.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        if (registration.OwnsStore && _store is IAsyncDisposable disposable)
        {
            return disposable.DisposeAsync();
        }

        Dispose();
        return ValueTask.CompletedTask;
    }

    private ISession<IGenericStore> Create(HttpContext context) => registration.CreateSession(context, Store, Options);

    /// <summary>The sessions of one request; nearly always one.</summary>
    private sealed class SessionsOfRequest
    {
        private SessionSource? _source;
        private ISession<IGenericStore>? _session;
        private Dictionary<SessionSource, ISession<IGenericStore>>? _more;

        public ISession<IGenericStore> GetOrAdd(SessionSource source, HttpContext context)
        {
            if (_session is null)
            {
                _session = source.Create(context);
                _source = source;
            }

            if (ReferenceEquals(_source, source))
            {
                return _session;
            }

            _more ??= [];
            if (!_more.TryGetValue(source, out var session))
            {
                session = source.Create(context);
                _more.Add(source, session);
            }

            return session;
        }
    }
}
