using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A second cookie under the name of the session cookie, with another scope: an older deployment set it, or a neighbour.</summary>
public sealed class LeftoverCookies
{
    private static readonly Action<CookieBuilder> s_plain = cookie => cookie.Name = "sid";

    /// <summary>What the cookie was before a deployment, and what it is after it.</summary>
    public static TheoryData<string, string> Changes => new()
    {
        { "host", "domain" }, { "domain", "host" }, { "host", "parent" }, { "parent", "host" }, { "parent", "domain" },
        { "root", "app" }, { "app", "root" }, { "app", "slash" }, { "slash", "app" }, { "root", "page" }, { "page", "root" },
        { "single", "partitioned" }, { "partitioned", "single" }, { "parent", "app" }, { "page", "parent" },
        { "__Host-", "__Host-partitioned" }, { "__Host-partitioned", "__Host-" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    [Trait("abuse", "K31")]
    public async Task OfAnOlderDeploymentLocksNobodyOut(string before, string after)
    {
        var sessions = new MemoryStore();
        var browser = new CookieJar();
        await using (var old = await StartAsync(sessions, Scope(before)))
        {
            await SendAsync(old, browser, "/app/page/login/alice");
            Assert.Equal("alice", await SendAsync(old, browser, "/app/page/who"));
        }

        await using var site = await StartAsync(sessions, Scope(after));
        await SendAsync(site, browser, "/app/page/login/alice");

        // The first request with two cookies has no session. It removes the leftover, or the sign-in that follows does.
        if (await SendAsync(site, browser, "/app/page/who") != "alice")
        {
            if (before.StartsWith("__Host-", StringComparison.Ordinal))
            {
                await SendAsync(site, browser, "/app/page/login/alice");
            }
        }

        Assert.Equal("alice", await SendAsync(site, browser, "/app/page/who"));
        Assert.Single(browser.Values(Scope(after).Name!));
    }

    [Fact]
    [Trait("abuse", "K31")]
    public async Task IsRemovedAlsoWhereTheSignInPageNeverSeesIt()
    {
        var browser = new CookieJar();
        await using var site = await StartAsync(new MemoryStore(), Cookie(s_plain));
        browser.Receive(Address("/app/page"), "sid=leftover; path=/app; secure");
        await SendAsync(site, browser, "/login/alice");
        Assert.Equal("alice", await SendAsync(site, browser, "/who"));

        Assert.Equal("nobody", await SendAsync(site, browser, "/app/page/who"));
        Assert.Equal("alice", await SendAsync(site, browser, "/app/page/who"));
    }

    [Theory]
    [InlineData("domain=example.test; path=/")]
    [InlineData("domain=www.example.test; path=/")]
    [InlineData("path=/app")]
    [InlineData("path=/app/page/")]
    [InlineData("domain=example.test; path=/app/page/who")]
    [InlineData("path=/; partitioned")]
    [Trait("abuse", "K31")]
    [Trait("abuse", "A4")]
    public async Task OfANeighbourIsNeverUsedAndNeverReplacesTheUsersOwn(string scope)
    {
        var browser = new CookieJar();
        var mallory = new CookieJar();
        await using var site = await StartAsync(new MemoryStore(), Cookie(s_plain));
        await SendAsync(site, mallory, "/app/page/login/mallory");
        await SendAsync(site, browser, "/app/page/login/alice");

        browser.Receive(Address("/app/page"), $"sid={Assert.Single(mallory.Values("sid"))}; {scope}; secure");

        Assert.Equal("nobody", await SendAsync(site, browser, "/app/page/who"));
        Assert.Equal("alice", await SendAsync(site, browser, "/app/page/who"));
    }

    [Fact]
    [Trait("abuse", "K31")]
    public async Task IsRemovedBySigningOutToo()
    {
        var browser = new CookieJar();
        await using var site = await StartAsync(new MemoryStore(), Cookie(s_plain));
        await SendAsync(site, browser, "/app/page/login/alice");
        browser.Receive(Address("/app/page"), "sid=planted; domain=example.test; path=/; secure");

        await SendAsync(site, browser, "/app/page/logout");

        Assert.Empty(browser.Values("sid"));
    }

    [Theory]
    [InlineData("sid", "/who")]
    [InlineData("__Host-sid", "/login/alice")]
    [Trait("abuse", "K31")]
    [Trait("abuse", "B13")]
    public async Task IsRemovedAlsoByAnErrorPage(string name, string path)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapGet("/error", () => "sorry");
                app.MapGet("/who", async (ISactSession session) =>
                {
                    await session.GetAsync();
                    throw new InvalidOperationException();
                });
                app.MapGet("/login/{user}", async (string user, ISactSession session) =>
                {
                    await session.SetAsync(user);
                    throw new InvalidOperationException();
                });
            },
            options => options.Cookie.Name = name,
            before: app => app.UseExceptionHandler("/error"));
        using var client = site.Client();
        client.DefaultRequestHeaders.Add("Cookie", $"{name}=a; {name}=b");

        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Contains(response.SetCookies(), line => line.EndsWith("; Partitioned", StringComparison.OrdinalIgnoreCase));
        Assert.All(response.SetCookies(), line => Assert.StartsWith(name + "=", line, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("abuse", "A4")]
    public async Task UnderANameThatTheBrowserProtectsIsLeftToTheSignIn()
    {
        var host = new SessionHost();
        var read = host.RequestWithHeader("__Host-sid=a; __Host-sid=b");
        Assert.Null(await read.Session.GetAsync());
        Assert.Empty(read.SetCookies);

        var signIn = host.RequestWithHeader("__Host-sid=a; __Host-sid=b");
        await signIn.Session.SetAsync("alice");

        Assert.Collection(
            signIn.SetCookies,
            line => Assert.Equal("__Host-sid=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; secure; samesite=lax; Partitioned", line),
            line => Assert.StartsWith("__Host-sid=" + signIn.Session.SessionId, line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("sid=a; sid=a")]
    [InlineData("sid=a")]
    [InlineData("sid=a; Sid=b; xsid=c")]
    [InlineData("")]
    public async Task IsOnlyLookedForWhereTheRequestHasTwoValues(string cookies)
    {
        var host = new SessionHost(options => options.Cookie.Name = "sid");
        var read = host.RequestWithHeader(cookies);
        Assert.Null(await read.Session.GetAsync());
        Assert.Empty(read.SetCookies);

        await read.Session.SetAsync("alice");

        Assert.Single(read.SetCookies);
    }

    [Fact]
    public async Task IsNotLookedForOnceTheResponseHasStarted()
    {
        var host = new SessionHost(options => options.Cookie.Name = "sid");
        var late = host.RequestWithHeader("sid=a; sid=b");
        late.StartResponse();

        Assert.Null(await late.Session.GetAsync());

        Assert.Empty(late.SetCookies);
    }

    [Theory]
    [InlineData("a.b.c.d.e.f.g.h.example.test", "/1/2/3/4/5/6/7/8/9/10/11/12")]
    [InlineData("x;domain=evil.test", "/a;b/c")]
    [InlineData("x\r\nset-cookie: a=b", "/a\r\nb/c")]
    [InlineData("127.0.0.1", "/a,b")]
    [InlineData("[::1]", "/\"a\"")]
    [InlineData("", "/")]
    [InlineData("localhost", "//a///b//")]
    [InlineData(".", "/ä/b")]
    [Trait("abuse", "K31")]
    [Trait("abuse", "B1")]
    public async Task OfAHostileRequestCostsFewAndWellFormedLines(string hostName, string path)
    {
        var host = new SessionHost(options => options.Cookie.Name = "sid");
        var exchange = host.RequestWithHeader("sid=a; sid=b");
        exchange.Context.Request.Headers.Host = hostName;
        exchange.Context.Request.Path = path;

        await exchange.Session.SetAsync("alice");

        Assert.InRange(exchange.SetCookies.Count, 2, 21);
        Assert.All(exchange.SetCookies, line => Assert.Matches(
            "^sid=[A-Za-z0-9_-]*(; expires=Thu, 01 Jan 1970 00:00:00 GMT)?(; domain=[a-z0-9.-]+)?; path=/[!#-+.-:<-~-]*; secure"
            + "; samesite=lax(; httponly)?(; Partitioned)?$",
            line));
        Assert.InRange(exchange.SetCookies.Sum(line => line.Length), 0, 3000);
        Assert.StartsWith("sid=" + exchange.Session.SessionId, exchange.SetCookies[^1], StringComparison.Ordinal);
        Assert.Distinct(exchange.SetCookies);
    }

    [Theory]
    [InlineData("domain=example.test; path=/;")]
    [InlineData("domain=prod.example.test; path=/;")]
    [InlineData("domain=a.app.eu.prod.example.test; path=/;")]
    [InlineData("path=/1;")]
    [InlineData("path=/1/2/3/4;")]
    [Trait("abuse", "K31")]
    public async Task OfALikelyScopeIsRemovedByTheFirstResponse(string scope) =>
        Assert.Contains(await DeletionsAsync(PlainHost()), line => line.Contains("; " + scope, StringComparison.Ordinal));

    [Fact]
    [Trait("abuse", "K31")]
    public async Task OfEveryScopeIsRemovedByRepeatedRequests()
    {
        var host = PlainHost();
        var removed = new HashSet<string>();
        for (int i = 0; i < 200; i++)
        {
            removed.UnionWith(await DeletionsAsync(host));
        }

        string[] domains = ["", "a.app.eu.prod.example.test", "app.eu.prod.example.test", "prod.example.test", "example.test"];
        string[] paths = ["/", "/1", "/1/", "/1/2", "/1/2/", "/1/2/3", "/1/2/3/", "/1/2/3/4", "/1/2/3/4/"];
        foreach (string domain in domains)
        {
            foreach (string path in paths)
            {
                foreach (string partitioned in (string[])["", "; Partitioned"])
                {
                    string line = "sid=; expires=Thu, 01 Jan 1970 00:00:00 GMT" + (domain == "" ? "" : "; domain=" + domain)
                        + $"; path={path}; secure; samesite=lax{partitioned}";
                    Assert.Equal((domain, path, partitioned) != ("", "/", ""), removed.Contains(line));
                }
            }
        }
    }

    [Theory]
    [InlineData(190)]
    [InlineData(1000)]
    [InlineData(4000)]
    [Trait("abuse", "K31")]
    [Trait("abuse", "B1")]
    public async Task BelowLongPathsCostsFewBytes(int length)
    {
        var host = PlainHost();
        string segment = new('a', length / 4);
        for (int i = 0; i < 50; i++)
        {
            var deletions = await DeletionsAsync(host, $"/{segment}/{segment}/{segment}/{segment}/5");

            Assert.InRange(deletions.Sum(line => line.Length), 1, 2048);
            Assert.All(deletions, line => Assert.InRange(line.Split("; path=")[1].Split(';')[0].Length, 1, 200));
        }
    }

    [Fact]
    [Trait("abuse", "K31")]
    public async Task AResponseThatRemovesOneIsStoredByNoCache()
    {
        var host = new SessionHost(options => options.Cookie.Name = "sid");
        var read = host.RequestWithHeader("sid=a; sid=b");

        Assert.Null(await read.Session.GetAsync());

        Assert.NotEmpty(read.SetCookies);
        Assert.Contains("no-store", read.Sent.CacheControl.ToString(), StringComparison.Ordinal);
    }

    private static SessionHost PlainHost() => new(options => options.Cookie.Name = "sid");

    /// <summary>What the response to a request with two cookies deletes, far below the host and the path of the site.</summary>
    private static async Task<IReadOnlyList<string>> DeletionsAsync(SessionHost host, string path = "/1/2/3/4/5")
    {
        var exchange = host.RequestWithHeader("sid=a; sid=b");
        exchange.Context.Request.Headers.Host = "a.app.eu.prod.example.test";
        exchange.Context.Request.Path = path;
        Assert.Null(await exchange.Session.GetAsync());
        return exchange.SetCookies;
    }

    private static CookieBuilder Scope(string scope) => scope switch
    {
        "domain" => Cookie(s_plain, cookie => cookie.Domain = "www.example.test"),
        "parent" => Cookie(s_plain, cookie => cookie.Domain = ".Example.test"),
        "app" => Cookie(s_plain, cookie => cookie.Path = "/app"),
        "slash" => Cookie(s_plain, cookie => cookie.Path = "/app/"),
        "page" => Cookie(s_plain, cookie => cookie.Path = "/app/page"),
        "partitioned" => Cookie(s_plain, cookie => cookie.Extensions.Add("Partitioned")),
        "__Host-" => Cookie(),
        "__Host-partitioned" => Cookie(cookie => cookie.Extensions.Add("Partitioned")),
        _ => Cookie(s_plain),
    };

    private static CookieBuilder Cookie(params Action<CookieBuilder>[] changes)
    {
        var cookie = new SactSessionOptions().Cookie;
        Array.ForEach(changes, change => change(cookie));
        return cookie;
    }

    private static Uri Address(string path) => new("https://www.example.test" + path);

    private static Task<Site> StartAsync(MemoryStore sessions, CookieBuilder cookie) => Site.StartAsync(
        app =>
        {
            foreach (string at in new[] { "", "/app/page" })
            {
                app.MapGet(at + "/login/{user}", async (string user, ISactSession session) => await session.SetAsync(user));
                app.MapGet(at + "/logout", async (ISactSession session) => await session.DeleteAsync());
                app.MapGet(at + "/who", async (ISactSession session) => (await session.GetAsync())?.UserId ?? "nobody");
            }
        },
        options => (options.Cookie, options.TimeProvider) = (cookie, TimeProvider.System),
        builder => builder.Services.AddSactSession().UseStore(_ => sessions));

    private static async Task<string> SendAsync(Site site, CookieJar browser, string path)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(path));
        if (browser.HeaderFor(Address(path)) is { } cookies)
        {
            request.Headers.Add("Cookie", cookies);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode);
        browser.Receive(Address(path), response.SetCookies());
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
