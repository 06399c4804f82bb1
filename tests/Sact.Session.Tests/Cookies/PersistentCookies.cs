namespace Sact.Session.Tests.Cookies;

/// <summary>Cookies that outlive the browser, if the application asks for it.</summary>
public sealed class PersistentCookies
{
    [Fact]
    public async Task AreNotTheDefault()
    {
        var exchange = new Bed().Request();
        await exchange.Session.SetAsync("alice");
        exchange.Session.SetCustomCookie("theme", "dark");

        Assert.All(exchange.SetCookies, line =>
        {
            Assert.DoesNotContain("max-age", line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("expires", line, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task LastAsLongAsTheSessionMay()
    {
        var bed = new Bed(options => (options.IsPersistent, options.AbsoluteTimeout) = (true, TimeSpan.FromDays(10)));
        var login = bed.Request();
        await login.Session.SetAsync("alice");

        Assert.Equal("864000", MaxAge(login));
    }

    [Fact]
    [Trait("abuse", "C13")]
    public async Task ARenewalSendsTheRemainingTimeAndNoMore()
    {
        var bed = new Bed(options => (options.IsPersistent, options.AbsoluteTimeout) = (true, TimeSpan.FromDays(10)));
        string id = await bed.SignInAsync("alice");
        await bed.WhoAsync(id);
        bed.Clock.Advance(TimeSpan.FromDays(6));
        await bed.WhoAsync(id);
        bed.Clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromMilliseconds(1));
        var renewal = bed.Request(id);

        Assert.True(await renewal.Session.RenewAsync());

        // One day but a millisecond; whole seconds, rounded down.
        Assert.Equal("86399", MaxAge(renewal));
    }

    [Fact]
    public async Task TheLastSecondIsNotZeroWhichWouldDelete()
    {
        var bed = new Bed(options => (options.IsPersistent, options.AbsoluteTimeout, options.IdleTimeout) = (true, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)));
        string id = await bed.SignInAsync("alice");
        bed.Clock.Advance(TimeSpan.FromMilliseconds(9_500));
        var renewal = bed.Request(id);

        Assert.True(await renewal.Session.RenewAsync());

        Assert.Equal("1", MaxAge(renewal));
    }

    [Fact]
    public async Task AnAnonymousSessionsCookieGoesByTheSameRule()
    {
        var exchange = new Bed(options => (options.IsPersistent, options.AbsoluteTimeout) = (true, TimeSpan.FromDays(10))).Request();
        await exchange.Session.StartAsync();

        Assert.Equal("864000", MaxAge(exchange));
    }

    private static string? MaxAge(Exchange exchange) => Assert.Single(exchange.SetCookies).Split("; ")
        .SingleOrDefault(attribute => attribute.StartsWith("max-age=", StringComparison.Ordinal))?["max-age=".Length..];
}
