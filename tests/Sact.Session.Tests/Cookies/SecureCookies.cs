using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>The Secure attribute, and the warning if a browser would drop the cookie.</summary>
public sealed class SecureCookies
{
    [Theory]
    [InlineData("http", "example.test", 1)]
    [InlineData("http", "localhost.example.test", 1)]
    [InlineData("http", "127.0.0.1.example.test", 1)]
    [InlineData("http", "10.0.0.1", 1)]
    [InlineData("http", "[2001:db8::1]", 1)]
    [InlineData("http", "", 1)]
    [InlineData("https", "example.test", 0)]
    [InlineData("http", "localhost", 0)]
    [InlineData("http", "LOCALHOST:8080", 0)]
    [InlineData("http", "app.localhost", 0)]
    [InlineData("http", "127.0.0.1", 0)]
    [InlineData("http", "127.0.0.1:5000", 0)]
    [InlineData("http", "[::1]", 0)]
    [InlineData("http", "[::1]:5000", 0)]
    [Trait("abuse", "B11")]
    public async Task OverPlainHttpWarnOnceUnlessTheHostIsLoopback(string scheme, string hostName, int warnings)
    {
        var host = new SessionHost();
        for (int i = 0; i < 3; i++)
        {
            var exchange = host.Request();
            exchange.Context.Request.Scheme = scheme;
            exchange.Context.Request.Host = new HostString(hostName);
            await exchange.Session.SetAsync("alice");
            Assert.Contains("; secure;", Assert.Single(exchange.SetCookies), StringComparison.Ordinal);
        }

        Assert.Equal(warnings, host.Events.Count(entry => entry is { Level: LogLevel.Warning, Id.Name: "SecureCookieOverHttp" }));
        Assert.Equal(
            scheme == "http" ? 1 - warnings : 0,
            host.Events.Count(entry => entry is { Level: LogLevel.Debug, Id.Name: "SecureCookieOverLoopback" }));
    }

    [Fact]
    [Trait("abuse", "B11")]
    public async Task ReadingLogsNoWarning()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SignInAsync("alice"));
        exchange.Context.Request.Scheme = "http";
        await exchange.Session.GetAsync();

        Assert.DoesNotContain(host.Events, entry => entry.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData(CookieSecurePolicy.Always, "http", true)]
    [InlineData(CookieSecurePolicy.Always, "https", true)]
    [InlineData(CookieSecurePolicy.SameAsRequest, "http", false)]
    [InlineData(CookieSecurePolicy.SameAsRequest, "https", true)]
    [InlineData(CookieSecurePolicy.None, "http", false)]
    [InlineData(CookieSecurePolicy.None, "https", false)]
    public async Task FollowTheSecurePolicy(CookieSecurePolicy policy, string scheme, bool secure)
    {
        var host = new SessionHost(options => (options.Cookie.Name, options.Cookie.SecurePolicy) = ("sid", policy));
        var exchange = host.Request();
        exchange.Context.Request.Scheme = scheme;
        await exchange.Session.SetAsync("alice");

        Assert.Equal(secure, Assert.Single(exchange.SetCookies).Contains("; secure", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "B9")]
    public async Task ASpoofedForwardedHeaderChangesNothing(Served served)
    {
        // Without UseForwardedHeaders, these headers of a client have no effect.
        var log = new SessionHost();
        await using var site = await Site.StartAsync(
            app => app.MapPost("/", async (ISession<IGenericStore> session) => await session.SetAsync("alice")),
            options =>
            {
                (options.Cookie.Name, options.Cookie.SecurePolicy) = ("sid", CookieSecurePolicy.SameAsRequest);
                options.LoggerFactory = new LoggerFactory([log]);
            },
            served: served);
        using var client = site.Client();
        var plain = served == Served.Kestrel ? client.BaseAddress! : new Uri("http://example.test/");
        using var honest = await client.PostAsync(plain, null, TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.test");
        client.DefaultRequestHeaders.Add("X-Forwarded-Prefix", "/evil");
        client.DefaultRequestHeaders.Add("Forwarded", "proto=https;host=evil.test");
        using var spoofed = await client.PostAsync(plain, null, TestContext.Current.CancellationToken);

        Assert.Equal(Attributes(honest), Attributes(spoofed));
        Assert.DoesNotContain("secure", Attributes(spoofed), StringComparison.Ordinal);

        static string Attributes(HttpResponseMessage response)
        {
            string line = Assert.Single(response.SetCookies());
            return line[line.IndexOf(';', StringComparison.Ordinal)..];
        }
    }

    [Fact]
    [Trait("abuse", "B9")]
    public async Task ASpoofedForwardedHeaderDoesNotSilenceTheWarning()
    {
        var host = new SessionHost();
        var exchange = host.Request();
        exchange.Context.Request.Scheme = "http";
        exchange.Context.Request.Headers["X-Forwarded-Proto"] = "https";
        exchange.Context.Request.Headers["X-Forwarded-Host"] = "localhost";
        await exchange.Session.SetAsync("alice");

        Assert.Single(host.Events, entry => entry.Id.Name == "SecureCookieOverHttp");
    }
}
