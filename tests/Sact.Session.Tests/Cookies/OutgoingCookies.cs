using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

/// <summary>The session cookie as it is sent, and the cookie options that are refused.</summary>
public sealed class OutgoingCookies
{
    [Fact]
    public async Task TheDefaultIsAHostPrefixedSecureHttpOnlyLaxCookie()
    {
        var exchange = new SessionHost().Request();
        await exchange.Session.SetAsync("alice");

        Assert.Equal($"__Host-sid={exchange.SentId}; path=/; secure; samesite=lax; httponly", Assert.Single(exchange.SetCookies));
    }

    [Theory]
    [InlineData("a\r\nSet-Cookie: b=c")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a;b")]
    [InlineData("a\u00e9")]
    [InlineData("a\u007f")]
    [Trait("abuse", "B1")]
    public void CharactersThatSplitAHeaderAreRefusedEverywhere(string evil)
    {
        Refused("name", options => options.Cookie.Name = evil);
        Refused("Path", options => options.Cookie.Path = "/" + evil);
        Refused("Domain", options => options.Cookie.Domain = evil);
        Refused("extension", options => options.Cookie.Extensions.Add(evil));

        void Refused(string culprit, Action<SactSessionOptions> set)
        {
            string message = Refusal(options =>
            {
                options.Cookie.Name = "sid";
                set(options);
            });
            Assert.Contains(culprit, message, StringComparison.Ordinal);
            Assert.DoesNotContain(evil, message, StringComparison.Ordinal);
        }
    }

    /// <summary>A browser would remove the space, and keep the cookie in another scope.</summary>
    [Theory]
    [InlineData("/app ", null, "Path")]
    [InlineData("/", "example.test ", "Domain")]
    [InlineData("/", " example.test", "Domain")]
    [InlineData("/", " ", "Domain")]
    [Trait("abuse", "B1")]
    public void AScopeWithASpaceAtItsEndsIsRefused(string path, string? domain, string culprit) => Assert.Contains(
        $"The cookie's {culprit}",
        Refusal(options =>
        {
            options.Cookie.Name = "sid";
            (options.Cookie.Path, options.Cookie.Domain) = (path, domain);
        }),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData("a,b")]
    [InlineData("(a)")]
    [Trait("abuse", "B1")]
    public void ANameThatIsNotATokenIsRefused(string name) =>
        Assert.Contains("name", Refusal(options => options.Cookie.Name = name), StringComparison.Ordinal);

    [Fact]
    public void ACookieBuilderWithoutANameIsRefused() =>
        Assert.Contains(
            "name is not empty",
            Refusal(options => options.Cookie = new CookieBuilder { IsEssential = true }),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("Path=/admin")]
    [InlineData(" domain =evil.test")]
    [InlineData("Max-Age=1")]
    [InlineData("secure")]
    [Trait("abuse", "B1")]
    public void AnExtensionThatIsEmptyOrOverridesAnAttributeIsRefused(string extension) =>
        Assert.Contains("extension", Refusal(options => options.Cookie.Extensions.Add(extension)), StringComparison.Ordinal);

    [Theory]
    [InlineData("__Host-sid", false, "/", null, true)]
    [InlineData("__Host-sid", true, "/app", null, true)]
    [InlineData("__Host-sid", true, "/", "example.test", true)]
    [InlineData("__hOST-sid", false, "/", null, true)]
    [InlineData("__Secure-sid", false, "/", null, true)]
    [InlineData("__SECURE-sid", false, "/", null, true)]
    [InlineData("__Http-sid", true, "/", null, false)]
    [InlineData("__Http-sid", false, "/", null, true)]
    [InlineData("__Host-Http-sid", true, "/", null, false)]
    [InlineData("__Host-Http-sid", true, "/", "example.test", true)]
    [Trait("abuse", "B3")]
    public void APrefixWhoseRulesAreBrokenIsRefused(string name, bool secure, string path, string? domain, bool httpOnly) =>
        Assert.Contains(
            "prefix",
            Refusal(options => Shape(options.Cookie, name, secure, path, domain, httpOnly)),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("__Host-sid", true, "/", null, true)]
    [InlineData("__Secure-sid", true, "/app", "example.test", true)]
    [InlineData("__Http-sid", true, "/app", "example.test", true)]
    [InlineData("__Host-Http-sid", true, "/", null, true)]
    [InlineData("sid", false, "/app", "example.test", true)]
    [Trait("abuse", "B3")]
    public async Task APrefixWhoseRulesAreMetIsAccepted(string name, bool secure, string path, string? domain, bool httpOnly)
    {
        var host = new SessionHost(options => Shape(options.Cookie, name, secure, path, domain, httpOnly));

        Assert.Equal("alice", await host.WhoAsync(await host.SignInAsync("alice")));
    }

    [Fact]
    [Trait("abuse", "B3")]
    public async Task ASiteThatBreaksAPrefixRuleDoesNotStart()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            Site.StartAsync(_ => { }, options => options.Cookie.Domain = "example.test"));

        Assert.Contains("__Host- needs", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sid", "/", null, SameSiteMode.Lax, true, null)]
    [InlineData("sid", "/app", null, SameSiteMode.Strict, true, null)]
    [InlineData("sid", "/", "example.test", SameSiteMode.None, true, null)]
    [InlineData("sid", "/", null, SameSiteMode.None, true, "Partitioned")]
    [InlineData("sid", "/app", "example.test", SameSiteMode.Unspecified, false, null)]
    [InlineData("__Secure-sid", "/a", "b.test", SameSiteMode.None, true, "Partitioned")]
    [Trait("abuse", "B4")]
    public async Task DeletionRepeatsEveryScopingAttribute(
        string name, string path, string? domain, SameSiteMode sameSite, bool secure, string? extension)
    {
        var host = new SessionHost(options =>
        {
            Shape(options.Cookie, name, secure, path, domain, httpOnly: true);
            options.Cookie.SameSite = sameSite;
            if (extension is not null)
            {
                options.Cookie.Extensions.Add(extension);
            }
        });
        var login = host.Request();
        await login.Session.SetAsync("alice");
        login.Session.SetCustomCookie("theme", "dark");
        var logout = host.Request(login.SentId);
        await logout.Session.DeleteAsync();
        logout.Session.SetCustomCookie("theme", null, unset: true);

        Assert.Equal(2, login.SetCookies.Count);
        Assert.Equal(2, logout.SetCookies.Count);
        foreach (var (set, unset) in login.SetCookies.Zip(logout.SetCookies))
        {
            string[] scope = Attributes(set);
            Assert.Equal(
                scope,
                Attributes(unset).Where(attribute =>
                    !attribute.StartsWith("max-age", StringComparison.Ordinal)
                        && !attribute.StartsWith("expires", StringComparison.Ordinal)));
            Assert.Contains("max-age=0", Attributes(unset));
            Assert.Contains("expires=Thu, 01 Jan 1970 00:00:00 GMT", Attributes(unset));
            Assert.Equal("", unset[(unset.IndexOf('=', StringComparison.Ordinal) + 1)..unset.IndexOf(';', StringComparison.Ordinal)]);
            Assert.Contains("path=" + path, scope);
            Assert.Equal(
                domain is null ? [] : ["domain=" + domain],
                scope.Where(attribute => attribute.StartsWith("domain", StringComparison.Ordinal)));
            Assert.Equal(secure, scope.Contains("secure"));
            Assert.Equal(extension is not null, scope.Contains("Partitioned"));
        }

        static string[] Attributes(string cookie) => [.. cookie.Split("; ").Skip(1)];
    }

    [Theory]
    [InlineData(401)]
    [InlineData(4_000)]
    [Trait("abuse", "B7")]
    public void MoreThanFourHundredDaysAreRefused(int days) =>
        Assert.Contains("400 days", Refusal(options => options.AbsoluteTimeout = TimeSpan.FromDays(days)), StringComparison.Ordinal);

    [Fact]
    [Trait("abuse", "B7")]
    public async Task FourHundredDaysAreAccepted()
    {
        var exchange = new SessionHost(options =>
            (options.AbsoluteTimeout, options.IsPersistent) = (TimeSpan.FromDays(400), true)).Request();
        await exchange.Session.SetAsync("alice");

        Assert.Contains("; max-age=34560000;", Assert.Single(exchange.SetCookies), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "B7")]
    public void InfiniteTimesAreRefusedAndDoNotOverflow()
    {
        foreach (var infinite in new[] { TimeSpan.MaxValue, TimeSpan.MinValue, Timeout.InfiniteTimeSpan })
        {
            Refusal(options => options.AbsoluteTimeout = infinite);
            Refusal(options => options.IdleTimeout = infinite);
            Refusal(options => options.FirstUseTimeout = infinite);
            Refusal(options => options.AnonymousIdleTimeout = infinite);
            Refusal(options => options.TouchInterval = infinite);
            Refusal(options => options.RenewalGrace = infinite);
            Refusal(options => options.ReplayMargin = infinite);
            Refusal(options => options.StoreTimeout = infinite);
            Refusal(options => options.Cookie.MaxAge = infinite);
            Refusal(options => options.Cookie.Expiration = infinite);
        }
    }

    [Theory]
    [InlineData(CookieSecurePolicy.None)]
    [InlineData(CookieSecurePolicy.SameAsRequest)]
    [Trait("abuse", "B8")]
    public void SameSiteNoneAndPartitionedAreRefusedWithoutSecure(CookieSecurePolicy policy)
    {
        Assert.Contains(
            "SameSite=None needs Secure",
            Refusal(options =>
                (options.Cookie.Name, options.Cookie.SecurePolicy, options.Cookie.SameSite) = ("sid", policy, SameSiteMode.None)),
            StringComparison.Ordinal);
        foreach (string spelling in new[] { "Partitioned", "partitioned", " PARTITIONED " })
        {
            string message = Refusal(options =>
            {
                (options.Cookie.Name, options.Cookie.SecurePolicy) = ("sid", policy);
                options.Cookie.Extensions.Add(spelling);
            });
            Assert.Contains("Partitioned needs Secure", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ACookieThatIsNotEssentialIsRefused() =>
        Assert.Contains("essential", Refusal(options => options.Cookie.IsEssential = false), StringComparison.Ordinal);

    private static void Shape(CookieBuilder cookie, string name, bool secure, string path, string? domain, bool httpOnly)
    {
        cookie.Name = name;
        cookie.SecurePolicy = secure ? CookieSecurePolicy.Always : CookieSecurePolicy.None;
        cookie.Path = path;
        cookie.Domain = domain;
        cookie.HttpOnly = httpOnly;
    }

    // The session class refuses them too, because it also works without dependency injection.
    private static string Refusal(Action<SactSessionOptions> configure)
    {
        var host = new SessionHost();
        var options = new SactSessionOptions();
        configure(options);
        var context = new DefaultHttpContext();
        return Assert.Throws<OptionsValidationException>(() =>
            new Session<MemoryStore>(context.Request, context.Response, host.Memory, options)).Message;
    }
}
