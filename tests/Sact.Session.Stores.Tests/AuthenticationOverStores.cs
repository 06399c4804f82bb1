using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests;

/// <summary>The authentication scheme and the ticket store on Kestrel, over real stores.</summary>
public sealed class AuthenticationOverStores(SharedRedis redis)
{
    public static TheoryData<string, bool> Rows
    {
        get
        {
            var rows = new TheoryData<string, bool>();
            foreach (string store in new[] { "memory", "sqlite", "redis" })
            {
                rows.Add(store, false);
                rows.Add(store, true);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task SignsInAuthorizesListsAndEnds(string store, bool tickets)
    {
        string folder = Directory.CreateTempSubdirectory("sact-auth-").FullName;
        try
        {
            await using var app = await StartAsync(store, tickets, folder);
            using var client = new HttpClient(
                new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
            { BaseAddress = new Uri(app.Urls.Single()) };
            var kept = app.Services.GetRequiredService<IGenericStore>();
            string phone = await SignInAsync(client, null), desk = await SignInAsync(client, null);
            Assert.Equal("200 ällice 😀 admin", await AnswerAsync(client, "/me", phone));
            Assert.Equal("302 ", await AnswerAsync(client, "/me", null));
            Assert.Equal(2, await CountAsync(kept));

            // A new id with every sign-in, the old one dead.
            string again = await SignInAsync(client, phone);
            Assert.Equal("302 ", await AnswerAsync(client, "/me", phone));
            Assert.Equal("200 ällice 😀 admin", await AnswerAsync(client, "/me", again));
            Assert.Equal(2, await CountAsync(kept));

            // Another stamp ends the session of the old one.
            string stamped = await SignInAsync(client, again, "?stamp=2");
            Assert.Equal("302 ", await AnswerAsync(client, "/me", desk));
            Assert.Equal("200 ällice 😀 admin", await AnswerAsync(client, "/me", stamped));
            Assert.Equal(1, await CountAsync(kept));

            Assert.Equal("200 ", await AnswerAsync(client, "/out", stamped));
            Assert.Equal("302 ", await AnswerAsync(client, "/me", stamped));
            Assert.Equal(0, await CountAsync(kept));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<WebApplication> StartAsync(string store, bool tickets, string folder)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogging();
        builder.Services.AddRouting();
        builder.Services.AddAuthorization();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        var sessions = builder.Services.AddSactSession();
        string prefix = "auth" + Guid.NewGuid().ToString("n")[..12];
        _ = store switch
        {
            "sqlite" => sessions.UseSqlite($"Data Source={Path.Combine(folder, "app.db")};Pooling=False"),
            "redis" => sessions.UseStore(await RedisAsync(prefix)),
            _ => sessions,
        };
        var authentication = builder.Services.AddAuthentication();
        _ = tickets
            ? authentication.AddCookie(o => o.Cookie.Name = "auth").AddSactTicketStore()
            : authentication.AddSactSession<IGenericStore>();
        var app = builder.Build();
        app.MapGet("/in", (string? stamp, HttpContext context) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(
            [
                new(ClaimTypes.NameIdentifier, "alice"), new(ClaimTypes.Name, "ällice 😀"), new(ClaimTypes.Role, "admin"), new(
                    "AspNet.Identity.SecurityStamp", stamp ?? "1"),
            ],
            "Password"))));
        app.MapGet("/out", (HttpContext context) => context.SignOutAsync());
        app.MapGet(
            "/me",
            (HttpContext context) => context.Response.WriteAsync(
                $"{context.User.Identity!.Name} {context.User.FindFirstValue(ClaimTypes.Role)}")).RequireAuthorization();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private async Task<Func<IServiceProvider, RedisStore>> RedisAsync(string prefix)
    {
        var connection = (await redis.ConnectionsAsync())[0];
        return _ => new RedisStore(new RedisStoreOptions { Connection = connection, Prefix = prefix });
    }

    private static async Task<string> SignInAsync(HttpClient client, string? cookie, string query = "")
    {
        using var response = await SendAsync(client, "/in" + query, cookie);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.GetValues("Set-Cookie").Last().Split(';')[0];
    }

    private static async Task<string> AnswerAsync(HttpClient client, string path, string? cookie)
    {
        using var response = await SendAsync(client, path, cookie);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<int> CountAsync(IGenericStore store)
    {
        int count = 0;
        await foreach (var record in store.GetActiveSessionsAsync("alice"))
        {
            count++;
        }

        return count;
    }
}
