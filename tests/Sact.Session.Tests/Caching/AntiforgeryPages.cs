using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>A page with an antiforgery token, for which antiforgery forbids caching too. It warns about any other value.</summary>
[Trait("abuse", "K27")]
public sealed class AntiforgeryPages
{
    public static TheoryData<Served, string> Pages => new()
    {
        { Served.TestServer, "/token" }, { Served.TestServer, "/read-token" }, { Served.TestServer, "/token-read" },
        { Served.TestServer, "/renew-token" }, { Served.TestServer, "/token-renew" },
        { Served.Kestrel, "/token" }, { Served.Kestrel, "/read-token" }, { Served.Kestrel, "/token-read" },
        { Served.Kestrel, "/renew-token" }, { Served.Kestrel, "/token-renew" },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task LogNoWarningAndAreStoredByNoCache(Served served, string path)
    {
        var log = new Warnings();
        await using var site = await AuthenticationSite.StartAsync(
            map: app =>
            {
                static void Token(HttpContext context) =>
                    context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);

                app.MapGet("/token", (HttpContext context) => Token(context));
                app.MapGet("/read-token", async (HttpContext context, ISactSession session) =>
                {
                    await session.GetAsync();
                    Token(context);
                });
                app.MapGet("/token-read", async (HttpContext context, ISactSession session) =>
                {
                    Token(context);
                    await session.GetAsync(reload: true);
                });
                app.MapGet("/renew-token", async (HttpContext context, ISactSession session) =>
                {
                    await session.RenewAsync(immediately: true);
                    Token(context);
                });
                app.MapGet("/token-renew", async (HttpContext context, ISactSession session) =>
                {
                    Token(context);
                    await session.RenewAsync(immediately: true);
                });
            },
            build: builder =>
            {
                builder.Services.AddLogging(logging => logging.AddProvider(log));
                builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
                builder.Services.AddAntiforgery();
            },
            served: served);
        string id = await site.SignInAsync("alice");
        Assert.Equal("alice", await site.TextAsync("/who", id));

        using var page = await site.SendAsync(path, id);

        Assert.True(page.IsSuccessStatusCode);
        Assert.True(page.Headers.CacheControl is { NoStore: true, Public: false });
        Assert.Contains(page.SetCookies(), line => line.StartsWith(".AspNetCore.Antiforgery.", StringComparison.Ordinal));
        Assert.Empty(log.Lines);
    }

    private sealed class Warnings : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Kestrel is called over http here, and nobody told it that.
            if (IsEnabled(logLevel) && eventId.Name != "SecureCookieOverHttp")
            {
                Lines.Enqueue($"{eventId} {formatter(state, exception)}");
            }
        }

        public void Dispose()
        {
        }
    }
}
