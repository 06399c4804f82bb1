#region readme:first
using Sact.Session;
#endregion
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests.Readme;

/// <summary>The C# of README.md, so that the compiler reads it. <see cref="ReadmeTests"/> holds each region against the block that bears its name.</summary>
public static class ReadmeCode
{
    public static void First(string[] args)
    {
        #region readme:first

        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSactSession();

        var app = builder.Build();
        app.UseSactSession();

        app.MapPost("/login", async (Login login, ISession<IGenericStore> session) =>
        {
            if (await CheckPasswordAsync(login) is not { } user)
            {
                return Results.Unauthorized();
            }

            await session.SetAsync(user.Id, new() { ["role"] = user.Role });
            return Results.NoContent();
        });

        app.MapGet("/me", async (ISession<IGenericStore> session) =>
            await session.GetAsync() is { } me ? Results.Ok(new Me(me.UserId, me["role"])) : Results.Unauthorized());

        app.MapPut("/theme", async (string theme, ISession<IGenericStore> session) =>
            await session.UpdateAsync(new() { ["theme"] = theme }) ? Results.NoContent() : Results.Unauthorized());

        app.MapPost("/logout", async (ISession<IGenericStore> session) => await session.DeleteAsync());

        app.Run();
        #endregion
    }

    public static async Task Data(ISession<IGenericStore> session)
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

    public static async Task<IResult> Renewal(ISession<IGenericStore> session, SessionData me)
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

    public static void Devices(WebApplication app)
    {
        #region readme:devices
        app.MapGet("/devices", async (ISession<IGenericStore> session) => await session.GetAsync() is null
            ? Results.Unauthorized()
            : Results.Ok((await session.GetActiveSessionsAsync()).Select(d => new Device(d.Key, d.CreatedAt, d.LastSeenAt, d.IsCurrent))));

        app.MapDelete("/devices/{key}", async (SessionKey key, ISession<IGenericStore> session) =>
            await session.DeleteSessionAsync(key) ? Results.NoContent() : Results.NotFound());

        app.MapPost("/password", async (ISession<IGenericStore> session) =>
        {
            if (await session.GetAsync() is null)
            {
                return Results.Unauthorized();
            }

            // … after the password was changed:
            await session.DeleteOtherSessionsAsync();
            await session.RenewAsync(immediately: true);
            return Results.NoContent();
        });

        app.MapPost("/logout-everywhere", async (ISession<IGenericStore> session) =>
        {
            long ended = await session.DeleteAllSessionsAsync();    // how many, this one included; 0 if nobody was signed in
            return Results.NoContent();
        });
        #endregion
    }

    public static void Administration(WebApplication app)
    {
        #region readme:admin
        app.MapPost("/admin/block/{userId}", async (string userId, IGenericStore store) => await store.DeleteActiveSessionsAsync(userId));
        app.MapGet("/admin/count", async (IGenericStore store) => await store.CountActiveSessionsAsync());
        #endregion
    }

    public static void Cookies(ISession<IGenericStore> session)
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

        app.MapGet("/admin/me", async ([FromKeyedServices("admin")] ISession<IGenericStore> session) =>
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
        var alice = SessionData.ForTests("alice", new() { ["role"] = "admin" });
        #endregion
        return alice;
    }

    private static Task<User?> CheckPasswordAsync(Login login) => Task.FromResult(login.Password == "right" ? new User(login.Name, "admin") : null);
}

/// <summary>A store that works by transactions; what is no matter here is left open.</summary>
public abstract class TransactionalStore(GenericStoreOptions options) : GenericStore(options)
{
    #region readme:store
    public override async ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        await using var transaction = await BeginAsync(cancellationToken);
        if (await transaction.ReadAsync(session.Key) is not { } stored || !stored.IsSameSession(session))
        {
            return SessionUpdate.Gone;
        }

        var outcome = stored.Apply(change, Clock.GetUtcNow());
        if (outcome is { Status: SessionUpdateStatus.Applied, Record: { } changed })
        {
            await transaction.WriteAsync(changed);
            await transaction.CommitAsync();
        }

        return outcome;
    }
    #endregion

    protected abstract ValueTask<ITransaction> BeginAsync(CancellationToken cancellationToken);

    public interface ITransaction : IAsyncDisposable
    {
        ValueTask<SessionRecord?> ReadAsync(SessionKey key);

        ValueTask WriteAsync(SessionRecord record);

        ValueTask CommitAsync();
    }
}

public sealed record Login(string Name, string Password);

public sealed record User(string Id, string Role);

public sealed record Me(string Id, string? Role);

public sealed record Preferences(string? Theme);

public sealed record Device(SessionKey Key, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, bool Current);

/// <summary>Stands for the application under test.</summary>
public sealed class Program;
