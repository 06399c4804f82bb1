using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// What watches the sessions of one request, by their registrations. Few requests have it, so it is a feature of its own. The caller holds
/// the lock of the request.
/// </summary>
internal sealed class RequestWatches
{
    private readonly Dictionary<SessionBackend, WatchedSession> _watched = [];

    // Features are copied to other requests.
    private readonly RequestFeature _owner;

    private RequestWatches(RequestFeature owner) => _owner = owner;

    /// <summary>The watches of a request; null if it has none.</summary>
    public static RequestWatches? Of(RequestFeature request) =>
        request.IsWatched && request.Context.Features[typeof(RequestWatches)] is RequestWatches watches && watches._owner == request
            ? watches
            : null;

    /// <summary>
    /// Stops the watches of a connection that has closed and whose response never completes: that of a hub on long polling.
    /// </summary>
    public static void Stop(HttpContext? context)
    {
        if (context?.Features[typeof(RequestFeature)] is RequestFeature request)
        {
            lock (request.Lock)
            {
                Of(request)?.Stop();
            }
        }
    }

    /// <summary>Watches a session of a request until the request ends.</summary>
    public static WatchedSession Add(RequestFeature request, SessionBackend backend, SessionRecord session, int generation)
    {
        if (Of(request) is not { } watches)
        {
            request.Context.Features[typeof(RequestWatches)] = watches = new(request);
            request.IsWatched = true;
        }

        return watches._watched[backend] = backend.Watch.Add(session, generation);
    }

    public WatchedSession? Find(SessionBackend backend) => _watched.GetValueOrDefault(backend);

    public void Stop()
    {
        foreach (var watched in _watched.Values)
        {
            watched.Dispose();
        }
    }
}
