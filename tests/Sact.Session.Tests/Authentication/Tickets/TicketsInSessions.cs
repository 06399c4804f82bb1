using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

public sealed class TicketsInSessions
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task GrantAccessUntilTheyEnd(Served served)
    {
        await using var site = await StartAsync(served: served);
        string alice = await SignInAsync(site, "alice"), root = await SignInAsync(site, "root", query: "?role=admin");

        Assert.Equal("200 alice", await SendAsync(site, "/who", alice));
        Assert.Equal("200 admins only", await SendAsync(site, "/admin", root));
        Assert.Equal("200 ", await SendAsync(site, "/out", alice, HttpMethod.Post));
        Assert.Equal("200 nobody", await SendAsync(site, "/who", alice));
        Assert.Equal("200 root", await SendAsync(site, "/who", root));
    }

    [Fact]
    public async Task AreListedAndEndedPerUserLikeEverySession()
    {
        await using var site = await StartAsync(map: app => app.MapPost("/others", async (HttpContext context, IGenericStore store) =>
            await store.DeleteActiveSessionsAsync("alice", except: (await context.AuthenticateAsync()).Properties!.GetSactSessionKey())));
        string first = await SignInAsync(site, "alice"), second = await SignInAsync(site, "alice"), bob = await SignInAsync(site, "bob");
        Assert.Equal(2, (await SigningInToTheScheme.ListAsync(site, "alice")).Count);

        Assert.Equal("200 1", await SendAsync(site, "/others", second, HttpMethod.Post));

        Assert.Equal("200 nobody", await SendAsync(site, "/who", first));
        Assert.Equal("200 alice", await SendAsync(site, "/who", second));
        Assert.Equal(1, await site.Store.DeleteActiveSessionsAsync("alice"));
        Assert.Equal("200 nobody", await SendAsync(site, "/who", second));
        Assert.Equal("200 bob", await SendAsync(site, "/who", bob));
    }

    [Theory]
    [InlineData("/out-and-in/alice", "alice")]
    [InlineData("/out-and-in/bob", "bob")]
    [InlineData("/in/alice", "alice")]
    [InlineData("/in/bob", "bob")]
    [InlineData("/in-and-in/bob", "bob")]
    [InlineData("/read-out-in/alice", "alice")]
    [Trait("abuse", "C5")]
    [Trait("abuse", "C6")]
    [Trait("abuse", "C7")]
    public async Task AreNewAfterEverySignInAndOnlyOneRemains(string path, string user)
    {
        await using var site = await StartAsync();
        string before = await SignInAsync(site, "alice");
        Assert.Equal("200 alice", await SendAsync(site, "/who", before));

        string after = await CookieAsync(site, path, before);

        Assert.Equal("200 nobody", await SendAsync(site, "/who", before));
        Assert.Equal($"200 {user}", await SendAsync(site, "/who", after));
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task AreGoneAfterASignInAndASignOutInOneRequest()
    {
        await using var site = await StartAsync();
        string before = await SignInAsync(site, "alice");

        await SendAsync(site, "/in-and-out/bob", before, HttpMethod.Post);

        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task SlideWithoutANewIdAndAreNeverRevived()
    {
        await using var site = await StartAsync(cookie: options => options.ExpireTimeSpan = TimeSpan.FromHours(1));
        string alice = await SignInAsync(site, "alice");
        site.Clock.Advance(TimeSpan.FromMinutes(40));
        string renewed = await CookieAsync(site, "/who", alice, HttpMethod.Get);
        site.Clock.Advance(TimeSpan.FromMinutes(40));

        Assert.Equal("200 alice", await SendAsync(site, "/who", renewed));
        Assert.Equal("200 alice", await SendAsync(site, "/who", alice));
        Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice"));

        // The session ends before the request can renew it at its end.
        site.Clock.Advance(TimeSpan.FromMinutes(40));
        site.Store.Before = async (verb, _) =>
        {
            if (verb == "update")
            {
                site.Store.Before = null;
                await site.Store.Inner.DeleteActiveSessionsAsync("alice", null, CancellationToken.None);
            }
        };
        await SendAsync(site, "/who", renewed);
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
        Assert.Equal("200 nobody", await SendAsync(site, "/who", renewed));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "C7")]
    public async Task ThatEndBeforeTheirRenewalSendNoCookieOverThatOfANewerSignIn(bool duringTheWrite)
    {
        await using var site = await StartAsync(cookie: options => options.ExpireTimeSpan = TimeSpan.FromHours(1));
        string alice = await SignInAsync(site, "alice");
        await SendAsync(site, "/who", alice);
        site.Clock.Advance(TimeSpan.FromMinutes(40));
        int updates = 0;
        site.Store.Before = async (verb, _) =>
        {
            // The first write notes the ticket as seen. The second one renews it when the response starts.
            if (verb == "update" && ++updates == (duringTheWrite ? 2 : 1))
            {
                await site.Store.Inner.DeleteActiveSessionsAsync("alice", null, CancellationToken.None);
            }
        };

        using var late = await AnswerAsync(site, "/who", alice, HttpMethod.Get);

        Assert.Empty(late.SetCookies());
        Assert.Equal(System.Net.HttpStatusCode.OK, late.StatusCode);
    }

    [Theory]
    [InlineData("/poll", "200 nobody")]
    [InlineData("/who", "200 alice")]
    [Trait("abuse", "G6")]
    public async Task AreExtendedByUseAndNotByAPoll(string path, string who)
    {
        bool checks = false;
        await using var site = await StartAsync(
            cookie: options =>
            {
                options.ExpireTimeSpan = TimeSpan.FromHours(1);
                options.Events.OnCheckSlidingExpiration = context =>
                {
                    checks |= context.Request.Path == "/poll";
                    return Task.CompletedTask;
                };
            },
            map: app => app.MapGet("/poll", (HttpContext context) => context.User.Identity!.Name ?? "nobody").DisableSlidingExpiration());
        string alice = await SignInAsync(site, "alice");
        await SendAsync(site, "/who", alice);
        site.Clock.Advance(TimeSpan.FromMinutes(40));
        using var used = await AnswerAsync(site, path, alice, HttpMethod.Get);
        Assert.Equal(path == "/poll" ? 0 : 1, used.SetCookies().Count);

        site.Clock.Advance(TimeSpan.FromMinutes(40));

        Assert.Equal(who, await SendAsync(site, "/who", alice));
        Assert.False(checks);
    }

    [Fact]
    [Trait("abuse", "D13")]
    public async Task AreNotedAsArrivedByAPoll()
    {
        await using var site = await StartAsync(
            map: app => app.MapGet("/poll", (HttpContext context) => context.User.Identity!.Name).DisableSlidingExpiration());
        string alice = await SignInAsync(site, "alice");
        var before = Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice"));
        site.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("200 alice", await SendAsync(site, "/poll", alice));

        var after = Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice"));
        Assert.Equal((false, true), (before.Presented, after.Presented));
        Assert.Equal(before.LastSeenAt, after.LastSeenAt);
    }

    [Fact]
    [Trait("abuse", "K2")]
    public async Task LetNoCacheShareAPageThatDependsOnThem()
    {
        await using var site = await StartAsync(map: app =>
        {
            app.MapGet("/public", (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "public, max-age=600";
                return context.User.Identity!.Name ?? "nobody";
            });
            app.MapPost("/in-publicly", async context =>
            {
                await context.SignInAsync(AuthenticationSite.Principal("alice"));
                context.Response.Headers.CacheControl = "public, max-age=600";
            });
        });

        using var login = await AnswerAsync(site, "/in-publicly", null, HttpMethod.Post);
        using var hers = await AnswerAsync(site, "/public", login.SetCookies()[^1].Split(';')[0], HttpMethod.Get);
        using var nobodys = await AnswerAsync(site, "/public", null, HttpMethod.Get);

        Assert.True(login.Headers.CacheControl!.NoStore);
        Assert.False(hers.Headers.CacheControl!.Public);
        Assert.False(nobodys.Headers.CacheControl!.Public);
        Assert.Equal(["Cookie"], hers.Headers.Vary);
        Assert.Equal(["Cookie"], nobodys.Headers.Vary);
    }

    [Fact]
    public async Task EndAtTheirExpiryAndNeverLaterThanTheOptions()
    {
        await using var site = await StartAsync(
            cookie: options => (options.ExpireTimeSpan, options.SlidingExpiration) = (TimeSpan.FromHours(1), false),
            session: options => options.MaxSessionsPerUser = 2);
        string alice = await SignInAsync(site, "alice");
        await SendAsync(site, "/who", alice);
        var record = Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice"));
        Assert.Equal(TimeSpan.FromHours(1), record.Lifetimes.AbsoluteTimeout);
        await SignInAsync(site, "alice");
        await SignInAsync(site, "alice");
        Assert.Equal(2, (await SigningInToTheScheme.ListAsync(site, "alice")).Count);

        site.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("200 nobody", await SendAsync(site, "/who", alice));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task NoRenewOverloadCreatesASessionOrChangesTheUser()
    {
        await using var site = await StartAsync();
        var store = StoreOf(site);
        var context = new DefaultHttpContext();
        Func<string, AuthenticationTicket, Task>[] renewals =
        [
            store.RenewAsync,
            (key, ticket) => store.RenewAsync(key, ticket, CancellationToken.None),
            (key, ticket) => store.RenewAsync(key, ticket, context, CancellationToken.None),
        ];
        foreach (var renew in renewals)
        {
            string key = await store.StoreAsync(Ticket("alice"));
            await renew(key, Ticket("alice", "admin"));
            Assert.True((await store.RetrieveAsync(key))!.Principal.IsInRole("admin"));

            var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => renew(key, Ticket("bob")));
            Assert.Contains("SignOutAsync before SignInAsync", fault.Message, StringComparison.Ordinal);
            Assert.Equal("alice", (await store.RetrieveAsync(key, CancellationToken.None))!.Principal.Identity!.Name);

            await store.RemoveAsync(key);
            await store.RemoveAsync(key, CancellationToken.None);
            await store.RemoveAsync(key, context, CancellationToken.None);
            await renew(key, Ticket("alice"));
            Assert.Null(await store.RetrieveAsync(key, context, CancellationToken.None));
            await renew(site.Store.CreateSessionId("alice"), Ticket("alice"));
            await renew("nonsense", Ticket("alice"));
        }

        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C8")]
    public async Task AnInventedSecretDoesNothing()
    {
        await using var site = await StartAsync();
        var store = StoreOf(site);
        string key = await store.StoreAsync(Ticket("alice"));
        foreach (string invented in new[]
        {
            key[..24] + new string('A', 32), key[..32] + new string('A', 24), key[..^1] + (key[^1] == 'A' ? 'Q' : 'A')
        })
        {
            Assert.Null(await store.RetrieveAsync(invented));
            await store.RenewAsync(invented, Ticket("alice", "admin"));
            await store.RenewAsync(invented, Ticket("bob"));
            await store.RemoveAsync(invented);
        }

        site.Store.Reset();
        Assert.Null(await store.RetrieveAsync("nonsense"));
        Assert.Null(await store.RetrieveAsync(""));
        Assert.Empty(site.Store.Calls);
        Assert.False((await store.RetrieveAsync(key))!.Principal.IsInRole("admin"));
    }

    [Fact]
    public async Task AreNotAcceptedAsSessionsNorSessionsAsTickets()
    {
        await using var site = await StartAsync(map: app =>
        {
            app.MapPost("/session", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
            app.MapGet("/session", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            app.MapDelete("/session", async (ISession<IGenericStore> session) => await session.DeleteAsync());
        });
        var store = StoreOf(site);
        string ticket = await store.StoreAsync(Ticket("alice"));
        using var login = await site.SendAsync("/session", method: HttpMethod.Post);

        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/session", ticket));
        await site.StatusAndTextAsync("/session", ticket, HttpMethod.Delete);
        Assert.NotNull(await store.RetrieveAsync(ticket));
        Assert.Null(await store.RetrieveAsync(login.SentId()!));
        await store.RemoveAsync(login.SentId()!);
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/session", login.SentId()));
    }

    [Fact]
    [Trait("abuse", "C3")]
    public async Task AreNotReadableInTheStore()
    {
        await using var site = await StartAsync();
        string key = await StoreOf(site).StoreAsync(Ticket("alice", "role-of-alice"));
        var record = Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice"));

        string dump = System.Text.Json.JsonSerializer.Serialize(record.Fields);
        Assert.DoesNotContain(key[24..32], dump, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("role-of-alice"u8)[..12], dump, StringComparison.Ordinal);
        Assert.DoesNotContain("role-of-alice", dump, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("moved from another ticket")]
    [InlineData("garbage")]
    [InlineData("absent")]
    [InlineData("another key ring")]
    public async Task ThatCannotBeDecryptedAreEndedAndSignNobodyIn(string how)
    {
        await using var site = await StartAsync();
        var store = StoreOf(site);
        string key = await store.StoreAsync(Ticket("alice"));
        string other = await store.StoreAsync(Ticket("alice", "admin"));
        var record = (await site.Store.GetAsync(site.Store.GetSessionKey(key)))!;
        var otherRecord = (await site.Store.GetAsync(site.Store.GetSessionKey(other)))!;
        ReadOnlyMemory<byte> value = how switch
        {
            "garbage" => "\"AAAA\""u8.ToArray(),
            "another key ring" =>
                System.Text.Encoding.ASCII.GetBytes(
                    $"\"{Convert.ToBase64String(new EphemeralDataProtectionProvider().CreateProtector("x").Protect([1, 2]))}\""),
            _ => otherRecord.Fields.TryGetValue("$ticket", out var json) ? json : default,
        };
        var change = how == "absent"
            ? new SessionChange { Remove = ["$ticket"] }
            : new SessionChange { Set = SessionFields.Create([new("$ticket", value)]) };
        Assert.Equal(SessionUpdateStatus.Applied, (await site.Store.UpdateAsync(record, change)).Status);

        Assert.Null(await store.RetrieveAsync(key));

        Assert.Null(await site.Store.GetAsync(record.Key));
        Assert.NotNull(await store.RetrieveAsync(other));
    }

    [Fact]
    public async Task WithoutAUserIdAreRefusedAndTheMessageNamesTheOption()
    {
        await using var site = await StartAsync();
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "alice")], "Cookies"));

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            StoreOf(site).StoreAsync(new AuthenticationTicket(principal, "Cookies")));

        Assert.Contains("SactTicketStoreOptions.UserIdClaimType", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Return503WhileTheStoreIsDownButAFailedRenewalIsNoError()
    {
        await using var site = await StartAsync(cookie: options => options.ExpireTimeSpan = TimeSpan.FromHours(1));
        string alice = await SignInAsync(site, "alice");
        site.Clock.Advance(TimeSpan.FromMinutes(40));
        site.Store.Before = (verb, _) => verb == "update" ? throw new IOException("full") : default;
        Assert.Equal("200 alice", await SendAsync(site, "/who", alice));

        site.Store.Before = (_, _) => throw new IOException("gone");
        Assert.Equal("503 ", await SendAsync(site, "/who", alice));
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task ThatEndDuringATouchSignNobodyIn()
    {
        await using var site = await StartAsync();
        string alice = await SignInAsync(site, "alice");
        site.Store.Before = async (verb, _) =>
        {
            if (verb == "update")
            {
                site.Store.Before = null;
                await site.Store.Inner.DeleteActiveSessionsAsync("alice", null, CancellationToken.None);
            }
        };

        Assert.Equal("200 nobody", await SendAsync(site, "/who", alice));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task LoseTheirCookieAtASignOutEvenIfTheStoreFails(Served served)
    {
        await using var site = await StartAsync(served: served);
        string alice = await SignInAsync(site, "alice");
        site.Store.Before = (verb, _) => verb == "delete" ? throw new IOException("gone") : default;

        using var answer = await AnswerAsync(site, "/out", alice, HttpMethod.Post);

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        string line = Assert.Single(answer.SetCookies());
        Assert.StartsWith(".AspNetCore.Cookies=;", line, StringComparison.Ordinal);
        Assert.Contains("expires=Thu, 01 Jan 1970", line, StringComparison.OrdinalIgnoreCase);
    }

    private static AuthenticationTicket Ticket(string user, string? role = null) =>
        new(AuthenticationSite.Principal(user, role), CookieAuthenticationDefaults.AuthenticationScheme);

    private static ITicketStore StoreOf(Site site) => site.Services
        .GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>()
        .Get(CookieAuthenticationDefaults.AuthenticationScheme).SessionStore!;

    private static Task<Site> StartAsync(
        Action<CookieAuthenticationOptions>? cookie = null,
        Action<SactSessionOptions>? session = null,
        Action<WebApplication>? map = null,
        Served served = Served.TestServer) => Site.StartAsync(
        app =>
        {
            AuthenticationSite.Map(app);
            app.MapPost("/out-and-in/{user}", async (string user, HttpContext context) =>
            {
                await context.SignOutAsync();
                await context.SignInAsync(AuthenticationSite.Principal(user));
            });
            app.MapPost("/read-out-in/{user}", async (string user, HttpContext context) =>
            {
                var before = await context.AuthenticateAsync();
                await context.SignOutAsync();
                await context.SignInAsync(AuthenticationSite.Principal(user), before.Properties);
            });
            app.MapPost("/in-and-in/{user}", async (string user, HttpContext context) =>
            {
                await context.SignInAsync(AuthenticationSite.Principal("carol"));
                await context.SignInAsync(AuthenticationSite.Principal(user));
            });
            app.MapPost("/in-and-out/{user}", async (string user, HttpContext context) =>
            {
                await context.SignInAsync(AuthenticationSite.Principal(user));
                await context.SignOutAsync();
            });
            map?.Invoke(app);
        },
        session,
        builder =>
        {
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddAuthorizationBuilder().AddPolicy("admins", policy => policy.RequireRole("admin"));
            builder.Services.AddAuthentication().AddCookie(cookie ?? (_ => { })).AddSactTicketStore();
        },
        served);

    private static Task<string> SignInAsync(Site site, string user, string? cookie = null, string query = "") =>
        CookieAsync(site, $"/in/{user}{query}", cookie);

    /// <summary>The last cookie that the response sets. A browser keeps that one.</summary>
    private static async Task<string> CookieAsync(Site site, string path, string? cookie, HttpMethod? method = null)
    {
        using var response = await AnswerAsync(site, path, cookie, method ?? HttpMethod.Post);
        return response.SetCookies().Last(line => line.StartsWith(".AspNetCore.Cookies=", StringComparison.Ordinal)).Split(';')[0];
    }

    private static async Task<string> SendAsync(Site site, string path, string? cookie, HttpMethod? method = null)
    {
        using var response = await AnswerAsync(site, path, cookie, method ?? HttpMethod.Get);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
    }

    private static async Task<HttpResponseMessage> AnswerAsync(Site site, string path, string? cookie, HttpMethod method)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(method, path);
        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
