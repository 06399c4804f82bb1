using System.Collections;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests.Races;

/// <summary>Two sessions of one request may be awaited side by side, and a context is not made for two threads: whatever the library looks up in it or writes to it, it does under the lock of the request.</summary>
public sealed class OneContextTwoThreads
{
    [Fact]
    public async Task IsNeverLookedAtWithoutItsLock()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        await bed.SignInAsync();
        var watched = new Watched($"{bed.Options.Cookie.Name}={id}");
        var session = new Session<ProbeStore>(watched.Context.Request, watched.Context.Response, bed.Store, bed.Options);
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
        Assert.NotEqual(0, watched.Looks);
    }

    /// <summary>As where a part of the pipeline runs on a context of its own over the same features.</summary>
    [Fact]
    public async Task IsTheOneThatAskedWhicheverContextTheMiddlewareIsGiven()
    {
        var bed = new Bed();
        var watched = new Watched($"{bed.Options.Cookie.Name}={await bed.SignInAsync()}");
        var session = new Session<ProbeStore>(watched.Context.Request, watched.Context.Response, bed.Store, bed.Options);
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

        Assert.NotEqual(0, watched.Looks);
        Assert.DoesNotContain(watched.Unlocked, look => look.EndsWith("Headers", StringComparison.Ordinal));
    }

    /// <summary>The output cache's middleware knows no lock: a task that was begun before it and asks meanwhile may look just before the feature is there, and count just after.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "I7")]
    public async Task FindsTheOutputCacheThatComesWhileItLooks(bool countedFirst)
    {
        var bed = new Bed();
        var watched = new Watched($"{bed.Options.Cookie.Name}={await bed.SignInAsync()}");
        var cache = new Cache(new OutputCacheContext { HttpContext = watched.Context, AllowCacheStorage = true });
        var session = new Session<ProbeStore>(watched.Context.Request, watched.Context.Response, bed.Store, bed.Options);
        if (countedFirst)
        {
            // In this order Kestrel and IIS do it.
            watched.Uncounted = 1;
            await session.GetAsync();
            watched.Uncounted = 0;
            watched.Context.Features.Set<IOutputCacheFeature>(cache);
        }
        else
        {
            watched.AfterLook = () => watched.Context.Features.Set<IOutputCacheFeature>(cache);
            await session.GetAsync();
        }

        await watched.StartAsync();

        Assert.False(cache.Context.AllowCacheStorage);
    }

    private sealed record Cache(OutputCacheContext Context) : IOutputCacheFeature;

    /// <summary>A context whose features and response tell of every look that was made without the lock.</summary>
    private sealed class Watched : IFeatureCollection, IHttpResponseFeature
    {
        private readonly FeatureCollection _features = new();
        private readonly HeaderDictionary _headers = [];
        private readonly List<(Func<object, Task> Callback, object State)> _onStarting = [];
        private bool _watching;

        public Watched(string cookie)
        {
            _features.Set<IHttpRequestFeature>(new HttpRequestFeature { Scheme = "https", Headers = new HeaderDictionary { ["Cookie"] = cookie, ["Host"] = "example.test" } });
            _features.Set<IHttpResponseFeature>(this);
            _features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new MemoryStream()));
            Context = new DefaultHttpContext(this);
        }

        public DefaultHttpContext Context { get; }

        public ConcurrentQueue<string> Unlocked { get; } = [];

        public int Looks { get; private set; }

        /// <summary>A change that is counted already, and not yet made.</summary>
        public int Uncounted { get; set; }

        /// <summary>What another thread does as soon as the output cache has been looked for, and not found.</summary>
        public Action? AfterLook { get; set; }

        bool IFeatureCollection.IsReadOnly => false;

        int IFeatureCollection.Revision
        {
            get
            {
                Look();
                return _features.Revision + Uncounted;
            }
        }

        int IHttpResponseFeature.StatusCode { get; set; } = 200;

        string? IHttpResponseFeature.ReasonPhrase { get; set; }

        IHeaderDictionary IHttpResponseFeature.Headers
        {
            get
            {
                Look();
                return _headers;
            }
            set => throw new NotSupportedException();
        }

        [Obsolete("As the interface's own.")]
        Stream IHttpResponseFeature.Body { get; set; } = Stream.Null;

        bool IHttpResponseFeature.HasStarted
        {
            get
            {
                Look();
                return false;
            }
        }

        object? IFeatureCollection.this[Type key]
        {
            get
            {
                Look();
                object? found = _features[key];
                if (key == typeof(IOutputCacheFeature) && AfterLook is { } meanwhile)
                {
                    AfterLook = null;
                    meanwhile();
                }

                return found;
            }
            set
            {
                Look();
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
            Look();
            return _features.Get<TFeature>();
        }

        void IFeatureCollection.Set<TFeature>(TFeature? instance)
            where TFeature : default
        {
            Look();
            _features.Set(instance);
        }

        void IHttpResponseFeature.OnStarting(Func<object, Task> callback, object state)
        {
            Look();
            _onStarting.Add((callback, state));
        }

        void IHttpResponseFeature.OnCompleted(Func<object, Task> callback, object state) => Look();

        IEnumerator<KeyValuePair<Type, object>> IEnumerable<KeyValuePair<Type, object>>.GetEnumerator() => _features.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => _features.GetEnumerator();

        private void Look([CallerMemberName] string member = "")
        {
            if (_watching)
            {
                Looks++;
                if (!RequestLock.Of(Context).IsHeldByCurrentThread)
                {
                    Unlocked.Enqueue(member);
                }
            }
        }
    }
}
