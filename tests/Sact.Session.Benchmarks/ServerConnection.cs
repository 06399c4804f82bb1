using System.Collections;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary>
/// What a server keeps of one connection from request to request, as Kestrel does: the context, the features and the callbacks. So a
/// request costs what the pipeline costs, and next to nothing of the measure itself.
/// </summary>
internal sealed class ServerConnection
    : IFeatureCollection, IHttpRequestFeature, IHttpResponseFeature, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature
{
    private readonly List<KeyValuePair<Type, object>> _extra = [];
    private readonly Stack<KeyValuePair<Func<object, Task>, object>> _starting = new();
    private readonly Stack<KeyValuePair<Func<object, Task>, object>> _completed = new();
    private readonly HeaderDictionary _requestHeaders = [];
    private readonly HeaderDictionary _responseHeaders = [];
    private readonly DefaultHttpContext _context;
    private readonly IHttpContextAccessor? _accessor;
    private readonly RequestDelegate _run;
    private IHttpResponseFeature _response;
    private int _status = 200;

    public ServerConnection(IServiceProvider services, RequestDelegate run)
    {
        _run = run;
        _response = this;
        _accessor = services.GetService<IHttpContextAccessor>();
        _context = new DefaultHttpContext(this) { ServiceScopeFactory = services.GetRequiredService<IServiceScopeFactory>() };
        Stream = Stream.Null;
        Writer = PipeWriter.Create(Stream.Null);
    }

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public string Method { get; set; } = "GET";

    public string Path { get; set; } = "/";

    public string PathBase { get; set; } = "";

    public string Protocol { get; set; } = "HTTP/1.1";

    public string QueryString { get; set; } = "";

    public string RawTarget { get; set; } = "/";

    public string Scheme { get; set; } = "https";

    public bool HasStarted { get; private set; }

    public string? ReasonPhrase { get; set; }

    public PipeWriter Writer { get; }

    public Stream Stream { get; }

    public CancellationToken RequestAborted { get; set; }

    int IHttpResponseFeature.StatusCode
    {
        get => _status;
        set => _status = value;
    }

    IHeaderDictionary IHttpRequestFeature.Headers
    {
        get => _requestHeaders;
        set => throw new NotSupportedException();
    }

    IHeaderDictionary IHttpResponseFeature.Headers
    {
        get => _responseHeaders;
        set => throw new NotSupportedException();
    }

    Stream IHttpRequestFeature.Body
    {
        get => Stream.Null;
        set => throw new NotSupportedException();
    }

    Stream IHttpResponseFeature.Body
    {
        get => Stream;
        set => throw new NotSupportedException();
    }

    public object? this[Type key]
    {
        get
        {
            if (key == typeof(IHttpResponseFeature))
            {
                return _response;
            }

            if (key == typeof(IHttpRequestFeature) || key == typeof(IHttpResponseBodyFeature) || key == typeof(IHttpRequestLifetimeFeature))
            {
                return this;
            }

            foreach (var (type, feature) in _extra)
            {
                if (type == key)
                {
                    return feature;
                }
            }

            return null;
        }

        set
        {
            // Without a closure: a server's own collection makes none either.
            Revision++;
            if (key == typeof(IHttpResponseFeature))
            {
                _response = (IHttpResponseFeature?)value ?? this;
                return;
            }

            for (int i = 0; i < _extra.Count; i++)
            {
                if (_extra[i].Key == key)
                {
                    _extra.RemoveAt(i);
                    break;
                }
            }

            if (value is not null)
            {
                _extra.Add(new(key, value));
            }
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _extra.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Push(new(callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Push(new(callback, state));

    public void DisableBuffering()
    {
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        HasStarted = true;
        while (_starting.TryPop(out var callback))
        {
            await callback.Key(callback.Value);
        }
    }

    public Task CompleteAsync() => StartAsync();

    public void Abort()
    {
    }

    /// <summary>One request. The answer's headers are good until the next.</summary>
    public async ValueTask<IHeaderDictionary> SendAsync(string? cookie)
    {
        _extra.Clear();
        _response = this;
        _responseHeaders.Clear();
        _requestHeaders.Clear();
        _status = 200;
        HasStarted = false;
        RequestAborted = CancellationToken.None;
        if (cookie is not null)
        {
            ((IHeaderDictionary)_requestHeaders).Cookie = cookie;
        }

        Revision++;
        _context.Initialize(this);
        if (_accessor is not null)
        {
            _accessor.HttpContext = _context;
        }

        try
        {
            await _run(_context);
            if (!HasStarted)
            {
                await StartAsync();
            }
        }
        finally
        {
            while (_completed.TryPop(out var callback))
            {
                await callback.Key(callback.Value);
            }

            if (_accessor is not null)
            {
                _accessor.HttpContext = null;
            }

            _context.Uninitialize();
        }

        return _responseHeaders;
    }
}
