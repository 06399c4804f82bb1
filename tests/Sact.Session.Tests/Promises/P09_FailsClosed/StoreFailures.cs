using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A store that throws or times out is an error of the site. It never means "signed out", and is never ignored.</summary>
public sealed class StoreFailures
{
    private const string Secret = "Password=hunter2";

    public static TheoryData<Served, string, string> Cases()
    {
        var data = new TheoryData<Served, string, string>();
        foreach (var served in Enum.GetValues<Served>())
        {
            foreach (string fault in new[] { "throws", "is cancelled", "times out", "reports a failure" })
            {
                foreach (string path in new[]
                {
                    "/me:get", "/update:get", "/update:update", "/login:create", "/login:get", "/login:delete", "/renew:update"
                })
                {
                    data.Add(served, fault, path);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Return503(Served served, string fault, string at)
    {
        await using var site = await StartAsync(served);
        string id = await SignInAsync(site);
        string path = at.Split(':')[0], verb = at.Split(':')[1];
        site.Store.Before = (called, _) => called == verb ? throw Fault(fault) : ValueTask.CompletedTask;

        using var response = await site.SendAsync(path, id, HttpMethod.Post);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Null(response.SentId());

        // The store works again: nothing was lost, unless the sign-in had already ended the presented session.
        site.Store.Before = null;
        using var me = await site.SendAsync("/me", id, HttpMethod.Post);
        Assert.Equal(at == "/login:create" ? "nobody" : "alice", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task AreProblemDetailsIfRegistered(Served served)
    {
        await using var site = await StartAsync(served, builder => builder.Services.AddProblemDetails());
        string id = await SignInAsync(site);
        site.Store.Before = (_, _) => throw Fault("throws");

        using var response = await site.SendAsync("/me", id, HttpMethod.Post);
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("\"status\":503", body, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, body, StringComparison.Ordinal);
        Assert.DoesNotContain(id, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Served.TestServer, "/logout", "get")]
    [InlineData(Served.TestServer, "/logout", "delete")]
    [InlineData(Served.TestServer, "/logout-everywhere", "get")]
    [InlineData(Served.TestServer, "/logout-everywhere", "delete_user")]
    [InlineData(Served.Kestrel, "/logout", "get")]
    [InlineData(Served.Kestrel, "/logout", "delete")]
    [InlineData(Served.Kestrel, "/logout-everywhere", "get")]
    [InlineData(Served.Kestrel, "/logout-everywhere", "delete_user")]
    public async Task KeepTheSignOutsCookieDeletionInThe503(Served served, string path, string verb)
    {
        await using var site = await StartAsync(served);
        string id = await SignInAsync(site);
        site.Store.Before = (called, _) => called == verb ? throw Fault("throws") : ValueTask.CompletedTask;

        using var response = await site.SendAsync(path, id, HttpMethod.Post);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("", response.SentId());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task CanBeHandledByTheApplication()
    {
        await using var site = await Site.StartAsync(app => app.MapGet("/", async (ISession<IGenericStore> session) =>
        {
            ((ProbeStore)session.Store).Before = (_, _) => throw Fault("throws");
            var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await session.SetAsync("alice"));
            Assert.True(fault.OutcomeUnknown);
            Assert.IsType<IOException>(fault.InnerException);
            Assert.DoesNotContain(Secret, fault.Message, StringComparison.Ordinal);
            return Results.StatusCode(418);
        }));
        using var response = await site.SendAsync("/");

        Assert.Equal(418, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task AfterTheResponseHasStartedAbortIt(Served served)
    {
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", async (HttpContext context) =>
            {
                await context.Response.WriteAsync("begun");
                await context.Response.Body.FlushAsync();
                var session = context.GetSactSession();
                ((ProbeStore)session.Store).Before = (_, _) => throw Fault("throws");
                await session.GetAsync();
            }),
            served: served);

        // A complete response would look like success.
        var broken = await Record.ExceptionAsync(async () =>
        {
            using var response = await site.SendAsync("/", new MemoryStore().CreateSessionId());
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        });
        Assert.True(broken is HttpRequestException or SessionStoreException or IOException, broken?.ToString());
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task OfATouchNeverFailTheRequest(Served served)
    {
        await using var site = await StartAsync(served);
        string id = await SignInAsync(site);
        site.Store.Before = (verb, _) => verb == "update" ? throw Fault("throws") : ValueTask.CompletedTask;

        using var me = await site.SendAsync("/me", id, HttpMethod.Post);

        Assert.Equal("alice", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, site.Store.Count("update"));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("update")]
    [InlineData("delete")]
    [InlineData("create")]
    public async Task IncludeACallThatExceedsStoreTimeout(string verb)
    {
        var host = new SessionHost(options => options.StoreTimeout = TimeSpan.FromSeconds(5));
        string id = await host.SignInAsync("alice");
        Assert.Equal("alice", await host.WhoAsync(id));
        var gate = new Gate();
        var given = CancellationToken.None;
        host.Store.Before = (called, token) =>
        {
            given = token;
            return called == verb ? gate.PassAsync() : ValueTask.CompletedTask;
        };
        var exchange = host.Request(id);

        // Everything before the gate runs in this call, including the start of the timer.
        var call = verb switch
        {
            "get" => exchange.Session.GetAsync().AsTask(),
            "update" => exchange.Session.UpdateAsync(new() { ["a"] = 1 }).AsTask(),
            "delete" => exchange.Session.DeleteAsync().AsTask(),
            _ => exchange.Session.SetAsync("alice").AsTask(),
        };
        host.Clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);
        host.Clock.Advance(TimeSpan.FromTicks(1));
        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => call);

        Assert.Equal(verb != "get", fault.OutcomeUnknown);
        Assert.Contains("StoreTimeout", fault.Message, StringComparison.Ordinal);
        Assert.True(given.IsCancellationRequested);
        Assert.Equal(verb == "delete" ? "" : null, exchange.SentId);
        Assert.Single(host.Events, entry => entry.Id.Name == "StoreFault");
        gate.Open();
    }

    [Fact]
    public async Task ACancelledTokenStopsAReadAndNoWrite()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        Assert.Equal("alice", await host.WhoAsync(id));
        foreach (string verb in new[] { "get", "update" })
        {
            var gate = new Gate();
            host.Store.Before = (called, _) => called == verb ? gate.PassAsync() : ValueTask.CompletedTask;
            using var cancel = new CancellationTokenSource();
            var call = host.Request(id).Session.UpdateAsync(new() { ["by"] = verb }, cancel.Token).AsTask();
            await gate.Reached;
            await cancel.CancelAsync();
            if (verb == "get")
            {
                Assert.Equal(cancel.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => call)).CancellationToken);
                gate.Open();
            }
            else
            {
                Assert.False(call.IsCompleted);
                gate.Open();
                Assert.True(await call);
            }
        }

        host.Store.Before = null;
        Assert.Equal("update", (await host.Request(id).Session.GetAsync())?["by"]);
    }

    private static Exception Fault(string kind) => kind switch
    {
        "throws" => new IOException("The server is gone: " + Secret),
        "is cancelled" => new OperationCanceledException(),
        "times out" => new TimeoutException(),
        _ => new SessionStoreException("The store reports a failure."),
    };

    private static Task<Site> StartAsync(Served served, Action<WebApplicationBuilder>? build = null) => Site.StartAsync(
        app =>
        {
            app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
            app.MapPost("/logout", async (ISession<IGenericStore> session) => await session.DeleteAsync());
            app.MapPost("/logout-everywhere", async (ISession<IGenericStore> session) => await session.DeleteAllSessionsAsync());
            app.MapPost("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            app.MapPost("/renew", async (ISession<IGenericStore> session) => await session.RenewAsync());
            app.MapPost("/update", async (ISession<IGenericStore> session) => await session.UpdateAsync(new() { ["a"] = 1 }));
        },
        build: build,
        served: served);

    private static async Task<string> SignInAsync(Site site)
    {
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        return login.SentId()!;
    }
}
