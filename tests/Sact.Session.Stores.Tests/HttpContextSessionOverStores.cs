using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Stores.Tests.Servers;

namespace Sact.Session.Stores.Tests;

/// <summary><c>HttpContext.Session</c> through the whole pipeline, over each kind of store.</summary>
public sealed class HttpContextSessionOverStores(
    GarnetFixture garnet, SharedRedis redis, SharedRedisCluster cluster) : IClassFixture<GarnetFixture>
{
    private static readonly string[] s_keys = ["plain", "with\0control", new('k', 500), "#", ""];

    [Theory]
    [InlineData("memory")]
    [InlineData("sqlite")]
    [InlineData("garnet")]
    [InlineData("redis")]
    [InlineData("cluster")]
    public async Task KeepsBytesMergesRequestsAndBringsNothingBack(string store)
    {
        await using var provider = await ProvideAsync(store);
        string cookie = (await SendAsync(provider, null, context =>
        {
            foreach (string key in s_keys)
            {
                context.Session.Set(key, [0, 255, 62, 63]);
            }

            context.Session.SetInt32("count", 1);
            return Task.CompletedTask;
        }))!;

        // Two requests at once: each has read before either has written.
        await SendAsync(provider, cookie, async context =>
        {
            context.Session.SetInt32("count", 2);
            await SendAsync(provider, cookie, other =>
            {
                other.Session.SetString("other", "there");
                other.Session.Remove("plain");
                return Task.CompletedTask;
            });
        });
        await SendAsync(provider, cookie, context =>
        {
            Assert.Equal(
                [.. s_keys[1..], "count", "other"],
                context.Session.Keys.OrderBy(
                    key => key is "count" or "other"
                        ? 1
                        : 0).ThenBy(key => Array.IndexOf(s_keys, key)).ThenBy(key => key, StringComparer.Ordinal));
            Assert.All(s_keys[1..], key => Assert.Equal([0, 255, 62, 63], context.Session.Get(key)!));
            Assert.Equal((2, "there"), (context.Session.GetInt32("count"), context.Session.GetString("other")));
            return Task.CompletedTask;
        });

        // Ended by another request while this one is at work.
        await SendAsync(provider, cookie, async context =>
        {
            context.Session.SetInt32("count", 3);
            await SendAsync(provider, cookie, async other => await other.GetSactSession().DeleteAsync());
        });
        await SendAsync(provider, cookie, context =>
        {
            Assert.Empty(context.Session.Keys);
            return Task.CompletedTask;
        });
        Assert.Equal(0, await provider.GetRequiredService<IGenericStore>().CountActiveSessionsAsync());
    }

    private async Task<ServiceProvider> ProvideAsync(string store)
    {
        var connection = store switch
        {
            "garnet" => garnet.Connection,
            "redis" => (await redis.ConnectionsAsync())[0],
            "cluster" => (await cluster.ConnectionsAsync())[0],
            _ => null,
        };
        var services = new ServiceCollection();
        services.AddLogging();
        var sessions = services.AddSactSession().AddHttpContextSession();
        _ = store switch
        {
            "memory" => sessions.UseMemory(),
            "sqlite" => sessions.UseSqlite($"Data Source={Guid.CreateVersion7():N};Mode=Memory;Cache=Shared"),
            _ => sessions.UseStore(
                _ => new RedisStore(new RedisStoreOptions { Connection = connection, Prefix = $"http-{Guid.CreateVersion7():N}" })),
        };
        return services.BuildServiceProvider();
    }

    /// <summary>One request; what its response sends as a cookie.</summary>
    private static async Task<string?> SendAsync(ServiceProvider provider, string? cookie, RequestDelegate page)
    {
        var app = new ApplicationBuilder(provider);
        app.UseSactSession();
        app.Run(page);
        await using var scope = provider.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, Request = { Scheme = "https" } };
        if (cookie is not null)
        {
            context.Request.Headers.Cookie = cookie;
        }

        await app.Build()(context);
        return context.Response.Headers.SetCookie.FirstOrDefault()?.Split(';')[0];
    }
}
