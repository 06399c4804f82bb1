using CsCheck;
using Microsoft.AspNetCore.Builder;

namespace Sact.Session.Tests;

/// <summary>Cookies whose value the client can neither read nor change.</summary>
public sealed class ProtectedCookies
{
    [Fact]
    [Trait("abuse", "B2")]
    public void AnyUnicodeValueComesBackAndIsUnreadableInTheCookie()
    {
        var host = new SessionHost();
        CustomCookies.AnyString.Where(value => value.Length <= 250).Sample(value =>
        {
            string pair = Write(host, "cart", value);

            Assert.All(pair, c => Assert.InRange(c, '!', '~'));
            Assert.True(value.Length < 8 || !pair.Contains(Uri.EscapeDataString(value), StringComparison.Ordinal));
            return host.RequestWithHeader(pair).Session.GetProtectedCookie("cart") == value;
        }, iter: 200);
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void AValueMovedToAnotherNameIsRefused()
    {
        var host = new SessionHost();
        string moved = Write(host, "cart", "10 apples").Replace("cart=", "role=", StringComparison.Ordinal);
        var exchange = host.RequestWithHeader(moved);

        Assert.Null(exchange.Session.GetProtectedCookie("role"));
        Assert.Single(host.Events, entry => entry.Id.Name == "ProtectedCookieUnreadable");
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void AValueMovedToANameInAnotherCaseIsRefused()
    {
        var host = new SessionHost();
        string moved = Write(host, "cart", "10 apples").Replace("cart=", "Cart=", StringComparison.Ordinal);

        Assert.Null(host.RequestWithHeader(moved).Session.GetProtectedCookie("Cart"));
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void AnUnreadableValueHasNoFallback()
    {
        var host = new SessionHost();
        string valid = Write(host, "cart", "10 apples");
        var key = new SessionHost();
        foreach (string header in new[]
        {
            // Unprotected, empty, cut, changed, from another key ring, and beside a valid one.
            "cart=10%20apples", "cart=", valid[..^4], valid[..^1] + (valid[^1] == 'A' ? 'B' : 'A'), Write(key, "cart", "10 apples"),
            valid + "; cart=10%20apples", valid + "; " + Write(host, "cart", "11 apples"),
        })
        {
            Assert.Null(host.RequestWithHeader(header).Session.GetProtectedCookie("cart"));
        }

        Assert.Equal("10 apples", host.RequestWithHeader(valid).Session.GetProtectedCookie("cart"));
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void AProtectedValueIsNotReadAsAPlainOne()
    {
        var host = new SessionHost();
        string valid = Write(host, "cart", "10 apples");

        Assert.NotEqual("10 apples", host.RequestWithHeader(valid).Session.GetCustomCookie("cart"));
    }

    [Fact]
    [Trait("abuse", "B6")]
    public void TheSizeLimitAppliesToTheProtectedValue()
    {
        var exchange = new SessionHost().Request();

        // Protection adds more than a third. Unprotected, 3,500 characters would fit.
        Assert.Throws<ArgumentException>("value", () => exchange.Session.SetProtectedCookie("cart", new string('a', 3_500)));
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    public void ALoneSurrogateIsRefused() =>
        Assert.Throws<ArgumentException>("value", () => new SessionHost().Request().Session.SetProtectedCookie("cart", "\udc00"));

    [Fact]
    public void CanBeDeletedWithoutAKeyRing()
    {
        var exchange = new SessionHost(options => options.DataProtectionProvider = null).Request();
        exchange.Session.SetProtectedCookie("cart", null, unset: true);

        Assert.StartsWith("cart=; expires=", Assert.Single(exchange.SetCookies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutDataProtectionTheExceptionSaysWhatToCall()
    {
        // The site's services have no Data Protection. Sessions do not need it.
        string? reading = null, writing = null;
        await using var site = await Site.StartAsync(app => app.MapGet("/", async (ISession<IGenericStore> session) =>
        {
            await session.SetAsync("alice");
            writing = Assert.Throws<InvalidOperationException>(() => session.SetProtectedCookie("cart", "10 apples")).Message;
            reading = Assert.Throws<InvalidOperationException>(() => session.GetProtectedCookie("cart")).Message;
        }));
        using var client = site.Client();
        client.DefaultRequestHeaders.Add("Cookie", "cart=x");
        using var response = await client.GetAsync("/", TestContext.Current.CancellationToken);

        Assert.Contains("AddDataProtection()", writing, StringComparison.Ordinal);
        Assert.Contains("AddDataProtection()", reading, StringComparison.Ordinal);
        Assert.NotNull(response.SentId());
    }

    private static string Write(SessionHost host, string name, string value)
    {
        var exchange = host.Request();
        exchange.Session.SetProtectedCookie(name, value);
        return Assert.Single(exchange.SetCookies).Split(';')[0];
    }
}
