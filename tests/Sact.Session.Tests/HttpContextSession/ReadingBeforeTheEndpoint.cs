using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// A session that is read early, for an endpoint whose synchronous read had to wait. The early read is no use of the session yet.
/// </summary>
public sealed class ReadingBeforeTheEndpoint
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    [Trait("abuse", "K29")]
    [Trait("abuse", "K30")]
    public async Task ExtendsNoSessionWhoseEventAnswersNo()
    {
        await using var site = await StartAsync(renews: false);
        string alice = await SignInAsync(site);
        for (int i = 0; i < 2; i++)
        {
            site.Clock.Advance(0.4 * s_hour);
            Assert.Equal("nothing", await site.TextAsync("/page?decides", alice));
        }

        site.Clock.Advance(0.4 * s_hour);
        Assert.Equal("nobody", await site.TextAsync("/who", alice));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?decides")]
    [InlineData("?decides&idle")]
    [InlineData("?flushes")]
    [Trait("abuse", "K30")]
    public async Task ExtendsASessionThatIsUsed(string use)
    {
        await using var site = await StartAsync(renews: true);
        string alice = await SignInAsync(site);
        site.Clock.Advance(0.4 * s_hour);

        await site.TextAsync("/page" + use, alice);

        Assert.Equal(site.Clock.GetUtcNow(), await LastSeenAsync(site));
        Assert.Equal(["get", "update"], site.Store.Calls);
    }

    [Fact]
    public async Task ExtendsNoSessionThatIsNotUsed()
    {
        await using var site = await StartAsync(renews: true);
        string alice = await SignInAsync(site);
        site.Clock.Advance(0.4 * s_hour);

        await site.TextAsync("/page?idle", alice);

        Assert.Equal(site.Clock.GetUtcNow() - (0.4 * s_hour), await LastSeenAsync(site));
        Assert.Equal(["get"], site.Store.Calls);
    }

    /// <summary>Signs in, and reads once on a thread that waits for the store.</summary>
    private static async Task<string> SignInAsync(Site site)
    {
        string alice = (await site.DoAsync("/in", null))!;
        site.Store.Before = static (verb, _) => verb == "get" ? SynchronousReads.OnceBlocked(Thread.CurrentThread) : default;
        Assert.Equal("nothing", await site.TextAsync("/page", alice));
        site.Store.Before = null;
        site.Store.Reset();
        return alice;
    }

    private static async Task<DateTimeOffset> LastSeenAsync(Site site)
    {
        await foreach (var record in ((IGenericStore)site.Store.Inner).GetActiveSessionsAsync("alice"))
        {
            return record.LastSeenAt;
        }

        throw new InvalidOperationException("The session has ended.");
    }

    private static Task<Site> StartAsync(bool renews) => Site.StartAsync(
        app =>
        {
            app.MapGet("/in", (HttpContext context) =>
                context.SignInAsync(SactSessionDefaults.AuthenticationScheme, AuthenticationSite.Principal("alice")));
            app.MapGet("/who", async (HttpContext context, CancellationToken _) =>
                (await context.AuthenticateAsync(SactSessionDefaults.AuthenticationScheme)).Principal?.Identity?.Name ?? "nobody");
            app.MapGet("/page", (RequestDelegate)PageAsync);
        },
        build: builder =>
        {
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddSactSession().AddHttpContextSession();

            // Two schemes, so that none authenticates every request.
            builder.Services.AddAuthentication().AddCookie("Other").AddSactSession(options =>
            {
                options.ExpireTimeSpan = s_hour;
                options.Events.OnCheckSlidingExpiration = context =>
                {
                    context.ShouldRenew = renews;
                    return Task.CompletedTask;
                };
            });
        });

    private static async Task PageAsync(HttpContext context)
    {
        if (context.Request.Query.ContainsKey("decides"))
        {
            await context.AuthenticateAsync(SactSessionDefaults.AuthenticationScheme);
        }

        string text = context.Request.Query.ContainsKey("idle") ? "idle" : context.Session.GetString("key") ?? "nothing";
        if (context.Request.Query.ContainsKey("flushes"))
        {
            await context.Response.Body.FlushAsync();
        }

        await context.Response.WriteAsync(text);
    }
}
