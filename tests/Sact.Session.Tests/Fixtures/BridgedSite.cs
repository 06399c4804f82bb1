using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A site whose <c>HttpContext.Session</c> is the library's, and what the tests do with it over HTTP.</summary>
public static class BridgedSite
{
    public static TheoryData<Served> Servers => [Served.TestServer, Served.Kestrel];

    public static Task<Site> StartAsync(
        Action<WebApplication> map,
        Served served = Served.TestServer,
        Action<HttpContextSessionOptions>? bridge = null,
        Action<SactSessionOptions>? configure = null,
        Action<WebApplicationBuilder>? build = null,
        Action<WebApplication>? before = null) => Site.StartAsync(
            map,
            configure,
            builder =>
            {
                builder.Services.AddSactSession().AddHttpContextSession(bridge);
                build?.Invoke(builder);
            },
            served,
            before);

    /// <summary>A site with one page at <c>/</c>.</summary>
    public static Task<Site> StartAsync(
        RequestDelegate page, Served served = Served.TestServer, Action<SactSessionOptions>? configure = null) =>
        StartAsync(app => app.Run(page), served, configure: configure);

    /// <summary>
    /// <c>/set/{key}/{value}</c>, <c>/get/{key}</c>, <c>/remove/{key}</c>, <c>/login/{user}</c>, <c>/logout</c>, <c>/id</c>, <c>/keys</c>,
    /// <c>/who</c>.
    /// </summary>
    public static void Map(WebApplication app)
    {
        app.MapGet("/set/{key}/{value}", (string key, string value, HttpContext context) => context.Session.SetString(key, value));
        app.MapGet("/get/{key}", (string key, HttpContext context) => context.Session.GetString(key) ?? "nothing");
        app.MapGet("/remove/{key}", (string key, HttpContext context) => context.Session.Remove(key));
        app.MapGet("/login/{user}", async (string user, ISession<IGenericStore> session) => await session.SetAsync(user));
        app.MapGet("/logout", async (ISession<IGenericStore> session) => await session.DeleteAsync());
        app.MapGet("/id", (HttpContext context) => context.Session.Id);
        app.MapGet("/keys", (HttpContext context) => string.Join(',', context.Session.Keys.Order(StringComparer.Ordinal)));
        app.MapGet("/who", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
    }

    public static async Task<string> TextAsync(this Site site, string path, string? id = null)
    {
        using var response = await site.SendAsync(path, id);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sends a request that must succeed and returns the id that the client has afterwards.</summary>
    public static async Task<string?> DoAsync(this Site site, string path, string? id = null)
    {
        using var response = await site.SendAsync(path, id);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return response.SentId() switch
        {
            null => id,
            "" => null,
            var sent => sent,
        };
    }

    /// <summary>The fields of the session with this id, as they are in the store.</summary>
    public static async Task<string[]> FieldsAsync(this Site site, string id) =>
        (await site.Store.Inner.GetAsync(site.Store.GetSessionKey(id)))?.Fields.Select(field => field.Key)
            .Order(StringComparer.Ordinal).ToArray() ?? [];
}
