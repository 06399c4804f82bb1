using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests.Caching;

/// <summary>The framework's caches.</summary>
public enum SharedCache
{
    Output,
    Response,
}

/// <summary>Who uses the session outside of the cache.</summary>
public enum OuterUse
{
    Middleware,
    Scheme,
    Tickets,
}

/// <summary>A middleware that has a body of its own.</summary>
public enum OtherBody
{
    None,
    CompressionInside,
    CompressionOutside,
    BufferInside,
    BufferOutside,
}

/// <summary>A site whose session is used outside of a cache, and whose pages name the user in <c>X-User</c>.</summary>
internal static class SharedCachesSite
{
    public static Task<Site> StartAsync(
        Action<WebApplication> map,
        SharedCache cache,
        Served served = Served.TestServer,
        OuterUse use = OuterUse.Middleware,
        OtherBody other = OtherBody.None,
        Action<OutputCacheOptions>? output = null) => Site.StartAsync(
        app =>
        {
            // Without UseRouting(), WebApplication puts routing and authentication first of all.
            if (use == OuterUse.Middleware)
            {
                app.Use(async (context, next) =>
                {
                    if (await context.GetSactSession().GetAsync() is { } session)
                    {
                        context.User = Principal(session.UserId);
                    }

                    await next(context);
                });
            }

            Put(app, other, OtherBody.CompressionOutside, OtherBody.BufferOutside);
            _ = cache == SharedCache.Output ? app.UseOutputCache() : app.UseResponseCaching();
            Put(app, other, OtherBody.CompressionInside, OtherBody.BufferInside);
            app.Use((context, next) =>
            {
                context.Response.Headers["X-User"] = User(context);
                return next(context);
            });
            app.MapPost("/login/{user}", (string user, HttpContext context) => use == OuterUse.Middleware
                ? context.GetSactSession().SetAsync(user).AsTask()
                : context.SignInAsync(Principal(user)));
            map(app);
        },
        build: builder =>
        {
            if (use == OuterUse.Scheme)
            {
                builder.Services.AddAuthentication().AddSactSession<IGenericStore>();
            }
            else if (use == OuterUse.Tickets)
            {
                builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
                builder.Services.AddAuthentication().AddCookie().AddSactTicketStore();
            }

            builder.Services.AddControllers().AddApplicationPart(typeof(SharedCachesSite).Assembly);
            builder.Services.AddResponseCompression(options => options.EnableForHttps = true);
            builder.Services.AddResponseCaching();
            builder.Services.AddOutputCache(output ?? (_ => { }));
        },
        served: served,
        explicitRouting: false);

    public static string User(HttpContext context) => context.User.Identity?.Name ?? "nobody";

    public static async Task<string> LoginAsync(this Site site, string user)
    {
        using var login = await site.SendAsync("/login/" + user, method: HttpMethod.Post);
        return login.SentId()!;
    }

    /// <summary>Signs in.</summary>
    /// <returns>The cookie of the session or of the ticket, as a browser sends it.</returns>
    public static async Task<string> CookieAsync(this Site site, string user)
    {
        using var login = await site.SendAsync("/login/" + user, method: HttpMethod.Post);
        return login.SetCookies()[^1].Split(';')[0];
    }

    /// <summary>Sends a request that accepts compression.</summary>
    public static async Task<HttpResponseMessage> PageAsync(this Site site, string path, string? cookie, HttpMethod? method = null)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Asserts that each of several users receives a page of their own, whatever was sent before.</summary>
    public static async Task ServesEachUserTheirOwnAsync(this Site site, string path)
    {
        var (alice, bob) = (await site.CookieAsync("alice"), await site.CookieAsync("bob"));
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            foreach (var (user, cookie) in new[] { ("alice", alice), ("bob", bob), ("nobody", null), ("alice", alice) })
            {
                using var page = await site.PageAsync(path, cookie, method);
                Assert.Equal([user], page.Headers.GetValues("X-User"));
                Assert.Null(page.Headers.Age);
                Assert.DoesNotContain("public", page.Headers.CacheControl?.ToString() ?? "", StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    private static ClaimsPrincipal Principal(string user) =>
        new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user), new(ClaimTypes.Name, user)], "test"));

    private static void Put(WebApplication app, OtherBody other, OtherBody compression, OtherBody buffer)
    {
        if (other == compression)
        {
            app.UseResponseCompression();
        }
        else if (other == buffer)
        {
            app.Use(async (context, next) =>
            {
                var body = context.Response.Body;
                using var buffer = new MemoryStream();
                context.Response.Body = buffer;
                await next(context);
                context.Response.Body = body;
                buffer.Position = 0;
                await buffer.CopyToAsync(body);
            });
        }
    }
}
