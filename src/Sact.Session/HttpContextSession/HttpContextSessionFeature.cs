using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>What gives a request its <c>HttpContext.Session</c>: made when somebody asks for it, stored before the response starts.</summary>
internal sealed class HttpContextSessionFeature(HttpContext context, HttpContextSessionBridge bridge) : ISessionFeature
{
    private ISession? _session;

    public ISession Session
    {
        get => _session ?? Interlocked.CompareExchange(ref _session, bridge.Open(context), null) ?? _session;
        set => _session = value;
    }

    /// <summary>What kept the session from being stored when the response was about to start; the client is given a 503.</summary>
    public SessionStoreException? Failure { get; private set; }

    /// <summary>Whether anybody has asked for the session.</summary>
    public bool IsTouched => _session is not null;

    public ValueTask StoreAsync() => _session switch
    {
        null => ValueTask.CompletedTask,
        HttpContextSession ours => ours.StoreAsync(CancellationToken.None),
        var others => new(others.CommitAsync(CancellationToken.None)),
    };

    public void Abandon() => (_session as HttpContextSession)?.Abandon();

    public void Tell(Exception fault) => HttpContextSessionLog.BridgeNotCommitted(bridge.Telemetry(context).Log, fault);

    /// <summary>
    /// The response is about to start. A fault thrown here would be a 500 on Kestrel, so the status is made a 503. The body is on its way already and goes out under it, with the headers that describe it: a length
    /// of our own would not hold back what a pipe has buffered, and the next answer on the connection would begin in its midst.
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
            Tell(fault);
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

/// <summary>Stands where <c>HttpContext.Session</c> will be, until <c>UseSactSession()</c> has its turn: says what to do instead of "not configured".</summary>
internal sealed class EarlySessionFeature : ISessionFeature
{
    private EarlySessionFeature()
    {
    }

    public static EarlySessionFeature Instance { get; } = new();

    public ISession Session
    {
        get => throw TooEarly();
        set => throw TooEarly();
    }

    private static InvalidOperationException TooEarly() => new(
        "HttpContext.Session was asked for before UseSactSession() had its turn, or on a branch without it. Call app.UseSactSession() before the middleware and the endpoints that use HttpContext.Session.");
}
