using CsCheck;

namespace Sact.Session.Tests;

/// <summary>The application's cookies, with the attributes of the session cookie.</summary>
public sealed class CustomCookies
{
    // Any string of whole code points, including those that break headers.
    internal static readonly Gen<string> AnyString = Gen.OneOf(
            Gen.Int[0, 0x10ffff].Where(point => point is < 0xd800 or > 0xdfff),
            Gen.OneOf('\0', '\r', '\n', ';', ',', '=', '"', '%', '+', ' ', '\\', '\u007f', '\ufeff').Select(c => (int)c))
        .Array[0, 200]
        .Select(points => string.Concat(points.Select(char.ConvertFromUtf32)));

    [Fact]
    [Trait("abuse", "B2")]
    public void AnyUnicodeValueComesBack()
    {
        var host = new SessionHost();
        AnyString.Sample(value =>
        {
            var write = host.Request();
            write.Session.SetCustomCookie("theme", value);
            string pair = Assert.Single(write.SetCookies).Split(';')[0];

            Assert.All(pair, c => Assert.InRange(c, '!', '~'));
            return host.RequestWithHeader(pair).Session.GetCustomCookie("theme") == value;
        });
    }

    [Fact]
    [Trait("abuse", "B2")]
    public void AValueThatIsNotWellFormedIsRefused()
    {
        var exchange = new SessionHost().Request();

        Assert.Throws<ArgumentException>("value", () => exchange.Session.SetCustomCookie("theme", "a\ud800b"));
        Assert.Throws<ArgumentNullException>("value", () => exchange.Session.SetCustomCookie("theme", null));
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    [Trait("abuse", "B6")]
    public void NameAndValueMayHave4096BytesTogether()
    {
        var exchange = new SessionHost().Request();
        exchange.Session.SetCustomCookie("theme", new string('a', 4096 - "theme".Length));

        Assert.Equal(4096 + 1, Assert.Single(exchange.SetCookies).IndexOf(';', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(4096 - 5 + 1, 'a')]
    // The encoded length counts: nine bytes each.
    [InlineData(455, '\u20ac')]
    [Trait("abuse", "B6")]
    public void OneByteOverTheLimitIsRefusedBeforeAnythingIsSent(int length, char letter)
    {
        var exchange = new SessionHost().Request();
        string value = new(letter, length);

        var fault = Assert.Throws<ArgumentException>("value", () => exchange.Session.SetCustomCookie("theme", value));

        Assert.Contains("4096", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(value, fault.Message, StringComparison.Ordinal);
        Assert.Empty(exchange.SetCookies);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData("a;b")]
    [InlineData("a\r\nSet-Cookie: b")]
    [InlineData("a\0")]
    [InlineData("th\u00e9me")]
    [InlineData("a,b")]
    [InlineData("\"a\"")]
    [Trait("abuse", "B1")]
    public void ANameThatIsNotATokenIsRefusedByEveryMethod(string name)
    {
        var exchange = new SessionHost().Request();
        var session = exchange.Session;
        foreach (var member in Members(session, name))
        {
            var fault = Assert.Throws<ArgumentException>(nameof(name), member);
            Assert.True(name.Length == 0 || !fault.Message.Contains(name, StringComparison.Ordinal));
        }

        Assert.Empty(exchange.SetCookies);
    }

    [Theory]
    [InlineData("__Host-sid")]
    [InlineData("__host-sid")]
    [InlineData("__HOST-SID")]
    public void TheNameOfTheSessionCookieIsRefusedInAnyCase(string name)
    {
        var exchange = new SessionHost().Request();
        foreach (var member in Members(exchange.Session, name))
        {
            Assert.Contains(
                "session cookie's name",
                Assert.Throws<ArgumentException>(nameof(name), member).Message,
                StringComparison.Ordinal);
        }

        Assert.Empty(exchange.SetCookies);
    }

    [Theory]
    [InlineData("__Host-theme", false, "/", null)]
    [InlineData("__Host-theme", true, "/app", null)]
    [InlineData("__HOST-theme", true, "/", "example.test")]
    [InlineData("__Secure-theme", false, "/", null)]
    [InlineData("__Host-Http-theme", true, "/", "example.test")]
    [Trait("abuse", "B3")]
    public void ANamePrefixWhoseRulesAreBrokenIsRefused(string name, bool secure, string path, string? domain)
    {
        var exchange = new SessionHost(options =>
        {
            options.Cookie.Name = "sid";
            options.Cookie.SecurePolicy = secure
                ? Microsoft.AspNetCore.Http.CookieSecurePolicy.Always
                : Microsoft.AspNetCore.Http.CookieSecurePolicy.None;
            options.Cookie.Path = path;
            options.Cookie.Domain = domain;
        }).Request();

        Assert.Throws<ArgumentException>(nameof(name), () => exchange.Session.SetCustomCookie(name, "dark"));
        Assert.Empty(exchange.SetCookies);
    }

    [Fact]
    public void HaveTheAttributesOfTheSessionCookie()
    {
        var exchange = new SessionHost(options => options.IsPersistent = true).Request();
        exchange.Session.SetCustomCookie("__Host-theme", "dark");

        Assert.Equal("__Host-theme=dark; max-age=2419200; path=/; secure; samesite=lax; httponly", Assert.Single(exchange.SetCookies));
    }

    [Fact]
    public void TheLastValueSetInARequestIsSent()
    {
        var exchange = new SessionHost().Request();
        exchange.Session.SetCustomCookie("theme", "dark");
        exchange.Session.SetCustomCookie("Theme", "another cookie: names are case-sensitive");
        exchange.Session.SetCustomCookie("theme", "light");
        exchange.Session.SetCustomCookie("gone", "soon");
        exchange.Session.SetCustomCookie("gone", null, unset: true);

        Assert.Equal(["Theme", "gone", "theme"], exchange.SetCookies.Select(line => line.Split('=')[0]).Order(StringComparer.Ordinal));
        Assert.Contains(exchange.SetCookies, line => line.StartsWith("theme=light;", StringComparison.Ordinal));
        Assert.Contains(exchange.SetCookies, line =>
            line.StartsWith("gone=; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=0;", StringComparison.Ordinal));
    }

    [Fact]
    public void TheMisspelledMethodOfTheOriginalStillWorks()
    {
        var set = new SessionHost().Request();
        set.Session.SetCostumCookie("theme", "dark");
        var unset = new SessionHost().Request();
        unset.Session.SetCostumCookie("theme", null, unset: true);

        Assert.StartsWith("theme=dark;", Assert.Single(set.SetCookies), StringComparison.Ordinal);
        Assert.StartsWith("theme=; expires=", Assert.Single(unset.SetCookies), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("other=dark", null)]
    [InlineData("Theme=dark", null)]
    [InlineData("theme=dark; theme=light", null)]
    [InlineData("theme=dark; a=b; theme=dark", "dark")]
    [InlineData("theme=", "")]
    [InlineData("theme=a%20b", "a b")]
    // The library does not write these. It returns them unchanged and does not throw.
    [InlineData("theme=%", "%")]
    [InlineData("theme=%zz%FF", "%zz%FF")]
    [InlineData("theme=a+b", "a+b")]
    public void ReadingReturnsTheOnlyValueOrNull(string? header, string? value) =>
        Assert.Equal(value, new SessionHost().RequestWithHeader(header).Session.GetCustomCookie("theme"));

    [Fact]
    public void CauseNoStoreCalls()
    {
        var host = new SessionHost();
        var exchange = host.RequestWithHeader("theme=dark");
        exchange.Session.GetCustomCookie("theme");
        exchange.Session.SetCustomCookie("theme", "light");

        Assert.Empty(host.Store.Calls);
    }

    private static Action[] Members(Session<ProbeStore> session, string name) =>
    [
        () => session.SetCustomCookie(name, "value"),
        () => session.SetCustomCookie(name, null, unset: true),
        () => session.SetCostumCookie(name, "value"),
        () => session.GetCustomCookie(name),
        () => session.SetProtectedCookie(name, "value"),
        () => session.SetProtectedCookie(name, null, unset: true),
        () => session.GetProtectedCookie(name),
    ];
}
