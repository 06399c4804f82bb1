using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>A scheme that cannot work fails at start-up or at the first use, and the message says how to fix it.</summary>
public sealed class InvalidSchemes
{
    public static TheoryData<string, string> Mistakes => new()
    {
        { "two schemes on one registration", "AddSactSession<TStore>(\"scheme\", o => o.SessionName = \"name\")" },
        { "two schemes on one store type", "use one registration" },
        { "an unregistered store", "No session is registered over ApplicationStore" },
        { "an unregistered name", "AddSactSession(\"admin\")" },
        { "a cookie name", "AddSactSession(o => o.Cookie…)" },
        { "a cookie domain", "AddSactSession(o => o.Cookie…)" },
        { "a cookie age", "SactSessionOptions.AbsoluteTimeout" },
        { "a ticket store", "AddSactTicketStore()" },
        { "a cookie manager", "CookieManager unset" },
        { "half a mapping", "one of ToMetadata and FromMetadata is set" },
        { "no user id claim", "UserIdClaimType" },
        { "a scheme of another kind", "Give AddSactSession<TStore>() another name" },
        { "tickets without a cookie scheme", "AddCookie(\"Cookies\")" },
        { "tickets of the session scheme", "keeps the tickets of a cookie scheme" },
        { "tickets with another ticket store", "already has a SessionStore" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task ReportHowToFixThem(string mistake, string fix)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.WebHost.UseTestServer();
        var authentication = builder.Services.AddAuthentication();
        _ = mistake switch
        {
            "two schemes on one registration" => authentication.AddSactSession<IGenericStore>("A").AddSactSession<IGenericStore>("B"),
            "two schemes on one store type" => authentication.AddSactSession<IGenericStore>("A").AddSactSession<MemoryStore>("B"),
            "an unregistered store" => authentication.AddSactSession<ApplicationStore>(),
            "an unregistered name" => authentication.AddSactSession<IGenericStore>(o => o.SessionName = "admin"),
            "a cookie name" => authentication.AddSactSession<IGenericStore>(o => o.Cookie.Name = "auth"),
            "a cookie domain" => authentication.AddSactSession<IGenericStore>(o => o.Cookie.Domain = "example.test"),
            "a cookie age" => authentication.AddSactSession<IGenericStore>(o => o.Cookie.MaxAge = TimeSpan.FromDays(1)),
            "a ticket store" => authentication.AddSactSession<IGenericStore>(o => o.SessionStore = new NoTickets()),
            "a cookie manager" => authentication.AddSactSession<IGenericStore>(o => o.CookieManager = new ChunkingCookieManager()),
            "half a mapping" => authentication.AddSactSession<IGenericStore>(o => o.ToMetadata = _ => []),
            "no user id claim" => authentication.AddSactSession<IGenericStore>(o => o.UserIdClaimType = ""),
            "a scheme of another kind" => authentication.AddBearerToken("Bearer").AddSactSession<IGenericStore>("Bearer"),
            "tickets without a cookie scheme" => authentication.AddSactTicketStore(),
            "tickets of the session scheme" => authentication.AddSactSession<IGenericStore>("Cookies").AddSactTicketStore(),
            _ => authentication.AddCookie(o => o.SessionStore = new NoTickets()).AddSactTicketStore(),
        };
        await using var app = builder.Build();
        app.MapGet("/", () => "home");

        var thrown = await Record.ExceptionAsync(async () =>
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
            await app.GetTestClient().GetStringAsync("/", TestContext.Current.CancellationToken);
        });

        Assert.NotNull(thrown);
        Assert.Contains(fix, thrown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoSchemesOverTwoRegistrationsHoldTwoUsersAtOnce()
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapPost("/in/{scheme}/{user}", (string scheme, string user, HttpContext context) =>
                    context.SignInAsync(scheme, AuthenticationSite.Principal(user)));
                app.MapGet("/who/{scheme}", async (string scheme, HttpContext context) =>
                    (await context.AuthenticateAsync(scheme)).Principal?.Identity?.Name ?? "nobody");
            },
            build: builder =>
            {
                builder.Services.AddAuthorization();
                builder.Services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin");
                builder.Services.AddAuthentication("User")
                    .AddSactSession<IGenericStore>("User")
                    .AddSactSession<IGenericStore>("Admin", o => o.SessionName = "admin");
            });
        using var client = site.Client();
        using var user = await client.PostAsync("/in/User/alice", null);
        using var admin = await client.PostAsync("/in/Admin/root", null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who/Admin");
        request.Headers.TryAddWithoutValidation("Cookie", user.SetCookies()[0].Split(';')[0] + "; " + admin.SetCookies()[0].Split(';')[0]);
        using var answer = await client.SendAsync(request);

        Assert.Equal("root", await answer.Content.ReadAsStringAsync());
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who/User", user.SentId()));
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who/Admin", user.SentId()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AuthorizationWithoutAuthenticationReportsTheMissingMiddleware(bool tooLate)
    {
        // Built without WebApplication, which would add the missing middleware.
        using var host = new HostBuilder().ConfigureWebHost(web => web.UseTestServer().ConfigureServices(services =>
        {
            services.AddRouting();
            services.AddAuthorization();
            services.AddAuthentication().AddSactSession<IGenericStore>();
        }).Configure(app =>
        {
            app.UseRouting();
            app.UseAuthorization();
            if (tooLate)
            {
                app.UseAuthentication();
            }

            app.UseEndpoints(endpoints => endpoints.MapGet("/page", () => "x").RequireAuthorization());
        })).Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.GetTestClient().GetAsync("/page"));

        Assert.Contains("app.UseAuthentication() before app.UseAuthorization()", fault.Message, StringComparison.Ordinal);
    }

    private sealed class NoTickets : ITicketStore
    {
        public Task<string> StoreAsync(AuthenticationTicket ticket) => throw new NotSupportedException();

        public Task RenewAsync(string key, AuthenticationTicket ticket) => throw new NotSupportedException();

        public Task<AuthenticationTicket?> RetrieveAsync(string key) => throw new NotSupportedException();

        public Task RemoveAsync(string key) => throw new NotSupportedException();
    }
}
