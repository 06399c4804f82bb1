using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>
/// The facts that ASP.NET Core tests for <c>AddSession()</c> and <c>UseSession()</c>, one by one. If the outcome differs, the name of the
/// fact and docs/how-to/from-addsession.md say so.
/// </summary>
public sealed class ParityWithTheStockSession
{
    public static TheoryData<Served> Servers => BridgedSite.Servers;

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AnEmptyReadSendsNoCookie(Served served)
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, served);

        using var response = await site.SendAsync("/get/absent");

        Assert.Equal("nothing", await response.Content.ReadAsStringAsync());
        Assert.Empty(response.SetCookies());
        Assert.Empty(site.Store.Calls);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AValueSendsOneCookie(Served served)
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
    public async Task TheCookieFollowsTheSecurePolicy(CookieSecurePolicy policy, string scheme, bool secure)
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, configure: options =>
            (options.Cookie.Name, options.Cookie.SecurePolicy) = ("TestCookie", policy));
        using var client = site.Client();

        using var response = await client.GetAsync(new Uri($"{scheme}://example.test/set/a/b"), TestContext.Current.CancellationToken);

        Assert.Equal(secure, Assert.Single(response.SetCookies()).Contains("; secure", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task TheNextRequestSeesTheValue(Served served)
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

        Assert.Equal(
            ["1", "2", "3"],
            new[] { await site.TextAsync("/", id), await site.TextAsync("/", id), await site.TextAsync("/", id) });
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ARemovedValueIsGone(Served served)
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, served);
        string? id = await site.DoAsync("/set/Key/1");
        Assert.Equal("1", await site.TextAsync("/get/Key", id));

        await site.DoAsync("/remove/Key", id);

        Assert.Equal("nothing", await site.TextAsync("/get/Key", id));
    }

    /// <summary>Streaming TempData of .NET 11 does this, to have a session for the values that it sets after the first byte.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AValueThatIsRemovedAtOnceEstablishesASessionForLaterValues(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/stream", async context =>
                {
                    context.Session.Set("early", []);
                    context.Session.Remove("early");
                    await context.Response.WriteAsync("first");
                    await context.Response.Body.FlushAsync();
                    context.Session.SetString("late", "value");
                    await context.Response.WriteAsync(" second");
                });
            },
            served);

        using var response = await site.SendAsync("/stream");

        Assert.Equal("first second", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("value", await site.TextAsync("/get/late", response.SentId()));
        Assert.Equal(["$~$http.late"], await site.FieldsAsync(response.SentId()!));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AValueThatIsRemovedAtOnceSendsOneCookieAndStoresNothingInAKnownSession(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            context =>
            {
                context.Session.Set("key", []);
                context.Session.Remove("key");
                return Task.CompletedTask;
            },
            served);
        using var first = await site.SendAsync("/");
        Assert.NotEmpty(first.SentId()!);
        await site.DoAsync("/", first.SentId());
        site.Store.Reset();

        using var second = await site.SendAsync("/", first.SentId());

        Assert.Empty(second.SetCookies());
        Assert.Equal(["get"], site.Store.Calls);
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AValueThatIsRemovedBeforeASignInOrSignOutBeginsNoOtherSession()
    {
        await using var site = await BridgedSite.StartAsync(app =>
        {
            app.MapGet("/{what}", async (string what, HttpContext context, ISactSession session) =>
            {
                context.Session.Set("key", []);
                context.Session.Remove("key");
                await (what == "login" ? session.SetAsync("alice") : session.DeleteAsync());
            });
        });

        string? id = await site.DoAsync("/login");
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));

        Assert.Null(await site.DoAsync("/logout", id));
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ClearRemovesEveryValue(Served served)
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
    public async Task AStartedSessionIsLoggedAsInformation()
    {
        var log = new EventLog();
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map, build: builder => builder.Logging.AddProvider(log));

        await site.DoAsync("/set/Key/Value");

        Assert.Contains(log.Events, entry => entry is { Level: LogLevel.Information, Id: 7 });
    }

    [Fact]
    public async Task AnExpiredSessionIsEmptyAndLogged()
    {
        var log = new EventLog();
        await using var site = await BridgedSite.StartAsync(
            BridgedSite.Map,
            configure: options => options.AnonymousIdleTimeout = TimeSpan.FromSeconds(30),
            build: builder => builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log));
        string? id = await site.DoAsync("/set/Key/1");
        site.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("nothing", await site.TextAsync("/get/Key", id));
        Assert.Contains(log.Events, entry => entry.Id == 1);
    }

    /// <summary>
    /// Every request refreshes the stock session. Here a request that does not use the session costs nothing, so it extends nothing.
    /// </summary>
    [Fact]
    public async Task AReadExtendsTheSessionAndARequestThatDoesNotUseItDoesNot()
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
    public async Task TheFeatureIsRemovedAfterTheRequest(Served served)
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
    public async Task TheFeatureIsRemovedAfterAnException(bool atOnce)
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

        // The value set before the exception is still stored, as in the stock session.
        Assert.Equal(atOnce, await site.DoAsync("/") is null);
        Assert.False(after);
    }

    [Fact]
    public async Task KeysAreCaseSensitive()
    {
        await using var site = await BridgedSite.StartAsync(BridgedSite.Map);
        string? id = await site.DoAsync("/set/KEY/VALUE");
        await site.DoAsync("/set/key/value", id);

        Assert.Equal(
            ["VALUE", "value", "KEY,key"],
            new[] { await site.TextAsync("/get/KEY", id), await site.TextAsync("/get/key", id), await site.TextAsync("/keys", id) });
    }

    /// <summary>
    /// The stock session is empty then. Here only <c>IsAvailable</c> does not throw, because an empty session would be wrong data.
    /// </summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AFailedReadMakesTheSessionUnavailableAndNotEmpty(Served served)
    {
        bool? available = null;
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/available", (HttpContext context) =>
                {
                    available = context.Session.IsAvailable;
                    foreach (Action read in new Action[]
                    {
                        () => context.Session.GetString("key"), () => _ = context.Session.Id, () => _ = context.Session.Keys,
                        () => context.Session.Set("key", [])
                    })
                    {
                        Assert.Throws<SessionStoreException>(read);
                    }
                });
            },
            served);
        string? id = await site.DoAsync("/set/key/value");
        site.Store.Before = (verb, _) => verb == "get" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;
        site.Store.Reset();

        using var probe = await site.SendAsync("/available", id);
        Assert.Equal((HttpStatusCode.OK, false), (probe.StatusCode, available));
        Assert.Equal(1, site.Store.Count("get"));

        using var read = await site.SendAsync("/get/key", id);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, read.StatusCode);
    }

    [Fact]
    public async Task AFailedLoadThrowsAndIsLogged()
    {
        var log = new EventLog();
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
    public async Task ATimeoutIsACancellationForTheCallerAndA503ForTheClient(string what, bool handled)
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
    public async Task ACancelledLoadOrCommitThrowsAnOperationCanceledException()
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

        // The value is still stored at the end of the request.
        Assert.Equal("value", await site.TextAsync("/get/key", await site.DoAsync("/cancelled")));
        Assert.Equal(1, site.Store.Count("create"));
    }

    /// <summary>The stock session hides the failure and returns 200.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AFailedCommitIsA503(Served served)
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
    public async Task ChangesOfADisconnectedClientAreStored(string? known)
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

        Assert.Contains("$~$http.key", await site.FieldsAsync(id!));
    }

    [Fact]
    public async Task ARequestThatDoesNotUseTheSessionMakesNoStoreCall()
    {
        await using var site = await BridgedSite.StartAsync(_ => Task.CompletedTask);
        site.Store.Before = (_, _) => throw new InvalidOperationException("down");

        Assert.NotNull(await site.DoAsync("/", site.Store.CreateSessionId()));
        Assert.Empty(site.Store.Calls);
    }
}
