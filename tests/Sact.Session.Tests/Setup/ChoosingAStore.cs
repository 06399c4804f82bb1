using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>Which store <c>AddSactSession</c> and its <c>Use…</c> methods choose.</summary>
public sealed class ChoosingAStore
{
    [Fact]
    public async Task TheDefaultIsMemory()
    {
        await using var app = new TestApp(services => services.AddSactSession());
        var session = app.Request().GetSactSession();

        Assert.IsType<Session<MemoryStore>>(session);
        Assert.Same(session.Store, app.Services.GetRequiredService<MemoryStore>());
        Assert.Same(session.Store, app.Services.GetRequiredService<IGenericStore>());
    }

    [Fact]
    public async Task AStoreTypeIsCreatedOnceByDependencyInjectionWithTheClock()
    {
        await using var app = new TestApp(services => services.AddSactSession<ApplicationStore>());
        var store = Assert.IsType<ApplicationStore>(app.Request().GetSactSession().Store);

        Assert.Same(app.Clock, store.StoreClock);
        Assert.Same(store, app.Request().GetSactSession<ApplicationStore>().Store);
        Assert.Same(store, app.Services.GetRequiredService<ApplicationStore>());
        Assert.Same(store, app.Services.GetRequiredService<IGenericStore>());
    }

    [Fact]
    public async Task TheMemoryStoreGetsTheClockToo()
    {
        await using var app = new TestApp(services => services.AddSactSession<MemoryStore>());
        var session = app.Request().GetSactSession<MemoryStore>();
        var (_, record) = session.Options.Services.Make(session.Store, "alice", SessionFields.Empty);
        await session.Store.CreateAsync(record);

        // The application's clock is in the year 2000. By the system clock, every session of that year is expired.
        Assert.NotNull(await session.Store.GetAsync(record.Key));
    }

    [Fact]
    public async Task TheLastChoiceWins()
    {
        await using var app = new TestApp(services =>
            services.AddSactSession<OtherApplicationStore>().UseMemory().UseStore<ApplicationStore>());
        var context = app.Request();

        Assert.IsType<Session<ApplicationStore>>(context.GetSactSession());
        Assert.IsType<ApplicationStore>(app.Services.GetRequiredService<IGenericStore>());
        Assert.Contains(
            "No session is registered over OtherApplicationStore",
            Assert.Throws<InvalidOperationException>(() => context.GetSactSession<OtherApplicationStore>()).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => context.RequestServices.GetRequiredService<ISession<MemoryStore>>());
    }

    [Fact]
    public async Task AddSactSessionCalledTwiceConfiguresTheSameRegistration()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession(options => options.MaxRecordBytes = 1_000).UseStore<ApplicationStore>();
            services.AddSactSession(options => options.MaxSessionsPerUser = 7);
        });
        var session = app.Request().GetSactSession();

        Assert.IsType<ApplicationStore>(session.Store);
        Assert.Equal((1_000, 7), (session.Options.MaxRecordBytes, session.Options.MaxSessionsPerUser));
    }

    [Fact]
    public async Task TwoRegistrationsAreIndependent()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession<ApplicationStore>();
            services.AddSactSession<OtherApplicationStore>("staff", options => options.Cookie.Name = "__Host-staff");
        });
        var context = app.Request();
        var users = context.RequestServices.GetRequiredService<ISession<ApplicationStore>>();
        var staff = context.RequestServices.GetRequiredService<ISession<OtherApplicationStore>>();

        await users.SetAsync("alice");
        await staff.SetAsync("root");

        Assert.Equal(("alice", "root"), ((await users.GetAsync())?.UserId, (await staff.GetAsync())?.UserId));
        Assert.Equal(["__Host-sid", "__Host-staff"], context.Response.Headers.SetCookie.Select(line => line!.Split('=')[0]).Order());
        Assert.Equal((1, 1), (await users.Store.CountActiveSessionsAsync(), await staff.Store.CountActiveSessionsAsync()));

        // The general type means the unnamed registration.
        Assert.Same(users, context.RequestServices.GetRequiredService<ISession<IGenericStore>>());
        Assert.Same(users, context.GetSactSession());
        Assert.Same(users.Store, app.Services.GetRequiredService<IGenericStore>());
    }

    [Fact]
    public async Task ANamedRegistrationIsFoundByItsName()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession();
            services.AddSactSession("staff", options => options.Cookie.Name = "__Host-staff").UseStore<ApplicationStore>();
        });
        var context = app.Request();
        var staff = context.GetSactSession<ApplicationStore>("staff");

        Assert.Same(staff, context.GetSactSession<IGenericStore>("staff"));
        Assert.Same(staff, context.GetSactSession<ApplicationStore>());
        Assert.Same(staff, context.RequestServices.GetRequiredKeyedService<ISession<IGenericStore>>("staff"));
        Assert.Same(staff, context.RequestServices.GetRequiredKeyedService<ISession<ApplicationStore>>("staff"));
        Assert.Same(staff, context.RequestServices.GetRequiredKeyedService<Session<ApplicationStore>>("staff"));
        Assert.Same(staff.Store, app.Services.GetRequiredKeyedService<IGenericStore>("staff"));
        Assert.Same(staff.Store, app.Services.GetRequiredKeyedService<ApplicationStore>("staff"));
        Assert.NotSame(staff, context.GetSactSession());
        Assert.Contains(
            "'nobody'",
            Assert.Throws<InvalidOperationException>(() => context.GetSactSession<ApplicationStore>("nobody")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'staff'",
            Assert.Throws<InvalidOperationException>(() => context.GetSactSession<MemoryStore>("staff")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoNamedRegistrationsOfOneTypeAreDistinguishedOnlyByName()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession();
            services.AddSactSession<ApplicationStore>("a", options => options.Cookie.Name = "__Host-a");
            services.AddSactSession<ApplicationStore>("b", options => options.Cookie.Name = "__Host-b");
        });
        var context = app.Request();

        Assert.NotSame(context.GetSactSession<ApplicationStore>("a").Store, context.GetSactSession<ApplicationStore>("b").Store);
        var fault = Assert.Throws<InvalidOperationException>(() => context.GetSactSession<ApplicationStore>());
        Assert.Contains("[FromKeyedServices(\"a\")]", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANamedRegistrationDoesNotServeAsTheUnnamedOne()
    {
        await using var app = new TestApp(services => services.AddSactSession<ApplicationStore>("staff"));
        var fault = Assert.Throws<InvalidOperationException>(() =>
            app.Request().RequestServices.GetRequiredService<ISession<IGenericStore>>());

        Assert.Contains("[FromKeyedServices(\"staff\")] ISession<ApplicationStore>", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyNameIsRefused() => Assert.Throws<ArgumentException>("name", () => new ServiceCollection().AddSactSession(""));

    [Fact]
    public async Task AStoreThatCreatesIdsOfAnotherFormatIsRefusedAtSignIn()
    {
        var host = new SessionHost();
        foreach (string id in new[]
        {
            "", "short", new string('a', 55), new string('a', 57), new string('a', 55) + "=", new string('é', 56)
        })
        {
            host.Store.MakeId = _ => id;
            var exchange = host.Request();

            var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => exchange.Session.SetAsync("alice").AsTask());

            Assert.Contains("CreateSessionId", fault.Message, StringComparison.Ordinal);
            Assert.Contains("GenericStore", fault.Message, StringComparison.Ordinal);
            Assert.Empty(exchange.SetCookies);
        }

        Assert.Equal(0, host.Store.Count("create"));
    }
}
