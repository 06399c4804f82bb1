namespace Sact.Session.Tests;

/// <summary>Cookies that outlive the browser, if the application chooses so.</summary>
public sealed class PersistentCookies
{
    [Fact]
    public async Task AreNotTheDefault()
    {
        var exchange = new SessionHost().Request();
        await exchange.Session.SetAsync("alice");
        exchange.Session.SetCustomCookie("theme", "dark");

        Assert.All(exchange.SetCookies, line =>
        {
            Assert.DoesNotContain("max-age", line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("expires", line, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task LastAsLongAsTheAbsoluteTimeout()
    {
        var host = new SessionHost(options => (options.IsPersistent, options.AbsoluteTimeout) = (true, TimeSpan.FromDays(10)));
        var login = host.Request();
        await login.Session.SetAsync("alice");

        Assert.Equal("864000", MaxAge(login));
    }

    [Fact]
    [Trait("abuse", "C13")]
    public async Task ARenewalSendsTheRemainingTimeAndNoMore()
    {
        var host = new SessionHost(options => (options.IsPersistent, options.AbsoluteTimeout) = (true, TimeSpan.FromDays(10)));
        string id = await host.SignInAsync("alice");
        await host.WhoAsync(id);
        host.Clock.Advance(TimeSpan.FromDays(6));
        await host.WhoAsync(id);
        host.Clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromMilliseconds(1));
        var renewal = host.Request(id);

        Assert.True(await renewal.Session.RenewAsync());

        // One day minus a millisecond, in whole seconds, rounded down.
        Assert.Equal("86399", MaxAge(renewal));
    }

    [Fact]
    public async Task LessThanOneSecondIsSentAsOneSecond()
    {
        var ten = TimeSpan.FromSeconds(10);
        var host = new SessionHost(options => (options.IsPersistent, options.AbsoluteTimeout, options.IdleTimeout) = (true, ten, ten));
        string id = await host.SignInAsync("alice");
        host.Clock.Advance(TimeSpan.FromMilliseconds(9_500));
        var renewal = host.Request(id);

        Assert.True(await renewal.Session.RenewAsync());

        Assert.Equal("1", MaxAge(renewal));
    }

    [Fact]
    public async Task AnAnonymousSessionsCookieFollowsTheSameRule()
    {
        var exchange = new SessionHost(options =>
            (options.IsPersistent, options.AbsoluteTimeout) = (true, TimeSpan.FromDays(10))).Request();
        await exchange.Session.StartAsync();

        Assert.Equal("864000", MaxAge(exchange));
    }

    private static string? MaxAge(Exchange exchange) => Assert.Single(exchange.SetCookies).Split("; ")
        .SingleOrDefault(attribute => attribute.StartsWith("max-age=", StringComparison.Ordinal))?["max-age=".Length..];
}
