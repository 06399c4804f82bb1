using CsCheck;
using Microsoft.AspNetCore.Builder;

namespace Sact.Session.Tests.Cookies;

/// <summary>Cookies whose value the client can neither read nor change.</summary>
public sealed class ProtectedCookies
{
    [Fact]
    [Trait("abuse", "B2")]
    public void AnyUnicodeValueComesBackAndIsNotToBeRead()
    {
        var bed = new Bed();
        CustomCookies.AnyText.Where(text => text.Length <= 250).Sample(value =>
        {
            string pair = Write(bed, "cart", value);

            Assert.All(pair, c => Assert.InRange(c, '!', '~'));
            Assert.True(value.Length < 8 || !pair.Contains(Uri.EscapeDataString(value), StringComparison.Ordinal));
            return bed.RequestWithHeader(pair).Session.GetProtectedCookie("cart") == value;
        }, iter: 200);
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void AValueMovedToAnotherNameIsRefused()
    {
        var bed = new Bed();
        string moved = Write(bed, "cart", "10 apples").Replace("cart=", "role=", StringComparison.Ordinal);
        var exchange = bed.RequestWithHeader(moved);

        Assert.Null(exchange.Session.GetProtectedCookie("role"));
        Assert.Single(bed.Events, entry => entry.Id.Name == "ProtectedCookieUnreadable");
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void NamesThatDifferInCaseAreOthers()
    {
        var bed = new Bed();

        Assert.Null(bed.RequestWithHeader(Write(bed, "cart", "10 apples").Replace("cart=", "Cart=", StringComparison.Ordinal)).Session.GetProtectedCookie("Cart"));
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void NothingIsFallenBackTo()
    {
        var bed = new Bed();
        string good = Write(bed, "cart", "10 apples");
        var key = new Bed();
        foreach (string header in new[]
        {
            // In the clear, empty, cut, changed, of another key ring, and beside a good one.
            "cart=10%20apples", "cart=", good[..^4], good[..^1] + (good[^1] == 'A' ? 'B' : 'A'), Write(key, "cart", "10 apples"), good + "; cart=10%20apples", good + "; " + Write(bed, "cart", "11 apples"),
        })
        {
            Assert.Null(bed.RequestWithHeader(header).Session.GetProtectedCookie("cart"));
        }

        Assert.Equal("10 apples", bed.RequestWithHeader(good).Session.GetProtectedCookie("cart"));
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void AProtectedValueIsNoPlainOneAndTheOtherWayRound()
    {
        var bed = new Bed();
        string good = Write(bed, "cart", "10 apples");

        Assert.NotEqual("10 apples", bed.RequestWithHeader(good).Session.GetCustomCookie("cart"));
    }

    [Fact]
    [Trait("abuse", "B6")]
    public void TheLimitHoldsForTheProtectedValue()
    {
        var exchange = new Bed().Request();

        // Protecting makes it longer by a third and more: 3,500 characters in the clear would still have fitted.
        Assert.Throws<ArgumentException>("value", () => exchange.Session.SetProtectedCookie("cart", new string('a', 3_500)));
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    public void ALoneSurrogateIsRefused() =>
        Assert.Throws<ArgumentException>("value", () => new Bed().Request().Session.SetProtectedCookie("cart", "\udc00"));

    [Fact]
    public void CanBeDeletedWithoutAKeyRing()
    {
        var exchange = new Bed(options => options.DataProtectionProvider = null).Request();
        exchange.Session.SetProtectedCookie("cart", null, unset: true);

        Assert.StartsWith("cart=; expires=", Assert.Single(exchange.SetCookies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutDataProtectionTheExceptionSaysWhatToCall()
    {
        // The site's services have no Data Protection; sessions do without it.
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

    private static string Write(Bed bed, string name, string value)
    {
        var exchange = bed.Request();
        exchange.Session.SetProtectedCookie(name, value);
        return Assert.Single(exchange.SetCookies).Split(';')[0];
    }
}
