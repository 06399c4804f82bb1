using System.Net;

namespace Sact.Session.Docs.Tests;

/// <summary>What a newcomer does wrong first. Each mistake is made here, and its message is on the page with what to do.</summary>
public sealed class TypicalMistakes
{
    private const string Path = "docs/reference/errors.md";

    private static readonly Dictionary<string, (string Code, string Message)> s_atStartUp = new()
    {
        ["AddSactSession is missing"] = (
            "var app = builder.Build(); app.UseSactSession(); app.Run();",
            "No session is registered. Call builder.Services.AddSactSession() before app.UseSactSession()."),
        ["a connection string is null"] = (
            "builder.Services.AddSactSession().UseSqlite(builder.Configuration.GetConnectionString(\"Sesions\")!); builder.Build().Run();",
            "The SQLite store needs a connection string, and UseSqlite was called with null. GetConnectionString(name) returns null where "
                + "ConnectionStrings has no such name: check the name and the configuration of this environment. "
                + "For example: UseSqlite(\"Data Source=app.db\")."),
        ["a connection has another name"] = (
            "builder.Services.AddSactSession().UseRedis(connectionName: \"cache\"); builder.Build().Run();",
            "The Redis store has no connection: no IConnectionMultiplexer is registered under the key 'cache', and ConnectionStrings has "
                + "no 'cache'."),
        ["a resource of Aspire is missing"] = (
            "builder.AddSactSessionRedis(\"cache\"); builder.Build().Run();",
            "The connection string of sessions in Redis is missing or empty. It was searched under 'ConnectionStrings:cache', then as "
                + "'ConnectionString' in the sections"),
        ["a key of the section is misspelt"] = (
            "builder.Configuration[\"Sessions:IdelTimeout\"] = \"01:00:00\"; "
                + "builder.Services.AddSactSession(builder.Configuration.GetSection(\"Sessions\")); builder.Build().Run();",
            "The configuration has the key 'Sessions:IdelTimeout', and SactSessionOptions has no such option that configuration can set."),
        ["an option is out of its range"] = (
            "builder.Services.AddSactSession(o => o.IdleTimeout = TimeSpan.FromDays(90)); builder.Build().Run();",
            "IdleTimeout is 90.00:00:00. It must be between 1 second and AbsoluteTimeout (28.00:00:00). "
                + "Change SactSessionOptions.IdleTimeout, or raise AbsoluteTimeout."),
        ["a cookie breaks the rule of its prefix"] = (
            "builder.Services.AddSactSession(o => o.Cookie.Domain = \"example.com\"); builder.Build().Run();",
            "The session cookie's name has a prefix whose rules its attributes break: __Host- needs SecurePolicy Always, Path '/' and no "
                + "Domain. "
                + "Change SactSessionOptions.Cookie, or choose a name without the prefix."),
        ["a new CookieBuilder is not HttpOnly"] = (
            "builder.Services.AddSactSession(o => o.Cookie = new CookieBuilder { Name = \"sid\", IsEssential = true, "
                + "SecurePolicy = CookieSecurePolicy.Always, HttpOnly = false }); builder.Build().Run();",
            "The session cookie is not HttpOnly, so any script in a page could read the session id (ASVS 5.0 V3.3.4). "
                + "Set SactSessionOptions.Cookie.HttpOnly to true: a new CookieBuilder starts with false."),
        ["two registrations have one cookie"] = (
            "builder.Services.AddSactSession(); builder.Services.AddSactSession(\"admin\"); var app = builder.Build(); "
                + "app.UseSactSession(); app.Run();",
            "Set a different name for each: AddSactSession(name, o => o.Cookie.Name = \"__Host-…\")."),
        ["the scheme sets the cookie"] = (
            "builder.Services.AddAuthentication().AddSactSession(o => o.Cookie.Name = \"login\"); builder.Build().Run();",
            "Scheme 'SactSession' sets Cookie.Name, but the session sends the cookie. "
                + "Set builder.Services.AddSactSession(o => o.Cookie…) instead."),
        ["UseSession is called too"] = (
            "builder.Services.AddSactSession().AddHttpContextSession(); builder.Services.AddSession(); var app = builder.Build(); "
                + "app.UseSactSession(); app.UseSession(); app.Run();",
            "app.UseSession() and AddHttpContextSession() both provide HttpContext.Session, and a request has one. "
                + "Remove app.UseSession() and AddSession(): AddHttpContextSession() replaces them."),
        ["another authentication state provider"] = (
            "builder.Services.AddSactSession(); builder.Services.AddSactSessionAuthenticationState(); "
                + "builder.Services.AddScoped<Microsoft.AspNetCore.Components.Authorization.AuthenticationStateProvider, "
                + "Microsoft.AspNetCore.Components.Server.ServerAuthenticationStateProvider>(); builder.Build().Run();",
            "which does not follow the session. "
                + "Call AddSactSessionAuthenticationState() after AddInteractiveServerComponents() and after AddServerSideBlazor()."),
        ["the store is an interface"] = (
            "builder.Services.AddSactSession<IGenericStore>(); builder.Build().Run();",
            "The store type IGenericStore cannot be created, because it is an interface or an abstract class."),
    };

    private static readonly Dictionary<string, (string Services, string App, string Message)> s_inARequest = new()
    {
        ["UseSactSession is missing"] = (
            "builder.Services.AddSactSession();",
            "app.MapGet(\"/\", async (ISactSession session) => (await session.GetAsync())?.UserId);",
            "The session middleware is missing. Call app.UseSactSession() before the endpoints that use sessions are mapped."),
        ["RequireAuthorization without a scheme"] = (
            "builder.Services.AddSactSession(); builder.Services.AddAuthorization();",
            "app.UseSactSession(); app.MapGet(\"/\", () => \"secret\").RequireAuthorization();",
            "Unable to find the required 'IAuthenticationService' service. Please add all the required services by calling "),
        ["a sign-in after the first byte"] = (
            "builder.Services.AddSactSession();",
            "app.UseSactSession(); app.MapGet(\"/\", async (HttpContext context, ISactSession session) => "
                + "{ await context.Response.StartAsync(); try { await session.SetAsync(\"alice\"); } "
                + "catch (InvalidOperationException e) { await context.Response.WriteAsync(e.Message); } });",
            "The response has started, so no cookie can be sent any more. Sign in, renew and set cookies before the first byte of the body "
                + "is written."),
        ["a session in background work"] = (
            "builder.Services.AddSactSession();",
            "app.UseSactSession(); app.MapGet(\"/\", async (IServiceScopeFactory scopes, IHttpContextAccessor accessor) => "
                + "{ accessor.HttpContext = null; await using var scope = scopes.CreateAsyncScope(); "
                + "try { await scope.ServiceProvider.GetRequiredService<ISactSession>().GetAsync(); return \"\"; } "
                + "catch (InvalidOperationException e) { return e.Message; } });",
            "The code does not run in an HTTP request, so it has no session. In a SignalR hub call "
                + "Context.GetHttpContext()!.GetSactSession(). In background work use the store (IGenericStore)."),
        ["a sign-in without a user id"] = (
            "builder.Services.AddAuthentication().AddSactSession();",
            "app.MapGet(\"/\", (HttpContext context) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([], \"pwd\"))));",
            "A session needs a user id. Add the claim, or set SactSessionAuthenticationOptions.UserIdClaimType to the claim that "
                + "carries the user id."),
        ["a protected cookie without Data Protection"] = (
            "builder.Services.AddSactSession();",
            "app.UseSactSession(); app.MapGet(\"/\", (ISactSession session) => session.SetProtectedCookie(\"a\", \"b\"));",
            "Protected cookies need Data Protection. Call builder.Services.AddDataProtection(), or set "
                + "SactSessionOptions.DataProtectionProvider."),
        ["metadata that is too large"] = (
            "builder.Services.AddSactSession();",
            "app.UseSactSession(); app.MapGet(\"/\", (ISactSession session) => "
                + "session.SetAsync(\"alice\", new() { [\"a\"] = new string('a', 100_000) }).AsTask());",
            "MaxRecordBytes"),
        ["a store that is down"] = (
            "builder.Services.AddSactSession().UsePostgreSql(\"Host=127.0.0.1;Port=1;Username=app\");",
            "app.UseSactSession(); app.MapGet(\"/\", async (ISactSession session) => "
                + "{ try { await session.SetAsync(\"alice\"); return \"\"; } catch (SessionStoreException e) { return e.Message; } });",
            "No connection to PostgreSQL at 127.0.0.1:1 for sessions: "),
    };

    public static TheoryData<string> AtStartUp => [.. s_atStartUp.Keys];

    public static TheoryData<string> InARequest => [.. s_inARequest.Keys];

    [Theory]
    [MemberData(nameof(AtStartUp))]
    public async Task StopTheApplicationWithTheMessageOfThePage(string mistake)
    {
        var (code, message) = s_atStartUp[mistake];
        var program = Compiler.Compile(
            "Mistake", $"var builder = WebApplication.CreateBuilder(args); {code}", pasted: false, isMistake: true);

        var fault = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var running = await RunningProgram.StartAsync(program, TestContext.Current.CancellationToken);
        });

        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        AssertOnThePage(message);
    }

    [Theory]
    [MemberData(nameof(InARequest))]
    public async Task AnswerARequestWithTheMessageOfThePage(string mistake)
    {
        var (services, app, message) = s_inARequest[mistake];
        var program = Compiler.Compile(
            "Mistake",
            $"var builder = WebApplication.CreateBuilder(args); {services} var app = builder.Build(); {app} app.Run();",
            pasted: false,
            isMistake: true);
        await using var running = await RunningProgram.StartAsync(program, TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = running.Address };

        string answer = await (await client.GetAsync("/", TestContext.Current.CancellationToken)).Content
            .ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains(message, WebUtility.HtmlDecode(answer), StringComparison.Ordinal);
        AssertOnThePage(message);
    }

    private static void AssertOnThePage(string message) =>
        Assert.Contains(message, PagesOfTheRepository.Of(Path).Text, StringComparison.Ordinal);
}
