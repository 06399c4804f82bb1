using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;

namespace Sact.Session;

/// <summary>
/// What the library does to one response, kept as a request feature: its cookies, one <c>Set-Cookie</c> per name, and what caches are told.
/// Written to the headers at once, and once more when the response starts, because an exception handler clears headers before it runs the
/// request again.
/// </summary>
internal sealed partial class RequestFeature
{
    private readonly SessionTelemetry _telemetry;

    // The session id among them.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private KeyValuePair<string, string>[] _cookies = [];

    // Which revision of the request's features was seen to have no output cache among them: until the next change it still has none.
    private int _revisionWithoutCache = -1;
    private bool _asked;
    private bool _readUser;
    private bool _forbidStoring;
    private bool _clearCache;
    private volatile bool _ended;

    private RequestFeature(HttpContext context, SessionTelemetry telemetry)
    {
        Context = context;
        _telemetry = telemetry;
    }

    /// <summary>The context of the request. Hold <see cref="Lock"/> for every access.</summary>
    public HttpContext Context { get; }

    /// <summary>The lock of the request.</summary>
    public Lock Lock => RequestLock.Of(Context);

    /// <summary>
    /// The first session of the request, kept here so that a request has one feature of this library; null until there is one.
    /// </summary>
    public RequestSession? FirstSession { get; private set; }

    /// <summary>The sessions of further registrations. Few applications have them, so they are a feature of their own.</summary>
    private List<RequestSession>? OtherSessions => (List<RequestSession>?)Context.Features[typeof(List<RequestSession>)];

    public bool HasStarted
    {
        get
        {
            lock (Lock)
            {
                return Started;
            }
        }
    }

    /// <summary>Whether the request is over. Its context may be serving another one by now.</summary>
    public bool HasEnded => _ended;

    /// <summary>That of a context, made at the first ask. The caller holds the lock.</summary>
    public static RequestFeature Of(HttpContext context, SessionTelemetry telemetry)
    {
        // By the indexer, here as below: the generic methods are dispatched at run time, and cost three times as much.
        if (context.Features[typeof(RequestFeature)] is RequestFeature response)
        {
            return response;
        }

        response = new RequestFeature(context, telemetry);
        context.Features[typeof(RequestFeature)] = response;
        context.Response.OnCompleted(static state =>
        {
            ((RequestFeature)state).End();
            return Task.CompletedTask;
        }, response);
        return response;
    }

    /// <summary>The session of a registration; null until it is added. The caller holds the lock.</summary>
    public RequestSession? SessionOf(SessionBackend backend) => ReferenceEquals(FirstSession?.Backend, backend)
        ? FirstSession
        : OtherSessions?.Find(session => ReferenceEquals(session.Backend, backend));

    /// <summary>Adds the session of a registration. The caller holds the lock.</summary>
    public void Add(RequestSession session)
    {
        if (FirstSession is null)
        {
            FirstSession = session;
            return;
        }

        if (OtherSessions is not { } others)
        {
            Context.Features[typeof(List<RequestSession>)] = others = [];
        }

        others.Add(session);
    }

    /// <summary>
    /// On the way out: an answer without a body starts only after the caches that stand outside have decided whether to keep it. Nothing
    /// where nobody asked.
    /// </summary>
    public static void FinishHeadersBeforeCaches(HttpContext context)
    {
        if (context.Features[typeof(RequestFeature)] is RequestFeature { _asked: true, _ended: false } response)
        {
            // Its own, which may be another over the same features.
            lock (response.Lock)
            {
                if (!response.Started)
                {
                    response.WriteHeaders(starting: true);
                }
            }
        }
    }

    /// <summary>The first byte of the body is about to be written.</summary>
    public void FinishHeaders()
    {
        lock (Lock)
        {
            WriteHeaders(starting: true);
        }
    }

    /// <summary>
    /// Somebody asked for the session: the answer depends on the cookie, and is nobody else's. The caller holds the lock.
    /// </summary>
    public void MarkUsed()
    {
        ThrowIfEnded();

        // Each time: the output cache may stand between the first who asks and the next.
        StopOutputCache();
        if (_asked)
        {
            return;
        }

        _asked = true;
        HeaderFinishingStream.Precede(this);
        if (!Started)
        {
            Context.Response.OnStarting(static state =>
            {
                ((RequestFeature)state).FinishHeaders();
                return Task.CompletedTask;
            }, this);
            WriteHeaders(starting: false);
        }
    }

    /// <summary>A session's data was read.</summary>
    public void MarkUserRead() => Mark(ref _readUser);

    /// <summary>A secret is in the response: no cache may keep it.</summary>
    public void ForbidStoring() => Mark(ref _forbidStoring);

    /// <summary>Somebody signed out, and the browser is to forget the pages it keeps.</summary>
    public void ClearSiteData() => Mark(ref _clearCache);

    /// <param name="name">The cookie's name.</param>
    /// <param name="header">The whole header.</param>
    /// <param name="secret">Whether no cache may keep the response for it.</param>
    public void SetCookie(string name, string header, bool secret)
    {
        lock (Lock)
        {
            MarkUsed();
            ThrowIfStarted();
            _cookies = _cookies.Length == 0 ? [new(name, header)] : With(name, header);
            _forbidStoring |= secret;
            WriteHeaders(starting: false);
        }
    }

    /// <summary>Looks at the request; <c>default</c> once it has ended, because its context may be serving another one by then.</summary>
    public T? Read<T>(Func<HttpContext, T> look)
    {
        lock (Lock)
        {
            return _ended ? default : look(Context);
        }
    }

    public void ThrowIfEnded()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The session was used after its request had ended. Take what you need from it before, or await the work in the request.");
        }
    }

    public void ThrowIfStarted()
    {
        ThrowIfEnded();
        if (HasStarted)
        {
            throw new InvalidOperationException("The response has started, so no cookie can be sent any more. Sign in, renew and set cookies before the first byte of the body is written.");
        }
    }

    private bool Started => Context.Response.HasStarted;

    // Under the lock, so that nothing is written to the headers of a context that has gone on to its next request.
    private void End()
    {
        lock (Lock)
        {
            _ended = true;
        }
    }

    private void Mark(ref bool flag)
    {
        lock (Lock)
        {
            if (!flag && !_ended)
            {
                flag = true;
                if (_asked && !Started)
                {
                    WriteCacheHeaders(Context.Response.Headers);
                }
            }
        }
    }
}
