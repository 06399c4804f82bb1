using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>
/// Applications built like the templates, with <c>WebApplication.CreateBuilder</c>. The framework chooses the place of
/// <c>UseAuthentication()</c>, and not all call <c>UseSactSession()</c>.
/// </summary>
public sealed class TemplateApplications
{
    public enum Pipeline
    {
        Bare,
        ExplicitAuthentication,
        ExceptionHandlerFirst,
        ExceptionHandlerAndRouting,
        SessionAfterAuthentication,
        SessionBeforeAuthentication,
        Development,
    }

    public static TheoryData<Pipeline> Pipelines => [.. Enum.GetValues<Pipeline>()];

    [Theory]
    [MemberData(nameof(Pipelines))]
    public async Task SignUsersIn(Pipeline pipeline)
    {
        await using var app = await StartAsync(pipeline);
        using var client = app.GetTestClient();
        string id = await SignInAsync(client);

        Assert.Equal("200 alice", await AnswerAsync(client, "/who", id));
        Assert.Equal("200 home", await AnswerAsync(client, "/guarded", id));
        Assert.Equal("302 ", await AnswerAsync(client, "/guarded", null));
    }

    [Theory]
    [MemberData(nameof(Pipelines))]
    public async Task Return503WhileTheStoreIsDownAndNeverTreatAUserAsAVisitor(Pipeline pipeline)
    {
        await using var app = await StartAsync(pipeline);
        using var client = app.GetTestClient();
        string id = await SignInAsync(client);
        var store = (ProbeStore)app.Services.GetRequiredService<IGenericStore>();
        store.Before = (_, _) => throw new IOException("gone");

        foreach (string path in new[] { "/who", "/guarded", "/open", "/missing" })
        {
            string answer = await AnswerAsync(client, path, id);

            Assert.StartsWith("503 ", answer, StringComparison.Ordinal);
        }

        // Without a cookie, the store is not called.
        Assert.Equal("200 nobody", await AnswerAsync(client, "/who", null));
        store.Before = null;
        Assert.Equal("200 alice", await AnswerAsync(client, "/who", id));
    }

    /// <summary>No cookie was sent, so authentication does not need the store, and the sign-in does.</summary>
    [Theory]
    [MemberData(nameof(Pipelines))]
    public async Task Return503AtASignInWhileTheStoreIsDown(Pipeline pipeline)
    {
        await using var app = await StartAsync(pipeline);
        using var client = app.GetTestClient();
        var store = (ProbeStore)app.Services.GetRequiredService<IGenericStore>();
        store.Before = (_, _) => throw new IOException("gone");

        using var response = await client.PostAsync("/login", null);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        bool hasErrorPage = pipeline is Pipeline.ExceptionHandlerFirst or Pipeline.ExceptionHandlerAndRouting;
        Assert.Equal(hasErrorPage, await response.Content.ReadAsStringAsync() == "sorry");
    }

    [Theory]
    [MemberData(nameof(Pipelines))]
    [Trait("abuse", "E6")]
    public async Task DeleteTheCookieAtASignOutWhileTheStoreIsDownWhereAuthenticationIsDisabled(Pipeline pipeline)
    {
        await using var app = await StartAsync(pipeline);
        using var client = app.GetTestClient();
        string id = await SignInAsync(client);
        var store = (ProbeStore)app.Services.GetRequiredService<IGenericStore>();
        store.Before = (_, _) => throw new IOException("gone");

        using var request = Request(HttpMethod.Post, "/logout", id);
        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);

        // Where authentication ran before routing, the sign-out was not reached.
        Assert.Equal(pipeline == Pipeline.ExceptionHandlerAndRouting ? null : "", response.SentId());
    }

    [Fact]
    public async Task KeepTheStatusThatTheApplicationHasChosenForAFaultOfTheStore()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSactSession();
        await using var app = builder.Build();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = static _ => StatusCodes.Status429TooManyRequests,
            ExceptionHandler = static context => context.Response.WriteAsync("sorry"),
        });
        app.Run(static _ => throw new SessionStoreException("down"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = app.GetTestClient();

        using var response = await client.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
    }

    /// <summary>Routing found nothing for the request, so the page of a missing page has another endpoint.</summary>
    [Fact]
    public async Task DoNotWarnOfTheEndpointOfAPageThatIsRunAgain()
    {
        using var log = new EventLog("Sact.Session");
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseTestServer();
        builder.Services.AddAuthentication().AddSactSession();
        await using var app = builder.Build();
        app.UseStatusCodePagesWithReExecute("/gone");
        app.UseRouting();
        app.UseAuthentication();
        app.MapGet("/gone", static () => "gone").DisableSactSession();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = app.GetTestClient();

        Assert.Equal("gone", await (await client.GetAsync(new Uri("/nothing", UriKind.Relative))).Content.ReadAsStringAsync());

        Assert.DoesNotContain(log.Events, entry => entry.Id == 39);
    }

    /// <summary>There is no default scheme here, so that nothing authenticates before the body begins.</summary>
    [Fact]
    public async Task AuthenticateAfterTheFirstByteOfTheBody()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSactSession();
        builder.Services.AddAuthentication().AddCookie().AddSactSession();
        await using var app = builder.Build();
        app.Run(async context =>
        {
            await context.Response.WriteAsync("body ");
            await context.Response.Body.FlushAsync();
            var result = await context.AuthenticateAsync(SactSessionDefaults.AuthenticationScheme);
            await context.Response.WriteAsync(result.None ? "nobody" : "somebody");
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal("body nobody", await client.GetStringAsync(new Uri("/", UriKind.Relative)));
    }

    /// <summary>The templates call UseRouting() and leave UseAuthentication() to the framework, which then puts it first.</summary>
    [Theory]
    [InlineData(Pipeline.ExceptionHandlerAndRouting, true)]
    [InlineData(Pipeline.ExceptionHandlerFirst, false)]
    [InlineData(Pipeline.Bare, false)]
    public async Task WarnOnceIfAuthenticationRunsBeforeTheEndpointIsKnown(Pipeline pipeline, bool warns)
    {
        using var log = new EventLog("Sact.Session");
        await using var app = await StartAsync(pipeline, log);
        using var client = app.GetTestClient();
        string id = await SignInAsync(client);

        foreach (string path in new[] { "/off", "/missing", "/who", "/off" })
        {
            await AnswerAsync(client, path, id);
        }

        Assert.Equal(warns ? 1 : 0, log.Events.Count(entry => entry.Id == 39));
    }

    [Fact]
    public async Task DoNotReadTheSessionWhereItIsDisabled()
    {
        await using var app = await StartAsync(Pipeline.Bare);
        using var client = app.GetTestClient();
        string id = await SignInAsync(client);
        var store = (ProbeStore)app.Services.GetRequiredService<IGenericStore>();
        store.Before = (_, _) => throw new IOException("gone");
        store.Reset();

        foreach (string path in new[] { "/off", "/off-by-attribute" })
        {
            using var request = Request(HttpMethod.Get, path, id);
            using var response = await client.SendAsync(request);

            Assert.Equal("nobody", await response.Content.ReadAsStringAsync());
            Assert.False(response.Headers.Contains("Vary"));
            Assert.Null(response.Headers.CacheControl);
        }

        Assert.Empty(store.Calls);
    }

    [Fact]
    public async Task ReadTheSessionOncePerRequest()
    {
        await using var app = await StartAsync(Pipeline.Bare);
        using var client = app.GetTestClient();
        string id = await SignInAsync(client);
        await AnswerAsync(client, "/who", id);
        var store = (ProbeStore)app.Services.GetRequiredService<IGenericStore>();
        store.Reset();

        Assert.Equal("200 alice alice", await AnswerAsync(client, "/twice", id));

        Assert.Equal(["get"], store.Calls);
    }

    private static async Task<WebApplication> StartAsync(Pipeline pipeline, ILoggerProvider? log = null)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { EnvironmentName = pipeline == Pipeline.Development ? "Development" : "Production" });
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.WebHost.UseTestServer(options => options.BaseAddress = new Uri("https://example.test/"));
        builder.Services.AddSactSession().UseStore(_ => new ProbeStore(new MemoryStore()));

        // The one line that replaces the cookie.
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddSactSession<IGenericStore>(CookieAuthenticationDefaults.AuthenticationScheme);
        builder.Services.AddAuthorization();
        var app = builder.Build();
        if (pipeline is Pipeline.ExceptionHandlerFirst or Pipeline.ExceptionHandlerAndRouting)
        {
            app.UseExceptionHandler("/error");
        }

        if (pipeline == Pipeline.ExceptionHandlerAndRouting)
        {
            app.UseRouting();
        }

        if (pipeline == Pipeline.SessionBeforeAuthentication)
        {
            app.UseSactSession();
        }

        if (pipeline is not (Pipeline.Bare or Pipeline.ExceptionHandlerAndRouting))
        {
            app.UseAuthentication();
            app.UseAuthorization();
        }
        else if (pipeline == Pipeline.ExceptionHandlerAndRouting)
        {
            app.UseAuthorization();
        }

        if (pipeline == Pipeline.SessionAfterAuthentication)
        {
            app.UseSactSession();
        }

        app.Map("/error", () => "sorry");
        app.MapGet("/open", () => "home");
        app.MapGet("/guarded", (HttpContext context) => context.Response.WriteAsync("home")).RequireAuthorization();
        app.MapGet("/who", (HttpContext context) => context.User.Identity?.Name ?? "nobody");
        app.MapGet("/off", (HttpContext context) => context.User.Identity?.Name ?? "nobody").DisableSactSession();
        app.MapGet("/off-by-attribute", [DisableSactSession] (HttpContext context) => context.User.Identity?.Name ?? "nobody");
        app.MapGet("/twice", async (HttpContext context, ISession<IGenericStore> session) =>
            $"{context.User.Identity?.Name} {(await session.GetAsync())?.UserId}");
        app.MapPost("/login", (HttpContext context) =>
            context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, AuthenticationSite.Principal("alice")));
        app.MapPost("/logout", (HttpContext context) => context.SignOutAsync()).DisableSactSession();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static async Task<string> SignInAsync(HttpClient client)
    {
        using var response = await client.PostAsync("/login", null);
        return response.SentId()!;
    }

    private static async Task<string> AnswerAsync(HttpClient client, string path, string? id)
    {
        using var request = Request(HttpMethod.Get, path, id);
        using var response = await client.SendAsync(request);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string? id)
    {
        var request = new HttpRequestMessage(method, path);
        if (id is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={id}");
        }

        return request;
    }
}
