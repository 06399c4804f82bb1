using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests.HttpContextSessions;

/// <summary>
/// What ASP.NET Core's own tests say of <c>AddSession()</c> and <c>UseSession()</c>, held here one by one. Where the outcome differs, the name of the fact says so, and README.md ("HttpContext.Session").
/// </summary>
public sealed class FactsOfTheFramework
{
    public static TheoryData<Served> Servers => BridgedSite.Servers;

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AnEmptyReadMakesNoCookie(Served served)
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, served);

        using var response = await site.SendAsync("/get/absent");

        Assert.Equal("nothing", await response.Content.ReadAsStringAsync());
        Assert.Empty(response.SetCookies());
        Assert.Empty(site.Store.Calls);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AValueMakesOneCookie(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            context =>
            {
                Assert.Null(context.Session.GetString("Key"));
                context.Session.SetString("Key", "Value");
                Assert.Equal("Value", context.Session.GetString("Key"));
                return Task.CompletedTask;
            },
            served);

        using var response = await site.SendAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotEmpty(Assert.Single(response.SetCookies()));
    }

    [Theory]
    [InlineData(CookieSecurePolicy.Always, "http", true)]
    [InlineData(CookieSecurePolicy.Always, "https", true)]
    [InlineData(CookieSecurePolicy.None, "http", false)]
    [InlineData(CookieSecurePolicy.None, "https", false)]
    [InlineData(CookieSecurePolicy.SameAsRequest, "http", false)]
    [InlineData(CookieSecurePolicy.SameAsRequest, "https", true)]
    public async Task TheCookieIsSecureAsThePolicySays(CookieSecurePolicy policy, string scheme, bool secure)
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, configure: options => (options.Cookie.Name, options.Cookie.SecurePolicy) = ("TestCookie", policy));
        using var client = site.Client();

        using var response = await client.GetAsync(new Uri($"{scheme}://example.test/set/a/b"), TestContext.Current.CancellationToken);

        Assert.Equal(secure, Assert.Single(response.SetCookies()).Contains("; secure", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task TheNextRequestCountsOn(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            context =>
            {
                int value = context.Session.GetInt32("Key") ?? 0;
                context.Session.SetInt32("Key", value + 1);
                return context.Response.WriteAsync($"{value}");
            },
            served);

        string? id = await site.DoAsync("/");

        Assert.Equal(["1", "2", "3"], new[] { await site.TextAsync("/", id), await site.TextAsync("/", id), await site.TextAsync("/", id) });
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task WhatWasRemovedIsGone(Served served)
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, served);
        string? id = await site.DoAsync("/set/Key/1");
        Assert.Equal("1", await site.TextAsync("/get/Key", id));

        await site.DoAsync("/remove/Key", id);

        Assert.Equal("nothing", await site.TextAsync("/get/Key", id));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task WhatWasClearedIsGone(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/clear", (HttpContext context) => context.Session.Clear());
            },
            served);
        string? id = await site.DoAsync("/set/Key/1");
        await site.DoAsync("/set/Other/2", id);

        await site.DoAsync("/clear", id);

        Assert.Equal("", await site.TextAsync("/keys", id));
        Assert.Empty(await site.FieldsAsync(id!));
    }

    [Fact]
    public async Task ABeginningIsLoggedAsInformation()
    {
        var log = new Log();
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, build: builder => builder.Logging.AddProvider(log));

        await site.DoAsync("/set/Key/Value");

        Assert.Contains(log.Events, entry => entry is { Level: LogLevel.Information, Id: 7 });
    }

    [Fact]
    public async Task AnExpiredSessionIsEmptyAndLogged()
    {
        var log = new Log();
        await using var site = await BridgedSite.StartAsync(
            BridgedSite.Map, configure: options => options.AnonymousIdleTimeout = TimeSpan.FromSeconds(30), build: builder => builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log));
        string? id = await site.DoAsync("/set/Key/1");
        site.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("nothing", await site.TextAsync("/get/Key", id));
        Assert.Contains(log.Events, entry => entry.Id == 1);
    }

    /// <summary>The stock session is refreshed by every request. Here a request that does not ask costs nothing, and so extends nothing.</summary>
    [Fact]
    public async Task AReadExtendsTheSessionAndAnUntouchedRequestDoesNot()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            BridgedSite.Map(app);
            app.MapGet("/untouched", () => "");
        });
        string? read = await site.DoAsync("/set/Key/10"), untouched = await site.DoAsync("/set/Key/10");

        for (int i = 0; i < 5; i++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(10));
            Assert.Equal("10", await site.TextAsync("/get/Key", read));
            await site.DoAsync("/untouched", untouched);
        }

        Assert.Equal("nothing", await site.TextAsync("/get/Key", untouched));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task TheFeatureIsGoneOnTheWayOut(Served served)
    {
        bool? after = null;
        await using var site = await BridgedSite.StartAsync(
            app => app.Run(context =>
            {
                context.Session.SetString("key", "value");
                return Task.CompletedTask;
            }),
            served,
            before: app => app.Use(async (context, next) =>
            {
                await next();
                after = context.Features.Get<ISessionFeature>() is not null;
            }));

        await site.DoAsync("/");

        Assert.False(after);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheFeatureIsGoneAfterAnExceptionToo(bool atOnce)
    {
        bool? after = null;
        await using var site = await BridgedSite.StartAsync(
            app => app.Run(atOnce ? _ => throw new InvalidDataException("An error.") : async context =>
            {
                context.Session.SetString("key", "value");
                await Task.Yield();
                throw new InvalidDataException("An error.");
            }),
            before: app => app.Use(async (context, next) =>
            {
                await Assert.ThrowsAsync<InvalidDataException>(() => next());
                after = context.Features.Get<ISessionFeature>() is not null;
            }));

        // What was set before the exception is stored all the same, as it was.
        Assert.Equal(atOnce, await site.DoAsync("/") is null);
        Assert.False(after);
    }

    [Fact]
    public async Task KeysAreCaseSensitive()
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map);
        string? id = await site.DoAsync("/set/KEY/VALUE");
        await site.DoAsync("/set/key/value", id);

        Assert.Equal(["VALUE", "value", "KEY,key"], new[] { await site.TextAsync("/get/KEY", id), await site.TextAsync("/get/key", id), await site.TextAsync("/keys", id) });
    }

    /// <summary>The stock session is empty then. Here only <c>IsAvailable</c> says so quietly; an empty session would be a lie to whoever reads it.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AReadThatFailsIsUnavailableAndNotEmpty(Served served)
    {
        bool? available = null;
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/available", (HttpContext context) =>
                {
                    available = context.Session.IsAvailable;
                    foreach (Action read in new Action[] { () => context.Session.GetString("key"), () => _ = context.Session.Id, () => _ = context.Session.Keys, () => context.Session.Set("key", []) })
                    {
                        Assert.Throws<SessionStoreException>(read);
                    }
                });
            },
            served);
        string? id = await site.DoAsync("/set/key/value");
        site.Store.Before = (verb, _) => verb == "get" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;
        site.Store.Reset();

        using var asked = await site.SendAsync("/available", id);
        Assert.Equal((HttpStatusCode.OK, false), (asked.StatusCode, available));
        Assert.Equal(1, site.Store.Count("get"));

        using var read = await site.SendAsync("/get/key", id);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, read.StatusCode);
    }

    [Fact]
    public async Task ALoadThatFailsThrowsAndIsLogged()
    {
        var log = new Log();
        bool? available = null;
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/load", async (HttpContext context) =>
                {
                    await Assert.ThrowsAsync<SessionStoreException>(() => context.Session.LoadAsync());
                    available = context.Session.IsAvailable;
                });
            },
            build: builder => builder.Logging.AddProvider(log));
        string? id = await site.DoAsync("/set/key/value");
        site.Store.Before = (verb, _) => verb == "get" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;

        await site.DoAsync("/load", id);

        Assert.False(available);
        Assert.Contains(log.Events, entry => entry is { Level: LogLevel.Error, Id: 12 });
    }

    [Theory]
    [InlineData("load", false)]
    [InlineData("load", true)]
    [InlineData("commit", false)]
    [InlineData("commit", true)]
    public async Task ATimeOutIsACancellationToTheCallerAndA503ToTheClient(string what, bool handled)
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            BridgedSite.Map(app);
            app.MapGet("/slow", async (HttpContext context) =>
            {
                if (what == "commit")
                {
                    context.Session.SetString("key", "other");
                }

                Task call = what == "load" ? context.Session.LoadAsync() : context.Session.CommitAsync();
                if (handled)
                {
                    Assert.IsType<SessionStoreException>((await Assert.ThrowsAsync<OperationCanceledException>(() => call)).InnerException);
                    ((ProbeStore)context.RequestServices.GetRequiredService<IGenericStore>()).Before = null;
                }
                else
                {
                    await call;
                }
            });
        });
        string? id = await site.DoAsync("/set/key/value");
        await site.DoAsync("/get/key", id);
        var gate = new Gate();
        site.Store.Before = (verb, _) => verb == (what == "load" ? "get" : "update") ? gate.PassAsync() : ValueTask.CompletedTask;

        var pending = site.SendAsync("/slow", id);
        await gate.Reached;

        // The timer starts after the gate is reached.
        while (!pending.IsCompleted)
        {
            site.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        gate.Open();
        using var response = await pending;
        Assert.Equal(handled ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task ACancelledLoadOrCommitIsACancellation()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            BridgedSite.Map(app);
            app.MapGet("/cancelled", async (HttpContext context) =>
            {
                using var cancelled = new CancellationTokenSource();
                await cancelled.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => context.Session.LoadAsync(cancelled.Token));
                context.Session.SetString("key", "value");
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => context.Session.CommitAsync(cancelled.Token));
            });
        });

        // Stored on the way out all the same.
        Assert.Equal("value", await site.TextAsync("/get/key", await site.DoAsync("/cancelled")));
        Assert.Equal(1, site.Store.Count("create"));
    }

    /// <summary>The stock session swallows it and answers 200.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ACommitThatFailsIsSeenByTheClient(Served served)
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, served);
        site.Store.Before = (verb, _) => verb == "create" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;

        using var response = await site.SendAsync("/set/key/value");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Empty(response.SetCookies());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("known")]
    public async Task ADisconnectedClientsChangesAreStored(string? known)
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            BridgedSite.Map(app);
            app.MapGet("/aborted", async (HttpContext context) =>
            {
                context.Session.SetInt32("key", 1);
                using var aborted = new CancellationTokenSource();
                await aborted.CancelAsync();
                context.RequestAborted = aborted.Token;
            });
        });
        string? id = known is null ? null : await site.DoAsync("/set/other/value");

        id = await site.DoAsync("/aborted", id);

        Assert.Contains("$http.key", await site.FieldsAsync(id!));
    }

    [Fact]
    public async Task AnUntouchedRequestAsksTheStoreNothing()
    {
        await using var site = await BridgedSite.StartAsync(_ => Task.CompletedTask);
        site.Store.Before = (_, _) => throw new InvalidOperationException("down");

        Assert.NotNull(await site.DoAsync("/", site.Store.CreateSessionId()));
        Assert.Empty(site.Store.Calls);
    }
}
