using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

public sealed class SignInLifetimes
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    /// <summary>
    /// The expiry of the scheme and of the sign-in in hours (0 is unset), sliding, refresh, and the resulting idle and absolute timeout in
    /// hours. The options allow 168 (7 days) and 672 (28 days).
    /// </summary>
    public static TheoryData<int, int, bool, bool?, int, int> RequestedExpiries => new()
    {
        { 0, 0, true, null, 168, 672 },
        { 1, 0, true, null, 1, 672 },
        { 1000, 0, true, null, 168, 672 },
        { 0, 2, true, null, 2, 2 },
        { 0, 200, true, null, 168, 200 },
        { 0, 10_000, true, null, 168, 672 },
        { 1, 0, false, null, 1, 1 },
        { 1, 0, true, false, 1, 1 },
        { 0, 0, true, false, 168, 336 },
        { 1, 5, false, null, 5, 5 },
        { 1, 5, true, null, 1, 5 },
    };

    [Theory]
    [MemberData(nameof(RequestedExpiries))]
    public async Task FollowTheRequestedExpiryAndNeverExceedTheOptions(
        int scheme, int signIn, bool sliding, bool? refresh, int idle, int absolute)
    {
        await using var site = await AuthenticationSite.StartAsync(
            options =>
            {
                options.SlidingExpiration = sliding;
                options.ExpireTimeSpan = scheme == 0 ? options.ExpireTimeSpan : scheme * s_hour;
            },
            app => app.MapPost("/sign-in-with-expiry", (HttpContext context, TimeProvider clock) => context.SignInAsync(
                AuthenticationSite.Principal("alice"),
                new AuthenticationProperties
                {
                    ExpiresUtc = signIn == 0 ? null : clock.GetUtcNow() + (signIn * s_hour),
                    AllowRefresh = refresh,
                })));
        using var response = await site.SendAsync("/sign-in-with-expiry", method: HttpMethod.Post);

        var record = Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice"));
        Assert.Equal((idle * s_hour, absolute * s_hour), (record.Lifetimes.IdleTimeout, record.Lifetimes.AbsoluteTimeout));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DecideWhetherTheBrowserKeepsTheCookie(bool persistent)
    {
        await using var site = await AuthenticationSite.StartAsync();
        using var response = await site.SendAsync($"/in/alice?persistent={persistent}", method: HttpMethod.Post);

        Assert.Equal(persistent, response.SetCookies()[0].Contains("max-age=", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task ComeBackFromTheSessionWithAllProperties()
    {
        AuthenticationProperties? seen = null;
        await using var site = await AuthenticationSite.StartAsync(map: app =>
        {
            app.MapPost("/keep", (HttpContext context) => context.SignInAsync(
                AuthenticationSite.Principal("alice"),
                new AuthenticationProperties(new Dictionary<string, string?> { ["tenant"] = "t\"1", ["empty"] = null })
                {
                    IsPersistent = true,
                    AllowRefresh = true,
                }));
            app.MapGet("/seen", async (HttpContext context) => { seen = (await context.AuthenticateAsync()).Properties; });
        });
        var began = site.Clock.GetUtcNow();
        using var response = await site.SendAsync("/keep", method: HttpMethod.Post);
        site.Clock.Advance(s_hour / 2);

        await site.StatusAndTextAsync("/seen", response.SentId());

        Assert.Equal(("t\"1", null), (seen!.Items["tenant"], seen.Items["empty"]));
        Assert.Equal(
            (true, true, began, began + (s_hour / 2) + (7 * s_day)),
            (seen.IsPersistent, seen.AllowRefresh, seen.IssuedUtc, seen.ExpiresUtc));
        Assert.Equal(Assert.Single(await SigningInToTheScheme.ListAsync(site, "alice")).Key, seen.GetSactSessionKey());
    }
}
