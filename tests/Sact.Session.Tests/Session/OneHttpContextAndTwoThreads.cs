using System.Collections;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// Two sessions of one request may be awaited in parallel, but an HttpContext is not thread-safe. So the library reads and writes it only
/// under the lock of the request.
/// </summary>
public sealed class OneHttpContextAndTwoThreads
{
    [Fact]
    public async Task TheContextIsNeverUsedWithoutTheLockOfTheRequest()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        await host.SignInAsync();
        var watched = new WatchedContext($"{host.Options.Cookie.Name}={id}");
        var session = new Session<ProbeStore>(watched.Context.Request, watched.Context.Response, host.Store, host.Options);
        watched.Begin();

        Assert.NotNull(await session.GetAsync());
        Assert.NotNull(await session.GetAsync(reload: true));
        session.GetSessionId();
        session.SetCookie();
        session.SetCustomCookie("theme", "dark");
        session.SetProtectedCookie("secret", "x");
        session.GetProtectedCookie("secret");
        session.GetCustomCookie("theme");
        Assert.True(await session.UpdateAsync(new() { ["a"] = 1 }));
        Assert.True(await session.RenewAsync());
        Assert.Equal(2, (await session.GetActiveSessionsAsync()).Count);
        Assert.Equal(1, await session.DeleteOtherSessionsAsync());
        Assert.True(await session.RenewAsync(immediately: true));
        await session.SetAsync("bob");
        await session.DeleteAsync();
        Assert.True(await session.StartAsync());
        Assert.Equal(0, await session.DeleteAllSessionsAsync());
        await watched.StartAsync();

        Assert.Empty(watched.Unlocked);
        Assert.NotEqual(0, watched.Uses);
    }

    /// <summary>A part of the pipeline may run on another HttpContext over the same features.</summary>
    [Fact]
    public async Task TheLockIsThatOfTheCallersRequestWhateverContextTheMiddlewareGets()
    {
        var host = new SessionHost();
        var watched = new WatchedContext($"{host.Options.Cookie.Name}={await host.SignInAsync()}");
        var session = new Session<ProbeStore>(watched.Context.Request, watched.Context.Response, host.Store, host.Options);
        Assert.NotNull(await session.GetAsync());
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSactSession();
        await using var provider = services.BuildServiceProvider();
        var application = new ApplicationBuilder(provider);
        application.UseSactSession();
        application.Run(_ =>
        {
            watched.Begin();
            return Task.CompletedTask;
        });

        await application.Build()(new DefaultHttpContext(watched) { RequestServices = provider });

        Assert.NotEqual(0, watched.Uses);
        Assert.DoesNotContain(watched.Unlocked, use => use.EndsWith("Headers", StringComparison.Ordinal));
    }

    /// <summary>
    /// The output cache middleware uses no lock. A task that started before it may look for the feature just before it exists, and read the
    /// revision just after.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "I7")]
    public async Task AnOutputCacheThatAppearsDuringTheLookupIsFound(bool countedFirst)
    {
        var host = new SessionHost();
        var watched = new WatchedContext($"{host.Options.Cookie.Name}={await host.SignInAsync()}");
        var cache = new Cache(new OutputCacheContext { HttpContext = watched.Context, AllowCacheStorage = true });
        var session = new Session<ProbeStore>(watched.Context.Request, watched.Context.Response, host.Store, host.Options);
        if (countedFirst)
        {
            // Kestrel and IIS use this order.
            watched.Uncounted = 1;
            await session.GetAsync();
            watched.Uncounted = 0;
            watched.Context.Features.Set<IOutputCacheFeature>(cache);
        }
        else
        {
            watched.AfterLookup = () => watched.Context.Features.Set<IOutputCacheFeature>(cache);
            await session.GetAsync();
        }

        await watched.StartAsync();

        Assert.False(cache.Context.AllowCacheStorage);
    }

    private sealed record Cache(OutputCacheContext Context) : IOutputCacheFeature;

    /// <summary>An HttpContext whose features and response record every use without the lock.</summary>
    private sealed class WatchedContext : IFeatureCollection, IHttpResponseFeature
    {
        private readonly FeatureCollection _features = new();
        private readonly HeaderDictionary _headers = [];
        private readonly List<(Func<object, Task> Callback, object State)> _onStarting = [];
        private bool _watching;

        public WatchedContext(string cookie)
        {
            _features.Set<IHttpRequestFeature>(
                new HttpRequestFeature
                {
                    Scheme = "https",
                    Headers = new HeaderDictionary { ["Cookie"] = cookie, ["Host"] = "example.test" },
                });
            _features.Set<IHttpResponseFeature>(this);
            _features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new MemoryStream()));
            Context = new DefaultHttpContext(this);
        }

        public DefaultHttpContext Context { get; }

        public ConcurrentQueue<string> Unlocked { get; } = [];

        public int Uses { get; private set; }

        /// <summary>A change that the revision already counts, but that is not yet made.</summary>
        public int Uncounted { get; set; }

        /// <summary>What another thread does right after the library has looked for the output cache and not found it.</summary>
        public Action? AfterLookup { get; set; }

        bool IFeatureCollection.IsReadOnly => false;

        int IFeatureCollection.Revision
        {
            get
            {
                RecordUse();
                return _features.Revision + Uncounted;
            }
        }

        int IHttpResponseFeature.StatusCode { get; set; } = 200;

        string? IHttpResponseFeature.ReasonPhrase { get; set; }

        IHeaderDictionary IHttpResponseFeature.Headers
        {
            get
            {
                RecordUse();
                return _headers;
            }
            set => throw new NotSupportedException();
        }

        [Obsolete("The member of the interface is obsolete.")]
        Stream IHttpResponseFeature.Body { get; set; } = Stream.Null;

        bool IHttpResponseFeature.HasStarted
        {
            get
            {
                RecordUse();
                return false;
            }
        }

        object? IFeatureCollection.this[Type key]
        {
            get
            {
                RecordUse();
                object? found = _features[key];
                if (key == typeof(IOutputCacheFeature) && AfterLookup is { } meanwhile)
                {
                    AfterLookup = null;
                    meanwhile();
                }

                return found;
            }
            set
            {
                RecordUse();
                _features[key] = value;
            }
        }

        public void Begin() => _watching = true;

        public async Task StartAsync()
        {
            foreach (var (callback, state) in Enumerable.Reverse(_onStarting))
            {
                await callback(state);
            }
        }

        TFeature? IFeatureCollection.Get<TFeature>()
            where TFeature : default
        {
            RecordUse();
            return _features.Get<TFeature>();
        }

        void IFeatureCollection.Set<TFeature>(TFeature? instance)
            where TFeature : default
        {
            RecordUse();
            _features.Set(instance);
        }

        void IHttpResponseFeature.OnStarting(Func<object, Task> callback, object state)
        {
            RecordUse();
            _onStarting.Add((callback, state));
        }

        void IHttpResponseFeature.OnCompleted(Func<object, Task> callback, object state) => RecordUse();

        IEnumerator<KeyValuePair<Type, object>> IEnumerable<KeyValuePair<Type, object>>.GetEnumerator() => _features.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => _features.GetEnumerator();

        private void RecordUse([CallerMemberName] string member = "")
        {
            if (_watching)
            {
                Uses++;
                if (!RequestLock.Of(Context).IsHeldByCurrentThread)
                {
                    Unlocked.Enqueue(member);
                }
            }
        }
    }
}
