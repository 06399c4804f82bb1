using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>An expiry that <c>OnValidatePrincipal</c> has set for a session, earlier than that of the session's lifetimes.</summary>
public sealed class ExpirySetByAValidator
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("/poll", false)]
    [InlineData("/who", true)]
    [Trait("abuse", "G6")]
    public async Task IsMovedByUseAndNotByAPoll(string path, bool lives)
    {
        await using var site = await StartAsync();
        string alice = await LimitedAsync(site);
        site.Clock.Advance(0.6 * s_hour);

        Assert.Equal("200 alice", await site.StatusAndTextAsync(path, alice));
        site.Clock.Advance(0.6 * s_hour);

        Assert.Equal(lives ? "200 alice" : "200 nobody", await site.StatusAndTextAsync("/who", alice));
    }

    [Fact]
    public async Task IsTheTimeThatIsLeft()
    {
        await using var site = await StartAsync();
        string alice = await LimitedAsync(site);
        site.Clock.Advance(0.25 * s_hour);

        using var answer = await site.SendAsync("/time-left", alice);

        var left = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(45 * 60, left.GetProperty("expiresInSeconds").GetInt64());
    }

    /// <summary>Signs in, and lets the validator set an expiry of one hour, which slides.</summary>
    private static async Task<string> LimitedAsync(Site site)
    {
        string alice = await site.SignInAsync("alice");
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who?limit", alice));
        return alice;
    }

    private static Task<Site> StartAsync() => AuthenticationSite.StartAsync(
        options =>
        {
            options.ExpireTimeSpan = 5 * s_hour;
            options.Events.OnValidatePrincipal = context =>
            {
                if (context.Request.Query.ContainsKey("limit"))
                {
                    context.Properties.ExpiresUtc = context.Properties.IssuedUtc + s_hour;
                    context.ShouldRenew = true;
                }

                return Task.CompletedTask;
            };
        },
        app =>
        {
            app.MapGet("/poll", (HttpContext context) => context.User.Identity!.Name ?? "nobody").DisableSlidingExpiration();
            app.MapSactSessionTimeLeft("/time-left");
        });
}
