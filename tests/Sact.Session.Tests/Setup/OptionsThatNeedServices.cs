using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary><c>AddSactSession((services, options) => …)</c>.</summary>
public sealed class OptionsThatNeedServices
{
    [Fact]
    public async Task ResolveSingletons()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSingleton(new Licence(3));
            services.AddSactSession((provider, options) => options.MaxSessionsPerUser = provider.GetRequiredService<Licence>().Devices)
                .UseMemory((provider, options) => options.MaxBytes = provider.GetRequiredService<Licence>().Devices * 100_000L);
        });
        var session = app.Request().GetSactSession();

        Assert.Equal(3, session.Options.MaxSessionsPerUser);
        Assert.IsType<Session<MemoryStore>>(session);
    }

    [Fact]
    public async Task OfANamedRegistrationAreOfItAlone()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSingleton(new Licence(3));
            services.AddSactSession();
            services.AddSactSession("admin", (provider, options) =>
            {
                options.MaxSessionsPerUser = provider.GetRequiredService<Licence>().Devices;
                options.Cookie.Name = "__Host-admin";
            });
        });
        var context = app.Request();

        Assert.Equal(3, context.GetSactSession("admin").Options.MaxSessionsPerUser);
        Assert.Equal(100, context.GetSactSession().Options.MaxSessionsPerUser);
    }

    [Fact]
    public async Task RunAfterThoseThatWereSetBefore()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession(options => options.MaxSessionsPerUser = 4);
            services.AddSactSession((_, options) => options.MaxSessionsPerUser *= 2);
        });

        Assert.Equal(8, app.Request().GetSactSession().Options.MaxSessionsPerUser);
    }

    [Fact]
    public void AreNotNull()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentNullException>(() => services.AddSactSession((Action<IServiceProvider, SactSessionOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => services.AddSactSession("a", (Action<IServiceProvider, SactSessionOptions>)null!));
        Assert.Throws<ArgumentException>(() => services.AddSactSession("", (_, _) => { }));
        Assert.Throws<ArgumentNullException>(
            () => services.AddSactSession().UseMemory((Action<IServiceProvider, MemoryStoreOptions>)null!));
    }

    private sealed record Licence(int Devices);
}
