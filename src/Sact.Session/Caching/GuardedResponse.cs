using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Sact.Session;

/// <summary>
/// Takes the place of the server's response feature once the session is used, so that every <c>Cache-Control</c> and <c>Vary</c> is
/// restricted as it is written or read. Caches, MVC filters and callbacks that run later, or were registered earlier, all use this feature.
/// </summary>
/// <remarks>
/// Response caching decides at the first byte of the body, before any <c>OnStarting</c> callback, and may be inside or outside of whoever
/// uses the session. The body is left alone: a compressed, buffered or half-written one needs no care.
/// </remarks>
internal abstract class GuardedResponse : IHttpResponseFeature, IHeaderDictionary
{
    private IHttpResponseFeature? _server;

    public IHeaderDictionary Headers
    {
        get
        {
            BeforeAccess();
            return this;
        }
        set => Server.Headers = value;
    }

    public int StatusCode
    {
        get
        {
            BeforeAccess();
            return Server.StatusCode;
        }
        set
        {
            BeforeAccess();
            Server.StatusCode = value;
        }
    }

    public string? ReasonPhrase
    {
        get => Server.ReasonPhrase;
        set => Server.ReasonPhrase = value;
    }

    [Obsolete("The interface declares it so.")]
    public Stream Body
    {
        get => Server.Body;
        set => Server.Body = value;
    }

    bool IHttpResponseFeature.HasStarted
    {
        get
        {
            BeforeAccess();
            return Server.HasStarted;
        }
    }

    /// <summary>A length that no body has, where a cache compares the two in order to store the response.</summary>
    long? IHeaderDictionary.ContentLength
    {
        get => IsLengthHidden ? -1 : Server.Headers.ContentLength;
        set => Server.Headers.ContentLength = value;
    }

    ICollection<string> IDictionary<string, StringValues>.Keys => Server.Headers.Keys;

    ICollection<StringValues> IDictionary<string, StringValues>.Values => Server.Headers.Values;

    int ICollection<KeyValuePair<string, StringValues>>.Count => Server.Headers.Count;

    bool ICollection<KeyValuePair<string, StringValues>>.IsReadOnly => Server.Headers.IsReadOnly;

    StringValues IHeaderDictionary.this[string key]
    {
        get => Allowed(key, Server.Headers[key]);
        set => Server.Headers[key] = Allowed(key, value);
    }

    StringValues IDictionary<string, StringValues>.this[string key]
    {
        get => Allowed(key, Server.Headers[key]);
        set => Server.Headers[key] = Allowed(key, value);
    }

    public void OnStarting(Func<object, Task> callback, object state) => Server.OnStarting(callback, state);

    public void OnCompleted(Func<object, Task> callback, object state) => Server.OnCompleted(callback, state);

    void IDictionary<string, StringValues>.Add(string key, StringValues value) =>
        ((IDictionary<string, StringValues>)Server.Headers).Add(key, Allowed(key, value));

    bool IDictionary<string, StringValues>.ContainsKey(string key) => Server.Headers.ContainsKey(key);

    bool IDictionary<string, StringValues>.Remove(string key) => Server.Headers.Remove(key);

    bool IDictionary<string, StringValues>.TryGetValue(string key, [MaybeNullWhen(false)] out StringValues value)
    {
        bool found = Server.Headers.TryGetValue(key, out value);
        value = Allowed(key, value);
        return found;
    }

    void ICollection<KeyValuePair<string, StringValues>>.Add(KeyValuePair<string, StringValues> item) =>
        Server.Headers.Add(new KeyValuePair<string, StringValues>(item.Key, Allowed(item.Key, item.Value)));

    void ICollection<KeyValuePair<string, StringValues>>.Clear() => Server.Headers.Clear();

    bool ICollection<KeyValuePair<string, StringValues>>.Contains(KeyValuePair<string, StringValues> item) => Server.Headers.Contains(item);

    void ICollection<KeyValuePair<string, StringValues>>.CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex) =>
        Server.Headers.CopyTo(array, arrayIndex);

    bool ICollection<KeyValuePair<string, StringValues>>.Remove(KeyValuePair<string, StringValues> item) => Server.Headers.Remove(item);

    IEnumerator<KeyValuePair<string, StringValues>> IEnumerable<KeyValuePair<string, StringValues>>.GetEnumerator() =>
        Server.Headers.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Server.Headers.GetEnumerator();

    /// <summary>The response feature that was there before.</summary>
    protected IHttpResponseFeature Server => _server!;

    /// <summary>Whether a cache may have decided to store the response before the session was used.</summary>
    protected abstract bool IsLengthHidden { get; }

    /// <summary>Called before the status or the headers are used: an output cache may have been added since the last call.</summary>
    protected abstract void BeforeAccess();

    /// <summary>The part of a <c>Cache-Control</c> that the response may have.</summary>
    protected abstract StringValues AllowedCacheControl(StringValues value);

    /// <summary>The <c>Vary</c> that the response must have in place of a value.</summary>
    protected abstract StringValues AllowedVary(StringValues value);

    /// <summary>Takes the place of the response feature; the second call does nothing.</summary>
    protected void Guard(IFeatureCollection features)
    {
        if (_server is null)
        {
            _server = (IHttpResponseFeature)features[typeof(IHttpResponseFeature)]!;
            features[typeof(IHttpResponseFeature)] = this;
        }
    }

    private StringValues Allowed(string key, StringValues value) => key.Length switch
    {
        13 when key.Equals("Cache-Control", StringComparison.OrdinalIgnoreCase) => AllowedCacheControl(value),
        4 when key.Equals("Vary", StringComparison.OrdinalIgnoreCase) => AllowedVary(value),
        _ => value,
    };
}
