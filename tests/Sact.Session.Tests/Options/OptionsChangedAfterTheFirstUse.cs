using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

public sealed class OptionsChangedAfterTheFirstUse
{
    [Fact]
    [Trait("abuse", "B3")]
    public async Task DoNotWeakenTheCookie()
    {
        var host = new SessionHost();
        await host.SignInAsync();
        host.Options.Cookie.SecurePolicy = CookieSecurePolicy.None;
        host.Options.Cookie.HttpOnly = false;
        host.Options.Cookie.Domain = "example.test";

        var exchange = host.Request();
        await exchange.Session.SetAsync("alice");

        Assert.EndsWith("; path=/; secure; samesite=lax; httponly", Assert.Single(exchange.SetCookies), StringComparison.Ordinal);
    }
}
