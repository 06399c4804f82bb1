using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>The dashboard over HTTP: who may use it, what it answers, and what it refuses.</summary>
public sealed class DashboardOfSessions
{
    private const string Path = "/ops/sessions";

    [Theory]
    [InlineData("")]
    [InlineData("/dashboard.js")]
    [InlineData("/dashboard.css")]
    [InlineData("/api/counts")]
    [InlineData("/api/sessions")]
    [InlineData("/api/sessions/x")]
    public async Task IsOpenToAdministratorsOnly(string path)
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        string user = await site.SignInAsync("alice");
        using var asAdmin = await site.SendAsync(Path + path, admin);
        using var asUser = await site.SendAsync(Path + path, user);
        using var asNobody = await site.SendAsync(Path + path);

        Assert.Equal(path.EndsWith("/x", StringComparison.Ordinal) ? HttpStatusCode.BadRequest : HttpStatusCode.OK, asAdmin.StatusCode);
        Assert.DoesNotContain(asUser.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.BadRequest]);
        Assert.DoesNotContain(asNobody.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.BadRequest]);
        Assert.DoesNotContain("alice", await asUser.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LetsNoUserEndAnything()
    {
        await using var site = await StartAsync();
        string user = await site.SignInAsync("alice");
        string victim = await site.SignInAsync("bob");
        foreach (string path in (string[])[$"/{KeyOf(site, victim)}", "?user=bob", "?all=true"])
        {
            using var answer = await DeleteAsync(site, path, user);
            Assert.False(answer.IsSuccessStatusCode);
        }

        Assert.Equal("bob", await (await site.SendAsync("/who", victim)).Content.ReadAsStringAsync());
    }

    /// <summary>Every user is authenticated, so a policy that requires no more would show everything to everybody.</summary>
    [Theory]
    [InlineData("no policy")]
    [InlineData("a signed-in user")]
    [InlineData("a policy without a further requirement")]
    [InlineData("a named policy without a further requirement")]
    [InlineData("anonymous requests")]
    [InlineData("a fresh session")]
    public async Task RefusesToStartWith(string what)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var site = await AuthenticationSite.StartAsync(build: WithUsersPolicy, map: app =>
            {
                var dashboard = app.MapSactSessionDashboard(Path);
                _ = what switch
                {
                    "a signed-in user" => dashboard.RequireAuthorization(),
                    "a policy without a further requirement" => dashboard.RequireAuthorization(policy => policy.RequireAuthenticatedUser()),
                    "a named policy without a further requirement" => dashboard.RequireAuthorization("users"),
                    "anonymous requests" => dashboard.RequireAuthorization("admins").AllowAnonymous(),
                    "a fresh session" => dashboard.RequireFreshSession(TimeSpan.FromMinutes(5)),
                    _ => dashboard,
                };
            });
        });

        Assert.Contains("RequireAuthorization", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The server accepts requests a moment before the policy can be checked.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("/dashboard.js")]
    [InlineData("/api/sessions")]
    public async Task ShowsNothingBeforeItsPolicyWasChecked(string path)
    {
        var early = new EarlyRequest(Path + path);

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var site = await AuthenticationSite.StartAsync(
                map: app => app.MapSactSessionDashboard(Path).RequireAuthorization("users"),
                build: builder =>
                {
                    WithUsersPolicy(builder);
                    early.AddTo(builder.Services);
                });
        });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.Status);
        Assert.Contains("urn:sact-session:dashboard-not-checked", early.Text, StringComparison.Ordinal);
        Assert.Contains("Try again", early.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsOpenAsSoonAsItsPolicyWasChecked()
    {
        var early = new EarlyRequest(Path);
        await using var site = await AuthenticationSite.StartAsync(
            map: app => app.MapSactSessionDashboard(Path).RequireAuthorization("admins"),
            build: builder => early.AddTo(builder.Services));
        using var answer = await site.SendAsync(Path, await site.SignInAsync("root", query: "?role=admin"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (early.Status, answer.StatusCode));
    }

    private static void WithUsersPolicy(WebApplicationBuilder builder) =>
        builder.Services.AddAuthorizationBuilder().AddPolicy("users", policy => policy.RequireAuthenticatedUser());

    [Theory]
    [InlineData("a requirement in an attribute")]
    [InlineData("a policy by name")]
    [InlineData("a policy in code")]
    [InlineData("a role")]
    [InlineData("a group around it")]
    public async Task StartsWith(string what)
    {
        await using var site = await AuthenticationSite.StartAsync(map: app => _ = what switch
        {
            "a policy in code" => app.MapSactSessionDashboard(Path).RequireAuthorization(policy => policy.RequireRole("admin")),
            "a requirement in an attribute" => app.MapSactSessionDashboard(Path).RequireAuthorization()
                .WithMetadata(new AdministratorsAttribute()),
            "a role" => app.MapSactSessionDashboard(Path).RequireAuthorization(new AuthorizeAttribute { Roles = "admin" }),
            "a group around it" => app.MapGroup("/ops").RequireAuthorization("admins").MapSactSessionDashboard("/sessions"),
            _ => app.MapSactSessionDashboard(Path).RequireAuthorization("admins"),
        });
        string admin = await site.SignInAsync("root", query: "?role=admin");
        string user = await site.SignInAsync("alice");

        Assert.Equal(HttpStatusCode.OK, (await site.SendAsync(Path, admin)).StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, (await site.SendAsync(Path, user)).StatusCode);
    }

    [Fact]
    public async Task SendsASelfContainedPage()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        using var page = await site.SendAsync(Path, admin);
        string html = await page.Content.ReadAsStringAsync();
        string policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));

        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", html, StringComparison.Ordinal);
        Assert.DoesNotContain("//", html, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick=", html, StringComparison.Ordinal);
        Assert.Equal("no-store", page.Headers.CacheControl?.ToString());
        foreach (string file in (string[])[$"src=\"{Path}/dashboard.js\"", $"href=\"{Path}/dashboard.css\""])
        {
            Assert.Contains(file, html, StringComparison.Ordinal);
        }
    }

    /// <summary>The path comes from the request, so a hostile one must not become HTML.</summary>
    [Fact]
    public async Task EncodesItsPath()
    {
        await using var site = await AuthenticationSite.StartAsync(
            map: app => app.MapSactSessionDashboard("/{tenant}/sessions").RequireAuthorization("admins"));
        string admin = await site.SignInAsync("root", query: "?role=admin");
        using var page = await site.SendAsync("/a'&b/sessions", admin);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        string html = await page.Content.ReadAsStringAsync();
        Assert.Contains("data-root=\"/a&#x27;&amp;b/sessions\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("/a'", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PagesThroughTheSessions()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        for (int i = 0; i < 5; i++)
        {
            site.Clock.Advance(TimeSpan.FromSeconds(1));
            await site.SignInAsync($"user-{i}");
        }

        var found = new List<string>();
        string? after = null;
        do
        {
            var page = await JsonAsync(site, $"/api/sessions?state=signedIn&size=2&after={after}", admin);
            found.AddRange(page.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("userId").GetString()!));
            after = page.GetProperty("next").GetString();
        }
        while (after is not null);

        Assert.Equal(["user-4", "user-3", "user-2", "user-1", "user-0", "root"], found);
    }

    [Fact]
    public async Task HandsOutNothingThatCanBeReplayed()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        string id = await site.SignInAsync("alice");
        var record = (await site.Services.GetRequiredService<IGenericStore>().GetAsync(SessionKey.Parse(KeyOf(site, id))))!;
        string all = await site.StatusAndTextAsync(Path + "/api/sessions", admin)
            + await site.StatusAndTextAsync($"{Path}/api/sessions/{KeyOf(site, id)}", admin);

        Assert.Contains("alice", all, StringComparison.Ordinal);
        Assert.DoesNotContain(id[24..], all, StringComparison.Ordinal);
        Assert.DoesNotContain(id[24..32], all, StringComparison.Ordinal);
        foreach (var hash in (SecretHash[])[record.LineageHash, record.CurrentHash])
        {
            Assert.DoesNotContain(Convert.ToBase64String(hash.ToArray()), all, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(hash.ToArray()), all, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task ShowsWhyASessionWasRefusedAndEnded()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        string id = await site.SignInAsync("alice");
        await site.SendAsync("/who", id[..24] + id[24..32] + new string('A', 24));
        await site.SendAsync("/who", id[..24] + new string('A', 8) + id[32..]);
        await site.SendAsync("/who", id[..24] + new string('A', 8) + id[32..]);
        await site.SendAsync("/out", id, HttpMethod.Post);

        var details = await JsonAsync(site, $"/api/sessions/{KeyOf(site, id)}", admin);

        Assert.Equal(JsonValueKind.Null, details.GetProperty("session").ValueKind);
        Assert.Equal("SignedOut", details.GetProperty("endReason").GetString());
        Assert.Equal(
            ["Began SignedIn 1", "Refused Stale 1", "Refused Foreign 2", "Ended SignedOut 1"],
            details.GetProperty("timeline").EnumerateArray()
                .Select(entry => $"{entry.GetProperty("what")} {entry.GetProperty("detail")} {entry.GetProperty("count")}"));
    }

    [Fact]
    public async Task EndsASession()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        string id = await site.SignInAsync("alice");
        using var first = await DeleteAsync(site, $"/{KeyOf(site, id)}", admin);
        using var again = await DeleteAsync(site, $"/{KeyOf(site, id)}", admin);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (first.StatusCode, again.StatusCode));
        Assert.Equal("nobody", await (await site.SendAsync("/who", id)).Content.ReadAsStringAsync());
        Assert.Equal("root", await (await site.SendAsync("/who", admin)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("?user=alice", 2, false)]
    [InlineData("?state=signedIn&user=bob", 1, false)]
    [InlineData("?all=true", 4, true)]
    public async Task EndsSeveralSessions(string query, int expected, bool endsAdministrator)
    {
        await using var site = await StartAsync();
        await site.SignInAsync("alice");
        await site.SignInAsync("alice");
        await site.SignInAsync("bob");
        string admin = await site.SignInAsync("root", query: "?role=admin");
        using var answer = await DeleteAsync(site, query, admin);

        Assert.Equal(expected, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("ended").GetInt64());
        Assert.Equal(endsAdministrator ? "nobody" : "root", await (await site.SendAsync("/who", admin)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: same-site")]
    [InlineData("Origin: https://evil.test")]
    [InlineData]
    public async Task EndsNothingForAnotherSite(params string[] headers)
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        string id = await site.SignInAsync("alice");
        foreach (string path in (string[])[$"/{KeyOf(site, id)}", "?user=alice", "?all=true"])
        {
            using var answer = await DeleteAsync(site, path, admin, headers);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }

        Assert.Equal("alice", await (await site.SendAsync("/who", id)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("?size=20")]
    [InlineData("?user=")]
    [InlineData("?all=false")]
    [InlineData("?all=")]
    [InlineData("?user=alice&adress=203.0.113.7")]
    [InlineData("?all=true&user=alice")]
    [InlineData("?user=alice&user=bob")]
    public async Task EndsNothingForAnUnclearSelection(string query)
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        string id = await site.SignInAsync("alice");
        using var answer = await DeleteAsync(site, query, admin);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("alice", await (await site.SendAsync("/who", id)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("?size=0")]
    [InlineData("?size=501")]
    [InlineData("?size=-1")]
    [InlineData("?size=many")]
    [InlineData("?state=root")]
    [InlineData("?createdFrom=yesterday")]
    [InlineData("?seenBefore=04/03/2026")]
    [InlineData("?seenBefore=12:00")]
    [InlineData("?createdFrom=2030-01-02&createdBefore=2030-01-01")]
    [InlineData("?after=AAAA")]
    [InlineData("?after=%22%3E%3Cscript%3E")]
    [InlineData("?user=alice&user=bob")]
    [InlineData("?user=a%00b")]
    public async Task RefusesAQueryThatBreaksARule(string query)
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        using var answer = await site.SendAsync(Path + "/api/sessions" + query, admin);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("urn:sact-session:bad-query", problem.GetProperty("type").GetString());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("detail").GetString()));
        Assert.DoesNotContain("Parameter", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesTheSessionOfTheAdministratorInTheLog()
    {
        var log = new ActorLog();
        await using var site = await StartAsync(log);
        string admin = await site.SignInAsync("root", query: "?role=admin");
        await site.SignInAsync("alice");
        await DeleteAsync(site, "?user=alice", admin);

        Assert.Equal($"session {KeyOf(site, admin)}", log.Actor);
    }

    /// <summary>An administrator of another scheme may have an ordinary session in the same browser. It did not act.</summary>
    [Fact]
    public async Task NamesNoSessionOfAnotherUserInTheLog()
    {
        var log = new ActorLog();
        await using var site = await AuthenticationSite.StartAsync(
            map: app => app.MapSactSessionDashboard(Path).RequireAuthorization(
                policy => policy.AddAuthenticationSchemes("company").RequireRole("admin")),
            build: builder =>
            {
                builder.Services.AddSactSession().UseMemory();
                builder.Services.AddSingleton<ILoggerProvider>(log);
                builder.Services.AddAuthentication(SactSessionDefaults.AuthenticationScheme)
                    .AddScheme<AuthenticationSchemeOptions, CompanyHandler>("company", null);
            });
        string id = await site.SignInAsync("alice");
        await DeleteAsync(site, "?user=bob", id);

        Assert.StartsWith("user #", log.Actor, StringComparison.Ordinal);
        Assert.DoesNotContain("root", log.Actor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DoesNotKeepAnUnattendedSessionAlive()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        await JsonAsync(site, "/api/counts", admin);
        var before = await site.Services.GetRequiredService<IGenericStore>().GetAsync(SessionKey.Parse(KeyOf(site, admin)));
        site.Clock.Advance(TimeSpan.FromHours(1));
        await JsonAsync(site, "/api/counts", admin);
        var after = await site.Services.GetRequiredService<IGenericStore>().GetAsync(SessionKey.Parse(KeyOf(site, admin)));

        Assert.Equal(before!.LastSeenAt, after!.LastSeenAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task CountsOnceForAllOpenPages(int hoursThatTheClockIsSetBack)
    {
        JumpingClock? clock = null;
        await using var site = await StartAsync(build: builder =>
        {
            var running = (FakeTimeProvider)builder.Services.Last(static service => service.ServiceType == typeof(TimeProvider))
                .ImplementationInstance!;
            builder.Services.AddSingleton<TimeProvider>(clock = new JumpingClock(running));
        });
        string admin = await site.SignInAsync("root", query: "?role=admin");
        await JsonAsync(site, "/api/counts", admin);
        await site.SignInAsync("alice");

        Assert.Equal(1, (await JsonAsync(site, "/api/counts", admin)).GetProperty("signedIn").GetInt32());
        clock!.Jump(TimeSpan.FromHours(-hoursThatTheClockIsSetBack));
        site.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, (await JsonAsync(site, "/api/counts", admin)).GetProperty("signedIn").GetInt32());
    }

    [Fact]
    public async Task FilesAreSentOnceAndComparedByTheirTag()
    {
        await using var site = await StartAsync();
        string admin = await site.SignInAsync("root", query: "?role=admin");
        using var first = await site.SendAsync(Path + "/dashboard.js", admin);
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, Path + "/dashboard.js");
        request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={admin}");
        request.Headers.TryAddWithoutValidation("If-None-Match", first.Headers.ETag!.ToString());
        using var second = await client.SendAsync(request);

        Assert.Equal("text/javascript", first.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    private static Task<Site> StartAsync(
        ILoggerProvider? log = null, Action<WebApplicationBuilder>? build = null) => AuthenticationSite.StartAsync(
        map: app => app.MapSactSessionDashboard(Path).RequireAuthorization("admins"),
        build: builder =>
        {
            // A store that can query. The probed one cannot.
            builder.Services.AddSactSession().UseMemory();
            build?.Invoke(builder);
            if (log is not null)
            {
                builder.Services.AddSingleton(log);
            }
        });

    private static string KeyOf(Site site, string id) =>
        site.Services.GetRequiredService<IGenericStore>().GetSessionKey(id).ToString();

    private static async Task<JsonElement> JsonAsync(Site site, string path, string admin)
    {
        using var answer = await site.SendAsync(Path + path, admin);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Resource-Policy")));
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static Task<HttpResponseMessage> DeleteAsync(Site site, string path, string id) =>
        DeleteAsync(site, path, id, ["Sec-Fetch-Site: same-origin"]);

    private static async Task<HttpResponseMessage> DeleteAsync(Site site, string path, string id, string[] headers)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{Path}/api/sessions{path}");
        request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={id}");
        foreach (string[] header in headers.Select(header => header.Split(": ", 2)))
        {
            request.Headers.TryAddWithoutValidation(header[0], header[1]);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A request of a signed-in administrator while the host starts: the server runs, and no later service has started.</summary>
    private sealed class EarlyRequest(string path) : IHostedLifecycleService
    {
        private IServiceProvider _services = null!;

        public HttpStatusCode? Status { get; private set; }

        public string Text { get; private set; } = "";

        /// <summary>Runs before all services of the library.</summary>
        public void AddTo(IServiceCollection services) => services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(provider =>
        {
            _services = provider;
            return this;
        }));

        public async Task StartedAsync(CancellationToken cancellationToken)
        {
            using var client = ((TestServer)_services.GetRequiredService<IServer>()).CreateClient();
            using var login = await client.PostAsync("/in/root?role=admin", null, cancellationToken);
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={login.SentId()}");
            using var answer = await client.SendAsync(request, cancellationToken);
            (Status, Text) = (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>A requirement that an attribute has, without a policy.</summary>
    [AttributeUsage(AttributeTargets.All)]
    private sealed class AdministratorsAttribute : Attribute, IAuthorizationRequirementData
    {
        public IEnumerable<IAuthorizationRequirement> GetRequirements() =>
            [new Microsoft.AspNetCore.Authorization.Infrastructure.RolesAuthorizationRequirement(["admin"])];
    }

    /// <summary>Another scheme, by which everybody is the administrator.</summary>
    private sealed class CompanyHandler(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.Success(
            new AuthenticationTicket(AuthenticationSite.Principal("root", "admin"), Scheme.Name)));
    }

    /// <summary>Keeps the actor of the last act.</summary>
    private sealed class ActorLog : ILoggerProvider, ILogger
    {
        public string? Actor { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Actor = (state as IEnumerable<KeyValuePair<string, object?>>)?.FirstOrDefault(value => value.Key == "Actor").Value as string
                ?? Actor;

        public void Dispose()
        {
        }
    }
}
