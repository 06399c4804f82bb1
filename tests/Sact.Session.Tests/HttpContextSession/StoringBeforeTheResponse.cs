using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>When values are stored: at the end of the request or before the first byte, after every other callback.</summary>
public sealed class StoringBeforeTheResponse
{
    public static TheoryData<Served> Servers => BridgedSite.Servers;

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task TheFirstByteOfABodyIsSentAfterTheStoreCall(Served served)
    {
        string[] calls = [];
        await using var site = await BridgedSite.StartAsync(
            async context =>
            {
                context.Session.SetString("key", "value");
                await context.Response.WriteAsync("body");
                calls = [.. ((ProbeStore)context.RequestServices.GetRequiredService<IGenericStore>()).Calls];
            },
            served);

        using var response = await site.SendAsync("/");

        Assert.Equal(["create"], calls);
        Assert.Equal(["$~$http.key"], await site.FieldsAsync(response.SentId()!));
        Assert.Equal(["create"], site.Store.Calls.Where(call => call != "get"));
    }

    [Theory]
    [InlineData(Served.TestServer, "body")]
    [InlineData(Served.TestServer, "redirect")]
    [InlineData(Served.TestServer, "flush")]
    [InlineData(Served.Kestrel, "body")]
    [InlineData(Served.Kestrel, "redirect")]
    [InlineData(Served.Kestrel, "flush")]
    public async Task ValuesSetInLaterCallbacksAreStored(Served served, string answer)
    {
        // The callbacks keep the session, as TempData does, because the feature is removed before they run.
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    var session = context.Session;
                    context.Response.OnStarting(() =>
                    {
                        session.SetString("first", "1");
                        return Task.CompletedTask;
                    });
                    return next();
                });
                app.Run(async context =>
                {
                    var session = context.Session;
                    context.Response.OnStarting(async () =>
                    {
                        await Task.Yield();
                        session.SetString("second", "2");
                    });
                    switch (answer)
                    {
                        case "body":
                            await context.Response.WriteAsync("body");
                            break;
                        case "flush":
                            await context.Response.StartAsync();
                            break;
                        default:
                            context.Response.Redirect("/other-path");
                            break;
                    }
                });
            },
            served);

        using var response = await site.SendAsync("/");

        Assert.Equal(["$~$http.first", "$~$http.second"], await site.FieldsAsync(response.SentId()!));
        Assert.Single(response.SetCookies());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ARedirectIsStoredBeforeItLeaves(Served served)
    {
        bool stored = false;
        await using var site = await BridgedSite.StartAsync(
            app => app.MapGet("/", (HttpContext context) =>
            {
                context.Session.SetString("key", "value");
                return Results.Redirect("/next");
            }),
            served,
            before: app => app.Use(async (context, next) =>
            {
                await next();
                stored = ((ProbeStore)context.RequestServices.GetRequiredService<IGenericStore>()).Count("create") == 1
                    && !context.Response.HasStarted;
            }));

        using var response = await site.SendAsync("/");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.NotNull(response.SentId());
        Assert.True(stored);
    }

    [Theory]
    [InlineData(Served.TestServer, "body")]
    [InlineData(Served.TestServer, "large body")]
    [InlineData(Served.TestServer, "flush")]
    [InlineData(Served.TestServer, "json")]
    [InlineData(Served.TestServer, "pipe")]
    [InlineData(Served.TestServer, "length")]
    [InlineData(Served.TestServer, "redirect")]
    [InlineData(Served.Kestrel, "body")]
    [InlineData(Served.Kestrel, "large body")]
    [InlineData(Served.Kestrel, "flush")]
    [InlineData(Served.Kestrel, "json")]
    [InlineData(Served.Kestrel, "pipe")]
    [InlineData(Served.Kestrel, "length")]
    [InlineData(Served.Kestrel, "redirect")]
    public async Task AFailureBeforeTheFirstByteIsA503(Served served, string answer)
    {
        var log = new EventLog();
        await using var site = await BridgedSite.StartAsync(
            app => app.MapGet("/", async (HttpContext context) =>
            {
                context.Session.SetString("key", "value");
                context.Response.Headers.ETag = "\"1\"";
                switch (answer)
                {
                    case "body":
                        await context.Response.WriteAsync("some text");
                        break;
                    case "large body":
                        await context.Response.WriteAsync(new string('x', 300_000));
                        break;
                    case "json":
                        await context.Response.WriteAsJsonAsync(new[] { "some text" });
                        break;
                    case "pipe":
                        context.Response.BodyWriter.Write("some text"u8);
                        break;
                    case "length":
                        context.Response.ContentLength = 9;
                        await context.Response.WriteAsync("some text");
                        break;
                    case "flush":
                        await context.Response.Body.FlushAsync();
                        await context.Response.WriteAsync("some text");
                        break;
                    default:
                        context.Response.Redirect("/next");
                        break;
                }
            }),
            served,
            build: builder => builder.Logging.AddProvider(log));
        site.Store.Before = (verb, _) => verb == "create" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;

        using var response = await site.SendAsync("/");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Null(response.Headers.ETag);
        Assert.Null(response.Headers.Location);
        Assert.Empty(response.SetCookies());
        Assert.Equal(1, site.Store.Count("create"));
        // The 503 still has the whole body that the endpoint wrote, with its length.
        Assert.Equal(answer == "redirect", (await response.Content.ReadAsStringAsync()).Length == 0);
        if (answer is not "redirect" and not "pipe")
        {
            Assert.Contains(log.Events, entry => entry is { Id: 40, Level: LogLevel.Error });
        }

        site.Store.Before = null;
        Assert.NotNull((await site.SendAsync("/")).SentId());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AFailureKeepsTheCookieDeletionOfASignOut(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/leave", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    await session.DeleteAsync();
                    context.Session.SetString("message", "bye");
                    await context.Response.WriteAsync("bye");
                });
            },
            served);
        string? id = await site.DoAsync("/login/alice");
        site.Store.Before = (verb, _) => verb == "create" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;

        using var response = await site.SendAsync("/leave", id);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, ""), (response.StatusCode, response.SentId()));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AFailureAfterTheFirstByteAbortsTheResponse(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/late", async (HttpContext context) =>
                {
                    await context.Response.WriteAsync("begun");
                    await context.Response.Body.FlushAsync();
                    context.Session.SetString("key", "late");
                    ((ProbeStore)context.RequestServices.GetRequiredService<IGenericStore>()).Before = (verb, _) =>
                        verb == "update" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;
                });
            },
            served);
        string? id = await site.DoAsync("/set/key/value");
        await site.DoAsync("/get/key", id);

        var broken = await Record.ExceptionAsync(() => site.TextAsync("/late", id));

        Assert.True(broken is HttpRequestException or SessionStoreException or IOException, broken?.ToString());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AnExistingSessionAcceptsChangesInAStream(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/stream", async (HttpContext context) =>
                {
                    await context.Response.WriteAsync("begun");
                    await context.Response.Body.FlushAsync();
                    context.Session.SetString("committed", "1");
                    await context.Session.CommitAsync();
                    context.Session.SetString("left", "2");
                });
            },
            served);
        string? id = await site.DoAsync("/set/key/value");

        Assert.Equal("begun", await site.TextAsync("/stream", id));
        Assert.Equal("committed,key,left", await site.TextAsync("/keys", id));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task NoSessionStartsAfterTheFirstByte(Served served)
    {
        InvalidOperationException? refused = null;
        await using var site = await BridgedSite.StartAsync(
            async context =>
            {
                await context.Response.WriteAsync("begun");
                await context.Response.Body.FlushAsync();
                refused = Assert.Throws<InvalidOperationException>(() => context.Session.SetString("key", "value"));
            },
            served);

        Assert.Equal("begun", await site.TextAsync("/"));
        Assert.Contains("before the first byte", refused?.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("create", site.Store.Calls);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task TooMuchDataFailsAndTheMessageNamesTheOption(Served served)
    {
        Exception? fault = null;
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                BridgedSite.Map(app);
                app.MapGet("/much", (HttpContext context) => context.Session.Set("much", new byte[1000]));
                app.MapGet("/much-with-body", async (HttpContext context) =>
                {
                    context.Session.Set("much", new byte[1000]);
                    fault = await Record.ExceptionAsync(() => context.Response.WriteAsync("body"));
                    throw fault!;
                });
            },
            served,
            configure: options => options.MaxRecordBytes = 1000,
            before: app => app.UseExceptionHandler(handler => handler.Run(context =>
            {
                fault = context.Features.Get<IExceptionHandlerFeature>()?.Error;
                return Task.CompletedTask;
            })));
        string? id = await site.DoAsync("/set/key/value");

        foreach (string? visitor in new[] { id, null })
        {
            fault = null;
            using var failed = await site.SendAsync("/much", visitor);

            Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
            Assert.IsType<InvalidOperationException>(fault);
            Assert.Contains("SactSessionOptions.MaxRecordBytes", fault.Message, StringComparison.Ordinal);
            Assert.Null(failed.SentId());
        }

        if (served == Served.Kestrel)
        {
            using var late = await site.SendAsync("/much-with-body", id);
            Assert.Equal(HttpStatusCode.InternalServerError, late.StatusCode);
        }

        Assert.Equal("value", await site.TextAsync("/get/key", id));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AReexecutedRequestSeesTheValuesSetBefore(Served served)
    {
        await using var site = await BridgedSite.StartAsync(
            app =>
            {
                app.MapGet("/", void (HttpContext context) =>
                {
                    context.Session.SetString("key", "value");
                    throw new InvalidDataException("broken");
                });
                app.MapGet("/error", (HttpContext context) =>
                {
                    string? seen = context.Session.GetString("key");
                    context.Session.SetString("page", "error");
                    return $"sorry, {seen}";
                });
            },
            served,
            build: builder => builder.Services.AddRouting(),
            before: app => app.UseExceptionHandler("/error"));

        using var response = await site.SendAsync("/");

        Assert.Equal("sorry, value", await response.Content.ReadAsStringAsync());
        Assert.Equal(["$~$http.key", "$~$http.page"], await site.FieldsAsync(response.SentId()!));
        Assert.Single(response.SetCookies());
        Assert.Equal(1, site.Store.Count("create"));
    }

    [Fact]
    public async Task AnISessionOfTheApplicationIsCommitted()
    {
        var own = new ApplicationSession();
        await using var site = await BridgedSite.StartAsync(context =>
        {
            context.Session = own;
            return Task.CompletedTask;
        });

        await site.DoAsync("/");

        Assert.True(own.Committed);
        Assert.Empty(site.Store.Calls);
    }

    private sealed class ApplicationSession : ISession
    {
        public bool Committed { get; private set; }

        public bool IsAvailable => true;

        public string Id => "own";

        public IEnumerable<string> Keys => [];

        public void Clear()
        {
        }

        public Task CommitAsync(CancellationToken cancellationToken = default)
        {
            Committed = true;
            return Task.CompletedTask;
        }

        public Task LoadAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public void Remove(string key)
        {
        }

        public void Set(string key, byte[] value)
        {
        }

        public bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? value)
        {
            value = null;
            return false;
        }
    }
}
