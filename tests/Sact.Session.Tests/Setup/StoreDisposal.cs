using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>Who disposes the store.</summary>
public sealed class StoreDisposal
{
    [Fact]
    public async Task AStoreThatTheRegistrationCreatedIsDisposedWithTheProvider()
    {
        ApplicationStore store;
        await using (var app = new TestApp(services => services.AddSactSession<ApplicationStore>()))
        {
            store = (ApplicationStore)app.Request().GetSactSession().Store;
            Assert.Equal(0, store.Disposals);
        }

        Assert.Equal(1, store.Disposals);
    }

    [Fact]
    public async Task AStoreFromAFactoryIsDisposedWithTheProvider()
    {
        ApplicationStore store;
        await using (var app = new TestApp(services => services.AddSactSession().UseStore(_ => new ApplicationStore(new()))))
        {
            store = (ApplicationStore)app.Request().GetSactSession().Store;
        }

        Assert.Equal(1, store.Disposals);
    }

    /// <summary>The container disposes what its factories return. The registration must not dispose it again.</summary>
    [Theory]
    [InlineData(typeof(IGenericStore), false)]
    [InlineData(typeof(IGenericStore), true)]
    [InlineData(typeof(ApplicationStore), false)]
    [InlineData(typeof(ApplicationStore), true)]
    public async Task AStoreResolvedFromDependencyInjectionIsDisposedOnce(Type resolvedAs, bool asynchronously)
    {
        var app = new TestApp(services => services.AddSactSession().UseStore(_ => new ApplicationStore(new())));
        var store = (ApplicationStore)app.Services.GetRequiredService(resolvedAs);
        Assert.Same(store, app.Request().GetSactSession().Store);

        await DisposeAsync(app, asynchronously);

        Assert.Equal(1, store.Disposals);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(typeof(IGenericStore))]
    [InlineData(typeof(AsyncStore))]
    public async Task AnAsyncDisposableStoreIsDisposedOnce(Type? resolvedAs)
    {
        var app = new TestApp(services => services.AddSactSession("staff").UseStore(_ => new AsyncStore(new())));
        var store = (AsyncStore)app.Request().GetSactSession<AsyncStore>("staff").Store;
        if (resolvedAs is not null)
        {
            Assert.Same(store, app.Services.GetRequiredKeyedService(resolvedAs, "staff"));
        }

        await DisposeAsync(app, asynchronously: true);

        Assert.Equal((1, 0), (store.AsyncDisposals, store.Disposals));
    }

    private static async Task DisposeAsync(TestApp app, bool asynchronously)
    {
        if (asynchronously)
        {
            await app.DisposeAsync();
        }
        else
        {
            app.Services.Dispose();
        }
    }

    [Fact]
    public async Task AnUnusedStoreIsNotCreated()
    {
        int created = 0;
        await using (new TestApp(services => services.AddSactSession().UseStore(_ =>
        {
            created++;
            return new ApplicationStore(new());
        })))
        {
        }

        Assert.Equal(0, created);
    }

    [Fact]
    public async Task AnInstanceOfTheApplicationIsUsedAndNotDisposed()
    {
        using var store = new ApplicationStore(new());
        await using (var app = new TestApp(services => services.AddSingleton(store).AddSactSession<ApplicationStore>()))
        {
            var context = app.Request();
            Assert.Same(store, context.GetSactSession().Store);
            Assert.Same(store, context.GetSactSession<ApplicationStore>().Store);
            Assert.Same(store, app.Services.GetRequiredService<ApplicationStore>());

            // If a factory returned it for the general type, the container would dispose it.
            Assert.Same(store, app.Services.GetRequiredService<IGenericStore>());
        }

        Assert.Equal(0, store.Disposals);
    }

    [Fact]
    public async Task ANamedInstanceOfTheApplicationIsUsedAndNotDisposed()
    {
        using var store = new ApplicationStore(new());
        await using (var app = new TestApp(services => services.AddSingleton(store).AddSactSession<ApplicationStore>("staff")))
        {
            Assert.Same(store, app.Request().GetSactSession<ApplicationStore>("staff").Store);
            Assert.Same(store, app.Services.GetRequiredKeyedService<IGenericStore>("staff"));
            Assert.Same(store, app.Services.GetRequiredKeyedService<ApplicationStore>("staff"));
        }

        Assert.Equal(0, store.Disposals);
    }

    [Fact]
    public async Task AStoreThatTheApplicationRegisteredByTypeIsDisposedOnceWithTheProvider()
    {
        ApplicationStore store;
        await using (var app = new TestApp(services =>
            services.AddSingleton(_ => new ApplicationStore(new())).AddSactSession<ApplicationStore>()))
        {
            store = (ApplicationStore)app.Request().GetSactSession().Store;
            Assert.Same(store, app.Services.GetRequiredService<ApplicationStore>());
        }

        Assert.Equal(1, store.Disposals);
    }

    [Fact]
    public void NoSingletonCanHoldASession()
    {
        foreach (var register in new Action<IServiceCollection>[]
        {
            services => services.AddSingleton<Holder<ISession<IGenericStore>>>(),
            services => services.AddSingleton<Holder<ISession<MemoryStore>>>(),
            services => services.AddSingleton<Holder<Session<MemoryStore>>>(),
            services => services.AddSingleton<Holder<ISession<ApplicationStore>>>(),
        })
        {
            var fault = Assert.Throws<AggregateException>(() => new TestApp(services =>
            {
                services.AddSactSession();
                register(services);
            }));
            Assert.Contains("scoped service", fault.ToString(), StringComparison.Ordinal);
        }
    }

    private sealed class AsyncStore(GenericStoreOptions options) : ApplicationStore(options), IAsyncDisposable
    {
        public int AsyncDisposals { get; private set; }

        public ValueTask DisposeAsync()
        {
            AsyncDisposals++;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Holder<T>(T session)
    {
        public T Session => session;
    }
}
