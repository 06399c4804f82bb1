using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>
/// A slow request still has the visitor's old cookie when the sign-in of another one has replaced it. Its answer arrives last, and must
/// not overwrite the login's cookie.
/// </summary>
public sealed class LateRequestWithAReplacedId
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "K14")]
    public async Task BeginsNoAnonymousSessionAndSendsNoCookie(bool signedInBefore)
    {
        var host = new SessionHost();
        string old = signedInBefore ? await host.SeenAsync() : await VisitAsync(host);
        var late = host.Request(old);
        string login = await ReplaceAsync(host, old);

        Assert.False(await late.Session.StartAsync());

        Assert.Empty(late.SetCookies);
        Assert.Equal("alice", await host.WhoAsync(login));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    /// <summary>Renewed ids of the replaced session are late too, valid or not.</summary>
    [Fact]
    [Trait("abuse", "K14")]
    public async Task BeginsNothingWithAnyIdOfTheReplacedSession()
    {
        var host = new SessionHost();
        string first = await host.SeenAsync();
        string second = await host.RotateAsync(first);
        host.Clock.Advance(TimeSpan.FromHours(1));
        string third = await host.RotateAsync(second);
        string login = await ReplaceAsync(host, third);
        foreach (string old in (string[])[first, second, third])
        {
            var late = host.Request(old);
            Assert.False(await late.Session.StartAsync());
            Assert.Empty(late.SetCookies);
        }

        Assert.Equal("alice", await host.WhoAsync(login));
    }

    /// <summary>A sign-out and a sign-in in one request: the late answer must not overwrite the login's cookie either.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Trait("abuse", "C7")]
    [Trait("abuse", "K14")]
    public async Task BeginsNothingIfASignOutAndASignInHaveReplacedIt(bool signedInBefore, bool everywhere)
    {
        var host = new SessionHost();
        string old = signedInBefore ? await host.SeenAsync() : await VisitAsync(host);
        var login = host.Request(old);
        if (everywhere)
        {
            await login.Session.DeleteAllSessionsAsync();
        }
        else
        {
            await login.Session.DeleteAsync();
        }

        await login.Session.SetAsync("alice");
        var late = host.Request(old);

        Assert.False(await late.Session.StartAsync());

        Assert.Empty(late.SetCookies);
        host.Clock.Advance(host.Options.RenewalGrace);
        Assert.True(await host.Request(old).Session.StartAsync());
    }

    /// <summary>Somebody who invents a secret for a known key must learn nothing, not even that the session lives on.</summary>
    [Fact]
    [Trait("abuse", "C8")]
    public async Task IsNotConfusedWithAnInventedSecret()
    {
        var host = new SessionHost();
        string old = await VisitAsync(host);
        await ReplaceAsync(host, old);
        var forged = host.Request(old[..24] + (old[24] == 'A' ? 'B' : 'A') + old[25..]);

        Assert.True(await forged.Session.StartAsync());

        Assert.NotNull(forged.SentId);
    }

    /// <summary>Whoever was signed out elsewhere still holds the cookie, and may visit the shop at once.</summary>
    [Fact]
    public async Task OfASessionThatWasSignedOutElsewhereMayBeginAVisit()
    {
        var host = new SessionHost();
        string old = await host.SeenAsync();
        await host.Request(await host.SignInAsync()).Session.DeleteOtherSessionsAsync();
        var visit = host.Request(old);

        Assert.True(await visit.Session.StartAsync());

        Assert.NotNull(visit.SentId);
    }

    [Fact]
    public async Task MaySignIn()
    {
        var host = new SessionHost();
        string old = await VisitAsync(host);
        await ReplaceAsync(host, old);
        var late = host.Request(old);
        await late.Session.SetAsync("alice");
        Assert.Equal("alice", await host.WhoAsync(late.SentId));
    }

    [Theory]
    [MemberData(nameof(BridgedSite.Servers), MemberType = typeof(BridgedSite))]
    [Trait("abuse", "K14")]
    public async Task WritesNothingThroughTheBridge(Served served)
    {
        var gate = new Gate();
        await using var site = await BridgedSite.StartAsync(
            (WebApplication app) =>
            {
                BridgedSite.Map(app);
                app.MapGet("/slow", async (HttpContext context) =>
                {
                    await gate.PassAsync();
                    context.Session.SetString("late", "1");
                });
            },
            served);
        string visitor = (await site.DoAsync("/set/basket/apple"))!;
        var slow = site.SendAsync("/slow", visitor);
        await gate.Reached;
        string login = (await site.DoAsync("/login/alice", visitor))!;
        gate.Open();

        using var answer = await slow;

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Null(answer.SentId());
        Assert.Equal("alice", await site.TextAsync("/who", login));
    }

    private static async Task<string> VisitAsync(SessionHost host)
    {
        var visit = host.Request();
        Assert.True(await visit.Session.StartAsync());
        Assert.NotNull(await host.Request(visit.SentId).Session.GetAnyAsync());
        return visit.SentId!;
    }

    private static async Task<string> ReplaceAsync(SessionHost host, string id)
    {
        var login = host.Request(id);
        await login.Session.SetAsync("alice");
        return login.SentId!;
    }
}
