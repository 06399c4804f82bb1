#region readme:first
using Sact.Session;
#endregion
using System.Net.Http.Json;
using Microsoft.AspNetCore.Authorization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Testing;

namespace Sact.Session.Tests.Readme;

/// <summary>
/// The C# of README.md, so that the compiler checks it. <see cref="ReadmeTests"/> compares each region with the block of the same name.
/// </summary>
public static class ReadmeCode
{
    public static void First(string[] args)
    {
        #region readme:first

        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSactSession();

        var app = builder.Build();
        app.UseSactSession();

        app.MapPost("/login", async (Login login, ISactSession session) =>
        {
            if (await CheckPasswordAsync(login) is not { } user)
            {
                return Results.Unauthorized();
            }

            await session.SetAsync(user.Id, new() { ["role"] = user.Role });
            return Results.NoContent();
        });

        app.MapGet("/me", async (ISactSession session) =>
            await session.GetAsync() is { } me ? Results.Ok(new Me(me.UserId, me["role"])) : Results.Unauthorized());

        app.MapPut("/theme", async (string theme, ISactSession session) =>
            await session.UpdateAsync(new() { ["theme"] = theme }) ? Results.NoContent() : Results.Unauthorized());

        app.MapPost("/logout", async (ISactSession session) => await session.DeleteAsync());

        app.Run();
        #endregion
    }

    public static async Task Data(ISactSession session)
    {
        #region readme:data
        SessionData? me = await session.GetAsync();          // null unless somebody is signed in
        string? role = me?["role"];                          // a text; null if absent or of another kind
        int visits = me?.Get<int>("visits") ?? 0;            // any type; JsonException if the value does not fit
        Preferences? all = me?.As<Preferences>();            // all metadata as one object

        await session.UpdateAsync(new() { ["theme"] = "dark", ["lastOrder"] = null });    // sets these two, leaves the others
        await session.UpdateAsync(new { theme = "dark" });                                // the same by reflection; not for Native AOT
        await session.ModifyAsync<int>("visits", before => before + 1);                   // compare-and-swap
        await session.RemoveAsync("theme", "lastOrder");
        #endregion
        _ = (role, visits, all);
    }

    public static async Task<IResult> Renewal(ISactSession session, SessionData me)
    {
        #region readme:renewal
        await session.RenewAsync();                          // a new secret, nobody is signed out
        await session.RenewAsync(immediately: true);         // the old secret is refused from now on

        if (!me.IsFresh(TimeSpan.FromMinutes(5)))
        {
            return Results.Redirect("/password");            // ask again, then SetAsync
        }
        #endregion
        return Results.NoContent();
    }

    public static void Scheme(WebApplicationBuilder builder, WebApplication app)
    {
        #region readme:scheme
        builder.Services.AddAuthentication().AddSactSession<IGenericStore>(o => o.LoginPath = "/login");

        app.MapPost("/login", async (Login login, HttpContext context) =>
        {
            if (await CheckPasswordAsync(login) is not { } user)
            {
                return Results.Unauthorized();
            }

            var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user.Id), new(ClaimTypes.Role, user.Role)], "Password");
            await context.SignInAsync(new ClaimsPrincipal(identity));
            return Results.NoContent();
        });

        app.MapGet("/secret", () => "only for admins").RequireAuthorization(policy => policy.RequireRole("admin"));
        app.MapStaticAssets().DisableSactSession();          // the default scheme reads the session on every request but here
        #endregion
    }

    public static void Tickets(WebApplicationBuilder builder, WebApplication app)
    {
        #region readme:tickets
        builder.Services.AddSactSession(o => o.MaxSessionsPerUser = 10);
        builder.Services.AddAuthentication().AddCookie().AddSactTicketStore();

        app.MapPost("/others", async (HttpContext context, ClaimsPrincipal user, IGenericStore store) =>
        {
            var mine = (await context.AuthenticateAsync()).Properties?.GetSactSessionKey();
            return await store.DeleteActiveSessionsAsync(user.FindFirstValue(ClaimTypes.NameIdentifier)!, except: mine);
        }).RequireAuthorization();
        #endregion
    }

    public static void Devices(WebApplicationBuilder builder, WebApplication app)
    {
        #region readme:devices
        builder.Services.AddSactSession(o =>
        {
            o.CaptureClient = true;                              // User-Agent and address, for users to recognise their devices by
            o.MaxSessionsPerUser = 5;                            // the sixth ends the least recently used one
        });

        app.MapSactSessions("/account/sessions");                // GET lists; DELETE /{key} ends one; DELETE ends the others

        app.MapPost("/password", async (ISactSession session) =>
        {
            // … after the password was changed: the others end, and a copy of this cookie is worth nothing.
            await session.DeleteOtherSessionsAsync(renewCurrent: true);
        }).RequireFreshSession(TimeSpan.FromMinutes(5));

        app.MapPost("/logout-everywhere", async (ISactSession session) =>
        {
            long ended = await session.DeleteAllSessionsAsync();    // how many, this one included; 0 if nobody was signed in
            return Results.NoContent();
        });
        #endregion
    }

    public static async Task StepUp(ISactSession session, User user, WebApplicationBuilder builder, WebApplication app)
    {
        #region readme:stepup
        await session.SetPendingAsync(user.Id);                  // the password is right; nobody is signed in yet
        string? half = (await session.GetAnyAsync())?.PendingUserId;
        await session.RaiseAsync(assuranceLevel: 2);             // the code is right too: signed in, under a new id

        await session.SetAsync(user.Id, new SessionSignInOptions { IdleTimeout = TimeSpan.FromMinutes(10) });    // a shared machine
        await session.SetAsync(user.Id, new SessionSignInOptions { IsPersistent = true });                         // "remember me"

        app.MapPost("/transfer", Transfer).RequireFreshSession(TimeSpan.FromMinutes(5)).RequireAssuranceLevel(2);
        app.MapGet("/unread", Unread).DisableSlidingExpiration();    // a poll: keeps no session alive
        builder.Services.AddAuthorizationBuilder().AddPolicy("fresh", policy => policy.RequireFreshSession(TimeSpan.FromMinutes(5)));
        #endregion
        _ = half;
    }

    public static void Administration(WebApplication app)
    {
        #region readme:admin
        app.MapPost("/admin/block/{userId}", async (string userId, IGenericStore store) => await store.DeleteActiveSessionsAsync(userId));
        app.MapGet("/admin/count", async (IGenericStore store) => await store.CountActiveSessionsAsync());
        app.MapPost("/admin/everybody-out", async (IGenericStore store) => await store.ClearAsync());
        #endregion
    }

    public static void Cookies(ISactSession session)
    {
        #region readme:cookies
        session.SetCustomCookie("lang", "de");               // readable and forgeable by the client
        string? lang = session.GetCustomCookie("lang");
        session.SetCustomCookie("lang", null, unset: true);

        session.SetProtectedCookie("invite", "42");          // neither readable nor forgeable (Data Protection)
        string? invite = session.GetProtectedCookie("invite");
        #endregion
        _ = (lang, invite);
    }

    public static void Named(WebApplicationBuilder builder, WebApplication app)
    {
        #region readme:named
        builder.Services.AddSactSession();
        builder.Services.AddSactSession("admin", o =>
        {
            o.Cookie.Name = "__Host-admin";
            o.IdleTimeout = TimeSpan.FromMinutes(20);
        }).UseMemory(o => o.Prefix = "admin");

        app.MapGet("/admin/me", async ([FromKeyedServices("admin")] ISactSession session) =>
            await session.GetAsync() is { } admin ? Results.Ok(admin.UserId) : Results.Unauthorized());
        #endregion
    }

    public static void Bridge(WebApplicationBuilder builder, WebApplication app)
    {
        #region readme:bridge
        builder.Services.AddControllersWithViews().AddSessionStateTempDataProvider();
        builder.Services.AddSactSession().AddHttpContextSession();

        app.UseSactSession();

        app.MapPost("/basket", (string item, HttpContext context) =>
        {
            int items = (context.Session.GetInt32("items") ?? 0) + 1;
            context.Session.SetInt32("items", items);
            context.Session.SetString("last", item);
            return Results.Redirect("/basket");
        });
        #endregion
    }

    public static async Task Factory()
    {
        #region readme:factory
        await using var factory = new WebApplicationFactory<Program>();
        using var client = factory.CreateClient(new() { BaseAddress = new Uri("https://localhost") });

        await client.PostAsJsonAsync("/login", new { name = "alice", password = "…" });
        var me = await client.GetAsync("/me");               // signed in: the client keeps the cookie
        #endregion
        _ = me;
    }

    public static async Task Plain()
    {
        #region readme:plain
        var store = new MemoryStore();
        var options = new SactSessionOptions();

        var login = new DefaultHttpContext { Request = { Scheme = "https" } };
        await new Session<MemoryStore>(login.Request, login.Response, store, options).SetAsync("alice");

        var next = new DefaultHttpContext { Request = { Scheme = "https" } };
        next.Request.Headers.Cookie = login.Response.Headers.SetCookie.ToString().Split(';')[0];
        var session = new Session<MemoryStore>(next.Request, next.Response, store, options);
        Assert.Equal("alice", (await session.GetAsync())?.UserId);
        #endregion
    }

    public static SessionData Fake()
    {
        #region readme:fake
        var alice = TestSessionData.SignedIn("alice", new() { ["role"] = "admin" });
        #endregion
        return alice;
    }

    private static string Transfer() => "done";

    private static string Unread() => "3";

    private static Task<User?> CheckPasswordAsync(Login login) =>
        Task.FromResult(login.Password == "right" ? new User(login.Name, "admin") : null);
}

public sealed record Login(string Name, string Password);

public sealed record User(string Id, string Role);

public sealed record Me(string Id, string? Role);

public sealed record Preferences(string? Theme);

/// <summary>The entry point of the application under test.</summary>
public sealed class Program;
