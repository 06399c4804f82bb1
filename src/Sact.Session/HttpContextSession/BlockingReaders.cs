using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The endpoints whose last request read <c>HttpContext.Session</c> synchronously and had to wait for the store. Their next request reads
/// it asynchronously, before the endpoint runs.
/// </summary>
/// <remarks>
/// <para>A synchronous read blocks a thread of the pool until the store answers. A burst of them leaves no thread that could take the
/// answers, which then come after <c>StoreTimeout</c> although the store is healthy.</para>
/// <para>Nothing announces which endpoints use the session, and an endpoint that does not use it must not pay for a read. So they are
/// learned: one waiting read is enough, and one read that nobody used is enough to forget the endpoint again.</para>
/// </remarks>
internal sealed class BlockingReaders
{
    // A request without an endpoint is known by its path. The limits bound the memory; a client cannot choose endpoints, but paths.
    private const int MaxPaths = 1000;
    private const int MaxPathLength = 256;

    private readonly ConditionalWeakTable<Endpoint, BlockingReaders> _endpoints = [];
    private readonly ConcurrentDictionary<(string? Base, string? Path), bool> _paths = new();

    // Whether routing runs before the session middleware, as WebApplication has it unless the application calls UseRouting().
    private volatile bool _seesEndpoints;

    public bool Contains(HttpContext context)
    {
        if (context.GetEndpoint() is not { } endpoint)
        {
            return !_paths.IsEmpty && _paths.ContainsKey(KeyOf(context));
        }

        _seesEndpoints = true;
        return _endpoints.TryGetValue(endpoint, out _);
    }

    public void Add(HttpContext context)
    {
        if (_seesEndpoints && context.GetEndpoint() is { } endpoint)
        {
            _endpoints.AddOrUpdate(endpoint, this);
        }
        else if (KeyOf(context) is var key && (key.Base?.Length ?? 0) + (key.Path?.Length ?? 0) <= MaxPathLength)
        {
            // A path such as /orders/{id} has any number of values. Whatever is in use is soon learned again.
            if (_paths.Count >= MaxPaths)
            {
                _paths.Clear();
            }

            _paths[key] = true;
        }
    }

    public void Remove(HttpContext context)
    {
        if (_seesEndpoints && context.GetEndpoint() is { } endpoint)
        {
            _endpoints.Remove(endpoint);
        }
        else
        {
            _paths.TryRemove(KeyOf(context), out _);
        }
    }

    private static (string? Base, string? Path) KeyOf(HttpContext context) => (context.Request.PathBase.Value, context.Request.Path.Value);
}
