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

    /// <summary>What kept the session from being stored when the response was about to start; the client has been given a 503 in its place.</summary>
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

    public void Tell(Exception fault) => bridge.Telemetry(context).BridgeNotCommitted(fault);

    /// <summary>
    /// The response is about to start. A fault thrown here would be a 500 on Kestrel, so the response itself is made the 503: without a body, of which the server lets no byte pass.
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
            response.Headers.Clear();
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            if (context.Features.Get<IHttpResponseFeature>() is { } feature)
            {
                feature.ReasonPhrase = null;
            }

            response.Headers.CacheControl = "no-store";
            response.ContentLength = 0;

            // Cookies that were set before, the deletion at a sign-out above all.
            context.Features.Get<SessionResponse>()?.SettleNow();
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
