using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Sact.Session.SecondProcess;
using Sact.Session.Stores.Tests.Servers;

namespace Sact.Session.Stores.Tests;

/// <summary>Applications that keep their sessions in one database and set no prefix.</summary>
public sealed class ApplicationsOverOneStore(SharedPostgres postgres, GarnetFixture garnet, SharedRedis redis)
    : IClassFixture<GarnetFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-shared-").FullName;

    [Theory]
    [Trait("abuse", "K15")]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("ef")]
    [InlineData("garnet")]
    [InlineData("redis")]
    [InlineData("custom")]
    public async Task AcceptNoneOfEachOthersSessions(string store)
    {
        string name = Guid.CreateVersion7().ToString("N");
        await using var shop = await ProvideAsync(store, $"shop-{name}");
        await using var wiki = await ProvideAsync(store, $"wiki-{name}");
        string id = await SignInAsync(shop);

        Assert.Equal((true, 1), await SeenAsync(shop, id));
        Assert.Equal((false, 0), await SeenAsync(wiki, id));
        await SignInAsync(wiki);
        Assert.Equal((true, 1), await SeenAsync(shop, id));
        Assert.Equal(1, await Store(wiki).DeleteActiveSessionsAsync("alice"));
        Assert.Equal((true, 1), await SeenAsync(shop, id));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("ef")]
    [InlineData("garnet")]
    [InlineData("redis")]
    [InlineData("custom")]
    public async Task OfOneNameAreOneApplication(string store)
    {
        string name = "Shop " + Guid.CreateVersion7();
        await using var node = await ProvideAsync(store, name);
        await using var other = await ProvideAsync(store, name);

        string id = await SignInAsync(node);

        Assert.Equal((true, 1), await SeenAsync(other, id));
    }

    [Theory]
    [Trait("abuse", "K15")]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("ef")]
    [InlineData("garnet")]
    [InlineData("redis")]
    [InlineData("custom")]
    public async Task MayHaveRegistrationsWithTheSameName(string store)
    {
        string name = Guid.CreateVersion7().ToString("N");
        await using var shop = await ProvideAsync(store, $"shop-{name}", "admin");
        await using var wiki = await ProvideAsync(store, $"wiki-{name}", "admin");
        string id = await SignInAsync(shop, "admin");

        Assert.Equal((true, 1), await SeenAsync(shop, id, "admin"));
        Assert.Equal((false, 0), await SeenAsync(wiki, id, "admin"));
        Assert.Equal((false, 0), await SeenAsync(shop, id));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IGenericStore Store(IServiceProvider provider, string? registration = null) => registration is null
        ? provider.GetRequiredService<IGenericStore>()
        : provider.GetRequiredKeyedService<IGenericStore>(registration);

    private static async Task<string> SignInAsync(ServiceProvider provider, string? registration = null) =>
        (await SendAsync(provider, null, context => context.GetSactSession(registration!).SetAsync("alice").AsTask()))!;

    /// <summary>Whether an id is signed in, and how many sessions the store counts.</summary>
    private static async Task<(bool SignedIn, long Sessions)> SeenAsync(
        ServiceProvider provider, string id, string? registration = null)
    {
        bool signedIn = false;
        await SendAsync(provider, id, async context => signedIn = await context.GetSactSession(registration!).GetAsync() is not null);
        return (signedIn, await Store(provider, registration).CountActiveSessionsAsync());
    }

    /// <summary>One request, with the id in the cookie of each registration; the id that its response sends.</summary>
    private static async Task<string?> SendAsync(ServiceProvider provider, string? id, RequestDelegate page)
    {
        var app = new ApplicationBuilder(provider);
        app.UseSactSession();
        app.Run(page);
        await using var scope = provider.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, Request = { Scheme = "https" } };
        context.Request.Headers.Cookie = $"__Host-sid={id}; __Host-admin={id}";
        await app.Build()(context);
        return context.Response.Headers.SetCookie.FirstOrDefault()?.Split(';')[0].Split('=')[1];
    }

    private async Task<ServiceProvider> ProvideAsync(string store, string application, string? registration = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { ApplicationName = application });
        foreach (string? name in registration is null ? [null] : new[] { null, registration })
        {
            var sessions = name is null
                ? services.AddSactSession()
                : services.AddSactSession(name, options => options.Cookie.Name = "__Host-admin");
            _ = store switch
            {
                "sqlite" => sessions.UseSqlite($"Data Source={_folder}/app.db;Pooling=False"),
                "postgres" => sessions.UsePostgreSql((await postgres.GetAsync()).ConnectionString),
                "ef" => sessions.UseEntityFrameworkStore<ShopContext>(),
                "garnet" => sessions.UseRedis(garnet.Configuration),
                "redis" => sessions.UseRedis((await redis.GetAsync()).Configuration),
                _ => sessions.UseStore<SharedDictionaryStore>(),
            };
        }

        if (store == "ef")
        {
            services.AddDbContext<ShopContext>(options => options.UseSqlite($"Data Source={_folder}/ef.db;Pooling=False"));
        }

        var provider = services.BuildServiceProvider();
        if (store == "ef")
        {
            await using var scope = provider.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ShopContext>().Database.EnsureCreatedAsync();
        }

        return provider;
    }

    /// <summary>A store type of the application's own, which takes its options from dependency injection.</summary>
    internal sealed class SharedDictionaryStore(GenericStoreOptions options) : DictionaryStore(options, s_data)
    {
        private static readonly DictionaryData s_data = new();
    }
}
