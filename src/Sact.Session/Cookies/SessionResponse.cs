using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Sact.Session;

/// <summary>
/// What the library does to one response, kept as a request feature: its cookies, one <c>Set-Cookie</c> per name, and what caches are told. Written to the headers at once, and once
/// more when the response starts, because an exception handler clears headers before it runs the request again.
/// </summary>
internal sealed class SessionResponse
{
    private readonly SessionTelemetry _telemetry;

    // The session id among them.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private KeyValuePair<string, string>[] _cookies = [];

    private bool _asked;
    private bool _readUser;
    private bool _forbidStoring;
    private bool _clearCache;
    private volatile bool _ended;

    private SessionResponse(HttpContext context, SessionTelemetry telemetry)
    {
        Context = context;
        _telemetry = telemetry;
    }

    /// <summary>
    /// The request's context, and the lock for whatever is looked up in it or written to it: its first look at a feature, and every one after a feature was added, is not made for two threads, and two
    /// sessions of one request may be awaited side by side.
    /// </summary>
    public HttpContext Context { get; }

    /// <summary>The session of the request, or a list of them where there are several registrations: kept here, so that a request costs one feature.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public object? Sessions { get; set; }

    public bool HasStarted
    {
        get
        {
            lock (Context)
            {
                return Context.Response.HasStarted;
            }
        }
    }

    /// <summary>Whether the request is over. Its context may be serving another one by now.</summary>
    public bool HasEnded => _ended;

    public static SessionResponse Of(HttpContext context, SessionTelemetry telemetry)
    {
        lock (context)
        {
            if (context.Features.Get<SessionResponse>() is { } response)
            {
                return response;
            }

            response = new SessionResponse(context, telemetry);
            context.Features.Set(response);
            context.Response.OnCompleted(static state =>
            {
                ((SessionResponse)state).End();
                return Task.CompletedTask;
            }, response);
            return response;
        }
    }

    /// <summary>
    /// On the way out: an answer without a body starts only after the caches that stand outside have decided whether to keep it. Nothing where nobody asked.
    /// </summary>
    public static void SettleBeforeCaches(HttpContext context)
    {
        if (context.Features.Get<SessionResponse>() is { _asked: true, _ended: false } response && !context.Response.HasStarted)
        {
            response.Settle(starting: true);
        }
    }

    /// <summary>The first byte of the body is about to be written.</summary>
    public void SettleNow() => Settle(starting: true);

    /// <summary>Somebody asked for the session: the answer depends on the cookie, and is nobody else's.</summary>
    public void Asked()
    {
        lock (Context)
        {
            ThrowIfEnded();

            // Each time: the output cache may stand between the first who asks and the next.
            StopOutputCache();
            if (_asked)
            {
                return;
            }

            _asked = true;
            SettlingStream.Precede(this);
            if (!HasStarted)
            {
                Context.Response.OnStarting(static state =>
                {
                    ((SessionResponse)state).Settle(starting: true);
                    return Task.CompletedTask;
                }, this);
                Settle(starting: false);
            }
        }
    }

    /// <summary>A session's data was read.</summary>
    public void ReadUser() => Mark(ref _readUser);

    /// <summary>A secret is in the response: no cache may keep it.</summary>
    public void ForbidStoring() => Mark(ref _forbidStoring);

    /// <summary>Somebody signed out, and the browser is to forget the pages it keeps.</summary>
    public void ClearCache() => Mark(ref _clearCache);

    public void SetCookie(string name, string header)
    {
        Asked();
        lock (Context)
        {
            ThrowIfStarted();
            _cookies = _cookies.Length == 0 ? [new(name, header)] : With(name, header);
            Settle(starting: false);
        }
    }

    /// <summary>Looks at the request; <c>default</c> once it has ended, because its context may be serving another one by then.</summary>
    public T? Look<T>(Func<HttpContext, T> look)
    {
        lock (Context)
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

    // Under the lock, so that nothing is written to the headers of a context that has gone on to its next request.
    private void End()
    {
        lock (Context)
        {
            _ended = true;
        }
    }

    private void Mark(ref bool flag)
    {
        lock (Context)
        {
            if (!flag && !_ended)
            {
                flag = true;
                if (_asked && !HasStarted)
                {
                    Settle(starting: false);
                }
            }
        }
    }

    // The output cache stores whatever its policy allows, whatever the headers say. Where it runs inside of who asked, its feature is there only by the time the response starts.
    private void StopOutputCache()
    {
        if (Context.Features.Get<IOutputCacheFeature>() is { } cache)
        {
            cache.Context.AllowCacheStorage = false;
        }
    }

    private void Settle(bool starting)
    {
        lock (Context)
        {
            var headers = Context.Response.Headers;
            if (starting)
            {
                StopOutputCache();
            }

            if (_cookies.Length > 0)
            {
                PutCookies(headers, _cookies);
            }

            if (!VariesByCookie(headers.Vary))
            {
                headers.Vary = StringValues.Concat(headers.Vary, "Cookie");
            }

            if (_clearCache)
            {
                headers["Clear-Site-Data"] = "\"cache\"";
            }

            if (_forbidStoring)
            {
                headers.CacheControl = "no-store";
            }
            else if (_readUser)
            {
                KeepPrivate(headers);
            }
        }
    }

    private static bool VariesByCookie(StringValues vary)
    {
        foreach (string? header in vary)
        {
            if (header is null)
            {
                continue;
            }

            if (header == "Cookie" || header.Contains('*', StringComparison.Ordinal))
            {
                return true;
            }

            foreach (var name in header.AsSpan().Split(','))
            {
                if (header.AsSpan(name).Trim().Equals("Cookie", StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void KeepPrivate(IHeaderDictionary headers)
    {
        string text = headers.CacheControl.ToString();
        if (text == "no-store")
        {
            return;
        }

        // What cannot be read may mean anything to a cache, so it is not left standing.
        if (text.Length == 0 || !CacheControlHeaderValue.TryParse(text, out var said))
        {
            headers.CacheControl = "no-store";
        }
        else if (!said.Private && !said.NoStore && !said.NoCache)
        {
            bool shared = said.Public || said.SharedMaxAge is not null;
            said.Public = false;
            said.SharedMaxAge = null;
            said.Private = true;
            headers.CacheControl = said.ToString();
            if (shared)
            {
                _telemetry.PublicMadePrivate();
            }
        }
    }

    private KeyValuePair<string, string>[] With(string name, string header) => [.. _cookies.Where(cookie => cookie.Key != name), new(name, header)];

    private static void PutCookies(IHeaderDictionary headers, KeyValuePair<string, string>[] cookies)
    {
        if (StringValues.IsNullOrEmpty(headers.SetCookie) && cookies.Length == 1)
        {
            headers.SetCookie = cookies[0].Value;
            return;
        }

        if (headers.SetCookie.Count == 1 && cookies.Length == 1 && ReferenceEquals(headers.SetCookie[0], cookies[0].Value))
        {
            return;
        }

        PutMore(headers, cookies);
    }

    private static void PutMore(IHeaderDictionary headers, KeyValuePair<string, string>[] cookies)
    {
        var kept = headers.SetCookie.Where(header => header is not null && !Array.Exists(cookies, cookie => IsOf(header, cookie.Key)));
        headers.SetCookie = new StringValues([.. kept, .. cookies.Select(static cookie => cookie.Value)]);
    }

    // A header that lacks the '=' is a name.
    private static bool IsOf(string header, string name) => header.StartsWith(name, StringComparison.Ordinal) && (header.Length == name.Length || header[name.Length] == '=');
}
