using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>The JSON API for the sessions of a user.</summary>
[Trait("abuse", "C9")]
public sealed class SessionsApi
{
    private const string Path = "/account/sessions";

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task ListsTheUsersSessionsLastSeenFirst(Served served)
    {
        await using var site = await StartAsync(served);
        string phone = await SignInAsync(site, "alice");
        site.Clock.Advance(TimeSpan.FromMinutes(1));
        string laptop = await SignInAsync(site, "alice");
        await SignInAsync(site, "bob");
        using var answer = await site.SendAsync(Path, laptop);

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        var listed = JsonElement.Parse(await answer.Content.ReadAsStringAsync()).EnumerateArray().ToArray();
        Assert.Equal([KeyOf(site, laptop), KeyOf(site, phone)], listed.Select(session => session.GetProperty("key").GetString()));
        Assert.Equal([true, false], listed.Select(session => session.GetProperty("current").GetBoolean()));
        Assert.Equal(
            [
                "key", "current", "createdAt", "authenticatedAt", "lastSeenAt", "expiresAt", "persistent", "assuranceLevel", "signInClient",
                "lastSeenClient"
            ],
            listed[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal("Firefox", listed[0].GetProperty("signInClient").GetProperty("userAgent").GetString());
        Assert.Equal(site.Clock.GetUtcNow(), listed[0].GetProperty("createdAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task EndsOneSessionOfTheUser()
    {
        await using var site = await StartAsync();
        string phone = await SignInAsync(site, "alice");
        string laptop = await SignInAsync(site, "alice");
        using var first = await DeleteAsync(site, $"{Path}/{KeyOf(site, phone)}", laptop);
        using var again = await DeleteAsync(site, $"{Path}/{KeyOf(site, phone)}", laptop);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (first.StatusCode, again.StatusCode));
        Assert.Null(first.SentId());
        Assert.Equal((false, true), (await IsLiveAsync(site, phone), await IsLiveAsync(site, laptop)));
    }

    [Fact]
    public async Task SignsOutWhenItEndsTheCurrentSession()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site, "alice");
        using var answer = await DeleteAsync(site, $"{Path}/{KeyOf(site, id)}", id);

        Assert.Equal((HttpStatusCode.NoContent, ""), (answer.StatusCode, answer.SentId()));
        Assert.False(await IsLiveAsync(site, id));
    }

    [Fact]
    public async Task EndsTheOtherSessionsAndReturnsTheCount()
    {
        await using var site = await StartAsync();
        string[] others = [await SignInAsync(site, "alice"), await SignInAsync(site, "alice")];
        string bobs = await SignInAsync(site, "bob");
        string id = await SignInAsync(site, "alice");
        using var answer = await DeleteAsync(site, Path, id);

        Assert.Equal("""{"ended":2}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal(
            (false, false, true, true),
            (
                await IsLiveAsync(site, others[0]),
                await IsLiveAsync(site, others[1]),
                await IsLiveAsync(site, bobs),
                await IsLiveAsync(site, id)));
    }

    [Fact]
    [Trait("abuse", "C15")]
    public async Task AnswersEveryForeignKeyLikeAnUnknownOne()
    {
        await using var site = await StartAsync();
        string alices = await SignInAsync(site, "alice");
        string mallorys = await SignInAsync(site, "mallory");
        string unknown = KeyOf(site, site.Store.CreateSessionId("alice"));
        string expected = await NotFoundAsync(unknown);
        string[] keys =
        [
            KeyOf(site, alices), "user_id:alice", "session:user_id:alice", "session:", ":", "session", "*", "..%2fsessions", alices,
            alices[..24],
            "other" + unknown[unknown.IndexOf(':', StringComparison.Ordinal)..], unknown + "A", unknown.ToUpperInvariant(),
            new string('k', 4000), "session%3A" + new string('%', 1),
        ];
        foreach (string key in keys)
        {
            Assert.Equal(expected, await NotFoundAsync(key));
        }

        Assert.True(await IsLiveAsync(site, alices));

        async Task<string> NotFoundAsync(string key)
        {
            using var answer = await DeleteAsync(site, $"{Path}/{key}", mallorys);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            return string.Join(
                '\n',
                answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key != "Date")
                    .Select(header => $"{header.Key}: {string.Join(',', header.Value)}"))
                + await answer.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task RefusesVisitorsWhoAreNotSignedIn()
    {
        await using var site = await StartAsync();
        string alices = await SignInAsync(site, "alice");
        using var pending = await site.SendAsync("/pending/alice", method: HttpMethod.Post);
        foreach (string? id in (string?[])[null, pending.SentId(), new string('A', 56)])
        {
            using var list = await site.SendAsync(Path, id);
            using var one = await DeleteAsync(site, $"{Path}/{KeyOf(site, alices)}", id);
            using var others = await DeleteAsync(site, Path, id);
            foreach (var answer in (HttpResponseMessage[])[list, one, others])
            {
                await FreshSessionEndpoints.IsChallengeAsync(answer, "urn:sact-session:not-signed-in", "SactSession");
            }
        }

        Assert.True(await IsLiveAsync(site, alices));
    }

    [Fact]
    [Trait("abuse", "E2")]
    public async Task Returns503WhenTheStoreIsDown()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site, "alice");
        site.Store.Before = (verb, _) => verb is "list" or "delete" or "delete_user" ? throw new SessionStoreException("down") : default;
        using var list = await site.SendAsync(Path, id);
        using var one = await DeleteAsync(site, $"{Path}/{KeyOf(site, id)}", id);
        using var others = await DeleteAsync(site, Path, id);

        Assert.All((HttpResponseMessage[])[list, one, others], answer =>
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode));
        Assert.Equal("", one.SentId());
    }

    [Fact]
    public async Task ServesANamedRegistrationBesideTheUnnamedOne()
    {
        await using var site = await StartAsync();
        string user = await SignInAsync(site, "alice");
        using var login = await site.SendAsync("/admin/login", method: HttpMethod.Post);
        string cookie = login.SetCookies().Single(line => line.StartsWith("__Host-admin=", StringComparison.Ordinal)).Split(';')[0];
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/sessions") { Headers = { { "Cookie", cookie } } };
        using var admins = await client.SendAsync(request);
        using var users = await site.SendAsync("/admin/sessions", user);

        var listed = JsonElement.Parse(await admins.Content.ReadAsStringAsync()).EnumerateArray().ToArray();
        Assert.StartsWith("admin:", Assert.Single(listed).GetProperty("key").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, users.StatusCode);
    }

    [Fact]
    public async Task AcceptsRequirementsOnItsEndpoints()
    {
        await using var site = await StartAsync();
        string id = await SignInAsync(site, "alice");
        site.Clock.Advance(TimeSpan.FromMinutes(2));
        using var stale = await site.SendAsync("/fresh/sessions", id);

        Assert.Equal(HttpStatusCode.Unauthorized, stale.StatusCode);
        Assert.Contains("max_age=\"60\"", stale.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    internal static Task<Site> StartAsync(
        Served served = Served.TestServer, Action<WebApplicationBuilder>? build = null) => Site.StartAsync(
        app =>
        {
            app.MapPost("/login/{user}", (string user, HttpContext context) =>
            {
                context.Request.Headers.UserAgent = "Firefox";
                return context.GetSactSession().SetAsync(user).AsTask();
            });
            app.MapPost("/pending/{user}", (string user, ISession<IGenericStore> session) => session.SetPendingAsync(user).AsTask());
            app.MapPost("/admin/login", (HttpContext context) => context.GetSactSession<IGenericStore>("admin").SetAsync("root").AsTask());
            app.MapSactSessions(Path);
            app.MapSactSessions("/admin/sessions", "admin");
            app.MapSactSessions<MemoryStore>("/fresh/sessions", "fresh").RequireFreshSession(TimeSpan.FromMinutes(1));
        },
        options => options.CaptureClient = true,
        builder =>
        {
            builder.Services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin")
                .UseMemory(options => options.Prefix = "admin");
            builder.Services.AddSactSession("fresh", options => options.Cookie.Name = "__Host-fresh")
                .UseMemory(options => options.Prefix = "fresh");
            build?.Invoke(builder);
        },
        served);

    internal static async Task<string> SignInAsync(Site site, string user)
    {
        using var login = await site.SendAsync($"/login/{user}", method: HttpMethod.Post);
        return login.SentId()!;
    }

    internal static async Task<bool> IsLiveAsync(Site site, string id) =>
        await site.Store.Inner.GetAsync(site.Store.GetSessionKey(id)) is not null;

    private static string KeyOf(Site site, string id) => site.Store.GetSessionKey(id).ToString();

    private static async Task<HttpResponseMessage> DeleteAsync(Site site, string path, string? id)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Delete, path) { Headers = { { "Sec-Fetch-Site", "same-origin" } } };
        if (id is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={id}");
        }

        return await client.SendAsync(request);
    }
}
