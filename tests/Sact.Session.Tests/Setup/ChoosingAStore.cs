using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>What <c>AddSactSession</c> and its <c>Use…</c> come to.</summary>
public sealed class ChoosingAStore
{
    [Fact]
    public async Task WithoutAWordIsMemory()
    {
        await using var app = new App(services => services.AddSactSession());
        var session = app.Request().GetSactSession();

        Assert.IsType<Session<MemoryStore>>(session);
        Assert.Same(session.Store, app.Services.GetRequiredService<MemoryStore>());
        Assert.Same(session.Store, app.Services.GetRequiredService<IGenericStore>());
    }

    [Fact]
    public async Task OfATypeIsMadeByDependencyInjectionOnceWithTheClock()
    {
        await using var app = new App(services => services.AddSactSession<ShelfStore>());
        var store = Assert.IsType<ShelfStore>(app.Request().GetSactSession().Store);

        Assert.Same(app.Clock, store.ItsClock);
        Assert.Same(store, app.Request().GetSactSession<ShelfStore>().Store);
        Assert.Same(store, app.Services.GetRequiredService<ShelfStore>());
        Assert.Same(store, app.Services.GetRequiredService<IGenericStore>());
    }

    [Fact]
    public async Task OfTheMemoryTypeHasTheClockToo()
    {
        await using var app = new App(services => services.AddSactSession<MemoryStore>());
        var session = app.Request().GetSactSession<MemoryStore>();
        var (_, record) = session.Options.Services.Make(session.Store, "alice", SessionFields.Empty);
        await session.Store.CreateAsync(record);

        // The application's clock stands in the year 2000: by the system's every session of then is long dead.
        Assert.NotNull(await session.Store.GetAsync(record.Key));
    }

    [Fact]
    public async Task TheLastWordWins()
    {
        await using var app = new App(services => services.AddSactSession<BoxStore>().UseMemory().UseStore<ShelfStore>());
        var context = app.Request();

        Assert.IsType<Session<ShelfStore>>(context.GetSactSession());
        Assert.IsType<ShelfStore>(app.Services.GetRequiredService<IGenericStore>());
        Assert.Contains("No session is registered over BoxStore", Assert.Throws<InvalidOperationException>(() => context.GetSactSession<BoxStore>()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => context.RequestServices.GetRequiredService<ISession<MemoryStore>>());
    }

    [Fact]
    public async Task AskedTwiceConfiguresTheSameRegistration()
    {
        await using var app = new App(services =>
        {
            services.AddSactSession(options => options.MaxRecordBytes = 1_000).UseStore<ShelfStore>();
            services.AddSactSession(options => options.MaxSessionsPerUser = 7);
        });
        var session = app.Request().GetSactSession();

        Assert.IsType<ShelfStore>(session.Store);
        Assert.Equal((1_000, 7), (session.Options.MaxRecordBytes, session.Options.MaxSessionsPerUser));
    }

    [Fact]
    public async Task TwoSideBySideAreApart()
    {
        await using var app = new App(services =>
        {
            services.AddSactSession<ShelfStore>();
            services.AddSactSession<BoxStore>("staff", options => options.Cookie.Name = "__Host-staff");
        });
        var context = app.Request();
        var users = context.RequestServices.GetRequiredService<ISession<ShelfStore>>();
        var staff = context.RequestServices.GetRequiredService<ISession<BoxStore>>();

        await users.SetAsync("alice");
        await staff.SetAsync("root");

        Assert.Equal(("alice", "root"), ((await users.GetAsync())?.UserId, (await staff.GetAsync())?.UserId));
        Assert.Equal(["__Host-sid", "__Host-staff"], context.Response.Headers.SetCookie.Select(line => line!.Split('=')[0]).Order());
        Assert.Equal((1, 1), (await users.Store.CountActiveSessionsAsync(), await staff.Store.CountActiveSessionsAsync()));

        // The unnamed one is what the general type means.
        Assert.Same(users, context.RequestServices.GetRequiredService<ISession<IGenericStore>>());
        Assert.Same(users, context.GetSactSession());
        Assert.Same(users.Store, app.Services.GetRequiredService<IGenericStore>());
    }

    [Fact]
    public async Task NamedItIsReachedByItsName()
    {
        await using var app = new App(services =>
        {
            services.AddSactSession();
            services.AddSactSession("staff", options => options.Cookie.Name = "__Host-staff").UseStore<ShelfStore>();
        });
        var context = app.Request();
        var staff = context.GetSactSession<ShelfStore>("staff");

        Assert.Same(staff, context.GetSactSession<IGenericStore>("staff"));
        Assert.Same(staff, context.GetSactSession<ShelfStore>());
        Assert.Same(staff, context.RequestServices.GetRequiredKeyedService<ISession<IGenericStore>>("staff"));
        Assert.Same(staff, context.RequestServices.GetRequiredKeyedService<ISession<ShelfStore>>("staff"));
        Assert.Same(staff, context.RequestServices.GetRequiredKeyedService<Session<ShelfStore>>("staff"));
        Assert.Same(staff.Store, app.Services.GetRequiredKeyedService<IGenericStore>("staff"));
        Assert.Same(staff.Store, app.Services.GetRequiredKeyedService<ShelfStore>("staff"));
        Assert.NotSame(staff, context.GetSactSession());
        Assert.Contains("'nobody'", Assert.Throws<InvalidOperationException>(() => context.GetSactSession<ShelfStore>("nobody")).Message, StringComparison.Ordinal);
        Assert.Contains("'staff'", Assert.Throws<InvalidOperationException>(() => context.GetSactSession<MemoryStore>("staff")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoNamedOverOneTypeAreToldApartByNameOnly()
    {
        await using var app = new App(services =>
        {
            services.AddSactSession();
            services.AddSactSession<ShelfStore>("a", options => options.Cookie.Name = "__Host-a");
            services.AddSactSession<ShelfStore>("b", options => options.Cookie.Name = "__Host-b");
        });
        var context = app.Request();

        Assert.NotSame(context.GetSactSession<ShelfStore>("a").Store, context.GetSactSession<ShelfStore>("b").Store);
        var fault = Assert.Throws<InvalidOperationException>(() => context.GetSactSession<ShelfStore>());
        Assert.Contains("[FromKeyedServices(\"a\")]", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnnamedOneIsNotMadeUpOfANamedOne()
    {
        await using var app = new App(services => services.AddSactSession<ShelfStore>("staff"));
        var fault = Assert.Throws<InvalidOperationException>(() => app.Request().RequestServices.GetRequiredService<ISession<IGenericStore>>());

        Assert.Contains("[FromKeyedServices(\"staff\")] ISession<ShelfStore>", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyNameIsRefused() => Assert.Throws<ArgumentException>("name", () => new ServiceCollection().AddSactSession(""));

    [Fact]
    public async Task ThatMakesIdsOfAnotherFormatIsRefusedAtSignIn()
    {
        var bed = new Bed();
        foreach (string id in new[] { "", "short", new string('a', 55), new string('a', 57), new string('a', 55) + "=", new string('é', 56) })
        {
            bed.Store.MakeId = _ => id;
            var exchange = bed.Request();

            var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => exchange.Session.SetAsync("alice").AsTask());

            Assert.Contains("CreateSessionId", fault.Message, StringComparison.Ordinal);
            Assert.Contains("GenericStore", fault.Message, StringComparison.Ordinal);
            Assert.Empty(exchange.SetCookies);
        }

        Assert.Equal(0, bed.Store.Count("create"));
    }
}
