using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>Who disposes of the store.</summary>
public sealed class StoreLifetimes
{
    [Fact]
    public async Task AStoreMadeHereGoesWithTheProvider()
    {
        ShelfStore store;
        await using (var app = new App(services => services.AddSactSession<ShelfStore>()))
        {
            store = (ShelfStore)app.Request().GetSactSession().Store;
            Assert.Equal(0, store.Disposals);
        }

        Assert.Equal(1, store.Disposals);
    }

    [Fact]
    public async Task AStoreMadeByAFunctionGoesWithTheProvider()
    {
        ShelfStore store;
        await using (var app = new App(services => services.AddSactSession().UseStore(_ => new ShelfStore(new()))))
        {
            store = (ShelfStore)app.Request().GetSactSession().Store;
        }

        Assert.Equal(1, store.Disposals);
    }

    /// <summary>What comes out of a function of the container's, the container disposes of; the registration must not do so again.</summary>
    [Theory]
    [InlineData(typeof(IGenericStore), false)]
    [InlineData(typeof(IGenericStore), true)]
    [InlineData(typeof(ShelfStore), false)]
    [InlineData(typeof(ShelfStore), true)]
    public async Task AStoreThatDependencyInjectionHandedOutGoesOnce(Type askedFor, bool asynchronously)
    {
        var app = new App(services => services.AddSactSession().UseStore(_ => new ShelfStore(new())));
        var store = (ShelfStore)app.Services.GetRequiredService(askedFor);
        Assert.Same(store, app.Request().GetSactSession().Store);

        await DisposeAsync(app, asynchronously);

        Assert.Equal(1, store.Disposals);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(typeof(IGenericStore))]
    [InlineData(typeof(AsyncStore))]
    public async Task AStoreThatIsDisposedOfAsynchronouslyGoesOnceToo(Type? askedFor)
    {
        var app = new App(services => services.AddSactSession("staff").UseStore(_ => new AsyncStore(new())));
        var store = (AsyncStore)app.Request().GetSactSession<AsyncStore>("staff").Store;
        if (askedFor is not null)
        {
            Assert.Same(store, app.Services.GetRequiredKeyedService(askedFor, "staff"));
        }

        await DisposeAsync(app, asynchronously: true);

        Assert.Equal((1, 0), (store.AsyncDisposals, store.Disposals));
    }

    private static async Task DisposeAsync(App app, bool asynchronously)
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
    public async Task AStoreThatNobodyAskedForIsNotMade()
    {
        int made = 0;
        await using (new App(services => services.AddSactSession().UseStore(_ =>
        {
            made++;
            return new ShelfStore(new());
        })))
        {
        }

        Assert.Equal(0, made);
    }

    [Fact]
    public async Task AStoreThatTheApplicationMadeIsTakenAndLeftToIt()
    {
        using var store = new ShelfStore(new());
        await using (var app = new App(services => services.AddSingleton(store).AddSactSession<ShelfStore>()))
        {
            var context = app.Request();
            Assert.Same(store, context.GetSactSession().Store);
            Assert.Same(store, context.GetSactSession<ShelfStore>().Store);
            Assert.Same(store, app.Services.GetRequiredService<ShelfStore>());

            // Asked for by its general type, it would be the container's to dispose of if it came out of a function.
            Assert.Same(store, app.Services.GetRequiredService<IGenericStore>());
        }

        Assert.Equal(0, store.Disposals);
    }

    [Fact]
    public async Task SoIsOneUnderAName()
    {
        using var store = new ShelfStore(new());
        await using (var app = new App(services => services.AddSingleton(store).AddSactSession<ShelfStore>("staff")))
        {
            Assert.Same(store, app.Request().GetSactSession<ShelfStore>("staff").Store);
            Assert.Same(store, app.Services.GetRequiredKeyedService<IGenericStore>("staff"));
            Assert.Same(store, app.Services.GetRequiredKeyedService<ShelfStore>("staff"));
        }

        Assert.Equal(0, store.Disposals);
    }

    [Fact]
    public async Task AStoreThatTheApplicationRegisteredByTypeGoesOnceWithTheProvider()
    {
        ShelfStore store;
        await using (var app = new App(services => services.AddSingleton(_ => new ShelfStore(new())).AddSactSession<ShelfStore>()))
        {
            store = (ShelfStore)app.Request().GetSactSession().Store;
            Assert.Same(store, app.Services.GetRequiredService<ShelfStore>());
        }

        Assert.Equal(1, store.Disposals);
    }

    [Fact]
    public void NoSingletonCanHoldASession()
    {
        foreach (var register in new Action<IServiceCollection>[]
        {
            services => services.AddSingleton<Holder<ISession<IGenericStore>>>(), services => services.AddSingleton<Holder<ISession<MemoryStore>>>(),
            services => services.AddSingleton<Holder<Session<MemoryStore>>>(), services => services.AddSingleton<Holder<ISession<ShelfStore>>>(),
        })
        {
            var fault = Assert.Throws<AggregateException>(() => new App(services =>
            {
                services.AddSactSession();
                register(services);
            }));
            Assert.Contains("scoped service", fault.ToString(), StringComparison.Ordinal);
        }
    }

    private sealed class AsyncStore(GenericStoreOptions options) : ShelfStore(options), IAsyncDisposable
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
