using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;

namespace Sact.Session.Tests;

/// <summary>The endpoint that shows how long a session lives, for a warning before its end.</summary>
public sealed class TimeLeftOfASession
{
    private const string Path = "/session";

    [Fact]
    public async Task IsShownWithoutExtendingTheSession()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(20));

        Assert.Equal((600, 600, 6000), await ReadAsync(site, HttpMethod.Get, id));
        site.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((300, 300, 5700), await ReadAsync(site, HttpMethod.Get, id));
        site.Clock.Advance(TimeSpan.FromMinutes(5));

        using var ended = await site.SendAsync(Path, id);
        Assert.Equal(HttpStatusCode.Unauthorized, ended.StatusCode);
    }

    [Fact]
    public async Task GrowsWhenTheUserStays()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(25));

        Assert.Equal((1800, 1800, 5700), await ReadAsync(site, HttpMethod.Post, id));
    }

    [Fact]
    public async Task EndsAtTheAbsoluteTimeout()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        for (int i = 0; i < 4; i++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(25));
            await ReadAsync(site, HttpMethod.Post, id);
        }

        Assert.Equal((1200, 1800, 1200), await ReadAsync(site, HttpMethod.Get, id));
    }

    [Fact]
    public async Task EndsBySigningOut()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);

        using var answer = await SendAsync(site, HttpMethod.Delete, id, "same-origin");

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal("", answer.SentId());
        using var after = await site.SendAsync(Path, id);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task IsNotChangedByAnotherSite(string method)
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(20));

        using var answer = await SendAsync(site, new HttpMethod(method), id, "cross-site");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal((600, 600, 6000), await ReadAsync(site, HttpMethod.Get, id));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task IsUnknownOfNobody(string method)
    {
        await using var site = await StartAsync();

        using var answer = await SendAsync(site, new HttpMethod(method), null, "same-origin");

        Assert.Equal(method == "DELETE" ? HttpStatusCode.NoContent : HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task HasAScriptThatReadsNoSession()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site);
        site.Store.Reset();

        using var answer = await site.SendAsync(Path + "/script.js", id);

        Assert.Equal("text/javascript", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("alertdialog", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(site.Store.Calls);
    }

    private static async Task<(long Expires, long Idle, long Absolute)> ReadAsync(Site site, HttpMethod method, string id)
    {
        using var answer = await SendAsync(site, method, id, "same-origin");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("no-store", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        var left = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (
            left.GetProperty("expiresInSeconds").GetInt64(),
            left.GetProperty("idleSeconds").GetInt64(),
            left.GetProperty("absoluteSeconds").GetInt64());
    }

    private static async Task<HttpResponseMessage> SendAsync(Site site, HttpMethod method, string? id, string from)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(method, Path);
        request.Headers.Add("Sec-Fetch-Site", from);
        if (id is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={id}");
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Signs in, and uses the session once, so that its idle timeout counts.</summary>
    private static async Task<string> SignInAsync(Site site)
    {
        using var signIn = await site.SendAsync("/in", method: HttpMethod.Post);
        string id = signIn.SentId()!;
        await ReadAsync(site, HttpMethod.Post, id);
        return id;
    }

    private static Task<Site> StartAsync() => Site.StartAsync(
        app =>
        {
            app.MapPost("/in", static async (ISactSession session) => await session.SetAsync("alice"));
            app.MapSactSessionTimeLeft(Path);
        },
        options => (options.IdleTimeout, options.AbsoluteTimeout) = (TimeSpan.FromMinutes(30), TimeSpan.FromHours(2)));
}
