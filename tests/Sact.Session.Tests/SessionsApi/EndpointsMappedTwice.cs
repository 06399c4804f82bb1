using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>An application that maps the library's endpoints under several paths, such as for two versions of its API.</summary>
public sealed class EndpointsMappedTwice
{
    private static readonly string[] s_names = ["ListSessions", "EndSession", "EndOtherSessions"];

    [Fact]
    public async Task AreServedUnderEachPath()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");

        string[] paths =
        [
            "/v1/sessions", "/v2/sessions", "/v3/sessions", "/v1/left", "/v2/left", "/v1/left/script.js", "/v2/left/script.js",
            "/v1/ops", "/v2/ops", "/v1/ops/api/sessions", "/v2/ops/api/sessions",
        ];
        foreach (string path in paths)
        {
            using var answer = await site.SendAsync(path, admin);
            Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
        }
    }

    [Fact]
    public async Task HavePlainNamesFirstAndNumberedNamesAfterThem()
    {
        await using var site = await StartAsync();
        var links = site.Services.GetRequiredService<LinkGenerator>();

        Assert.Equal("/v1/sessions", links.GetPathByName("ListSessions", values: null));
        Assert.Equal("/v2/sessions/x", links.GetPathByName("EndSession2", new { key = "x" }));
        Assert.Equal("/v3/sessions", links.GetPathByName("EndOtherSessions3", values: null));
        Assert.Equal(s_names.Concat(s_names.Select(name => name + "2")).Concat(s_names.Select(name => name + "3")).Order(), NamesOf(site));
    }

    [Fact]
    public async Task AreNumberedInEachRegistration()
    {
        await using var site = await AuthenticationSite.StartAsync(
            map: app =>
            {
                app.MapSactSessions("/a");
                app.MapSactSessions("/b", "admin");
                app.MapSactSessions("/c", "admin");
                app.MapSactSessions("/d", "admin2");
                app.MapSactSessions("/e", "");
            },
            build: builder =>
            {
                foreach (string name in (string[])["admin", "admin2"])
                {
                    builder.Services.AddSactSession(name, o => o.Cookie.Name = "__Host-" + name).UseMemory(o => o.Prefix = name);
                }
            });
        using var answer = await site.SendAsync("/a");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(
            ["ListSessions", "ListSessions.admin", "ListSessions.admin2", "ListSessions.admin22", "ListSessions2"],
            NamesOf(site).Where(name => name.StartsWith("List", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AreNumberedInEachApplication()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();

        Assert.Equal(NamesOf(first), NamesOf(second));
    }

    private static IEnumerable<string> NamesOf(Site site) => site.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .Select(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName)
        .OfType<string>()
        .Order(StringComparer.Ordinal);

    private static Task<Site> StartAsync() => AuthenticationSite.StartAsync(
        map: app =>
        {
            app.MapSactSessions("/v1/sessions");
            var group = app.MapGroup("/v2");
            group.MapSactSessions("sessions");
            app.MapGroup("/v3").MapSactSessions<MemoryStore>("sessions");
            app.MapSactSessionTimeLeft("/v1/left");
            group.MapSactSessionTimeLeft("left");
            app.MapSactSessionDashboard("/v1/ops").RequireAuthorization("admins");
            group.MapSactSessionDashboard("ops").RequireAuthorization("admins");
        },
        build: builder => builder.Services.AddSactSession().UseMemory());
}
