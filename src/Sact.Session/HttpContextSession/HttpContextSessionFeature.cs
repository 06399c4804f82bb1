using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>Provides <c>HttpContext.Session</c> of a request: created at the first use, stored before the response starts.</summary>
internal sealed class HttpContextSessionFeature(HttpContext context, HttpContextSessionBridge bridge) : ISessionFeature
{
    private ISession? _session;

    public ISession Session
    {
        get => _session ?? Interlocked.CompareExchange(ref _session, bridge.Open(context), null) ?? _session;
        set => _session = value;
    }

    /// <summary>
    /// Why the session could not be stored before the response started; the client receives a 503. Null if it was stored.
    /// </summary>
    public SessionStoreException? Failure { get; private set; }

    /// <summary>Whether the session was used.</summary>
    public bool IsTouched => _session is not null;

    /// <summary>Whether this is the session of a request: false if the request has only a copy of the features of another one.</summary>
    public bool IsOf(HttpContext other) => RequestIdentity.IsSame(context, other);

    /// <summary>Whether a synchronous member of the session was called.</summary>
    public bool IsRead => _session is HttpContextSession { IsRead: true };

    /// <summary>
    /// Reads the session before the endpoint runs. The session keeps a fault of the store for the member that needs it: the endpoint may
    /// not use the session, and a disconnected client must not keep the endpoint from its work either.
    /// </summary>
    public async ValueTask LoadEarlyAsync()
    {
        try
        {
            if (Session is HttpContextSession ours)
            {
                await ours.LoadEarlyAsync().ConfigureAwait(false);
            }
        }
        catch (Exception fault) when (fault is SessionStoreException or OperationCanceledException)
        {
        }
    }

    public ValueTask StoreAsync() => _session switch
    {
        null => ValueTask.CompletedTask,
        HttpContextSession ours => ours.StoreAsync(CancellationToken.None),
        var others => new(others.CommitAsync(CancellationToken.None)),
    };

    public void Abandon() => (_session as HttpContextSession)?.Abandon();

    public void LogFailure(Exception fault)
    {
        // A refusal by the limit has an event of its own, once per minute.
        if (fault is not AnonymousSessionLimitException)
        {
            HttpContextSessionLog.BridgeNotCommitted(bridge.Telemetry(context).Log, fault);
        }
    }

    /// <summary>
    /// Stores the session before the response starts. An exception here would be a 500 on Kestrel, so the status becomes 503. The body that
    /// is already written is sent under that status with its own headers: another length would not stop what a pipe has buffered, and would
    /// break the connection.
    /// </summary>
    public async Task StoreBeforeStartAsync()
    {
        try
        {
            await StoreAsync().ConfigureAwait(false);
        }
        catch (SessionStoreException fault)
        {
            Failure = fault;
            Abandon();
            LogFailure(fault);
            var response = context.Response;
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            if (context.Features.Get<IHttpResponseFeature>() is { } feature)
            {
                feature.ReasonPhrase = null;
            }

            response.Headers.CacheControl = "no-store";
            response.Headers.Location = default;
            response.Headers.ETag = default;
            response.Headers.LastModified = default;
            response.Headers.Expires = default;
        }
        catch
        {
            Abandon();
            throw;
        }
    }
}
