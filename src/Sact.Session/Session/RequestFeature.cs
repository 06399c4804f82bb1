using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.ResponseCaching;
using Microsoft.Extensions.Primitives;

namespace Sact.Session;

/// <summary>
/// What the library keeps of one request and its response: the sessions, the cookies and what caches are told. The headers are written at
/// once, and once more when the response starts, because an exception handler clears them before it runs the request again.
/// </summary>
/// <remarks>It is the guard of the response as well, so that a request allocates one object for all of this.</remarks>
internal sealed class RequestFeature : GuardedResponse
{
    private readonly SessionTelemetry _telemetry;

    // In this order the small ones share one word: 8 B less for each request.
    private CachePermissions _caches;
    private OutputCacheSwitch _outputCache = new();
    private PendingCookies _cookies = new();
    private Marks _marks;
    private volatile bool _ended;

    // In one byte, for the same reason.
    [Flags]
    private enum Marks : byte
    {
        Guarded = 1,
        UsedLate = 2,
        Watched = 4,
    }

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
    private SessionsOf? OtherSessions => Context.Features[typeof(SessionsOf)] is SessionsOf others && others.Owner == this ? others : null;

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

    /// <summary>Whether <see cref="RequestWatches"/> may have a session of the request.</summary>
    public bool IsWatched
    {
        get => Has(Marks.Watched);
        set => Set(Marks.Watched, value);
    }

    /// <summary>Whether the request is over. Its context may be serving another one by now.</summary>
    public bool HasEnded => _ended;

    /// <summary>The feature of a context, created at the first call. The caller holds the lock.</summary>
    public static RequestFeature Of(HttpContext context, SessionTelemetry telemetry)
    {
        // By the indexer, here as below: the generic methods are dispatched at run time, and cost three times as much.
        if (context.Features[typeof(RequestFeature)] is RequestFeature response && response.IsOf(context))
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
            Context.Features[typeof(SessionsOf)] = others = new(this);
        }

        others.Add(session);
    }

    /// <summary>
    /// On the way out: a response without a body starts only after the caches outside have decided whether to store it. Nothing where no
    /// session was used.
    /// </summary>
    public static void FinishHeadersBeforeCaches(HttpContext context)
    {
        if (context.Features[typeof(RequestFeature)] is RequestFeature { IsGuarded: true, _ended: false } response)
        {
            // The lock of the feature's context, which may be another one over the same features.
            lock (response.Lock)
            {
                if (!response.Started)
                {
                    response.FinishHeaders();
                }
            }
        }
    }

    /// <summary>
    /// The session is used: the response depends on the cookie, and no other user may receive it. The caller holds the lock.
    /// </summary>
    public void MarkUsed()
    {
        GuardResponse();
        Mark(SessionUse.ReadCookie);
    }

    /// <summary>A session's data was read.</summary>
    public void MarkUserRead() => Mark(SessionUse.ReadUser);

    /// <summary>A secret is in the response: no cache may keep it.</summary>
    public void ForbidStoring() => Mark(SessionUse.SendSecret);

    /// <summary>Somebody signed out, and the browser removes the pages that it keeps.</summary>
    public void ClearSiteData() => Mark(SessionUse.ClearBrowserCache);

    /// <summary>Whether <see cref="DeleteLeftovers"/> was called for this name. The caller holds the lock.</summary>
    public bool DeletesLeftoversOf(string name) => _cookies.DeletesLeftoversOf(name);

    /// <summary>
    /// Deletes cookies of other scopes. A client that does not tell the scopes apart keeps the cookie that follows, so they come first.
    /// </summary>
    public void DeleteLeftovers(string[] headers)
    {
        lock (Lock)
        {
            GuardResponse();
            if (Started)
            {
                return;
            }

            _cookies.AddFirst(headers);
            _caches.Add(SessionUse.SendSecret);
            WriteHeaders();
        }
    }

    /// <param name="name">The cookie's name.</param>
    /// <param name="header">The whole header.</param>
    /// <param name="secret">Whether no cache may keep the response for it.</param>
    public void SetCookie(string name, string header, bool secret)
    {
        lock (Lock)
        {
            GuardResponse();
            ThrowIfStarted();
            _cookies.Set(name, header);
            if (secret)
            {
                _caches.Add(SessionUse.SendSecret);
            }

            WriteHeaders();
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
            throw new InvalidOperationException(
                "The session was used after its request had ended. Take what you need from it before, or await the work in the request.");
        }
    }

    public void ThrowIfStarted()
    {
        ThrowIfEnded();
        if (HasStarted)
        {
            throw new InvalidOperationException(
                "The response has started, so no cookie can be sent any more. "
                + "Sign in, renew and set cookies before the first byte of the body is written.");
        }
    }

    protected override bool IsLengthHidden => !_ended && (Has(Marks.UsedLate) || Server.HasStarted)
        && (Context.Features[typeof(IResponseCachingFeature)] ?? Context.Features[typeof(IOutputCacheFeature)]) is not null;

    protected override void BeforeAccess()
    {
        if (!_ended)
        {
            _outputCache.TurnOff(Context.Features, always: false);
        }
    }

    protected override StringValues AllowedCacheControl(StringValues value)
    {
        if (_ended)
        {
            return value;
        }

        var allowed = _caches.Restrict(value, out bool wasShared);
        if (wasShared)
        {
            _telemetry.PublicMadePrivate();
        }

        return allowed;
    }

    // An empty value removes the header. It returns when the response starts.
    protected override StringValues AllowedVary(StringValues value) =>
        _ended || StringValues.IsNullOrEmpty(value) ? value : VaryRule.WithCookie(value);

    private bool Started => Context.Response.HasStarted;

    private bool IsGuarded => Has(Marks.Guarded);

    /// <summary>
    /// Whether a context is of this request, or only has a copy of its features. A request that has ended is not looked at: whoever still
    /// has a part of it gets the exception that says so.
    /// </summary>
    private bool IsOf(HttpContext context)
    {
        if (ReferenceEquals(Context, context) || _ended)
        {
            return true;
        }

        try
        {
            return RequestIdentity.IsSame(Context, context);
        }
        catch (ObjectDisposedException)
        {
            // The request has ended just now.
            return true;
        }
    }

    // Not HasFlag, which allocates until the code is optimised.
    private bool Has(Marks mark) => (_marks & mark) != 0;

    private void Set(Marks mark, bool value) => _marks = value ? _marks | mark : _marks & ~mark;

    private void GuardResponse()
    {
        ThrowIfEnded();

        // Each time: the output cache may have been added since the first use.
        _outputCache.TurnOff(Context.Features, always: false);
        if (IsGuarded)
        {
            return;
        }

        bool started = Started;
        Guard(Context.Features);
        Set(Marks.Guarded, true);

        // Response caching writes the date when it decides to store. A buffer outside of it may delay the start.
        bool isUsedLate = started
            || (Context.Features[typeof(IResponseCachingFeature)] is not null && !StringValues.IsNullOrEmpty(Server.Headers.Date));
        Set(Marks.UsedLate, isUsedLate);
        if (!started)
        {
            OnStarting(static state =>
            {
                ((RequestFeature)state).FinishHeaders();
                return Task.CompletedTask;
            }, this);
            WriteHeaders();
        }
    }

    private void FinishHeaders()
    {
        lock (Lock)
        {
            _outputCache.TurnOff(Context.Features, always: true);
            WriteHeaders();
            CachePermissions.Finish(Server.Headers);
        }
    }

    private void WriteHeaders()
    {
        _cookies.PutInto(Server.Headers);
        WriteCacheHeaders();
    }

    private void WriteCacheHeaders()
    {
        if (_caches.WriteTo(Server.Headers))
        {
            _telemetry.PublicMadePrivate();
        }
    }

    // Under the lock, so that nothing is written to the headers of a context that serves its next request.
    private void End()
    {
        lock (Lock)
        {
            _ended = true;
            RequestWatches.Of(this)?.Stop();
        }
    }

    private void Mark(SessionUse use)
    {
        lock (Lock)
        {
            if (!_ended && _caches.Add(use) && IsGuarded && !Started)
            {
                WriteCacheHeaders();
            }
        }
    }

    /// <summary>The further sessions of one request. They name their owner, because features are copied to other requests.</summary>
    private sealed class SessionsOf(RequestFeature owner) : List<RequestSession>
    {
        public RequestFeature Owner { get; } = owner;
    }
}
