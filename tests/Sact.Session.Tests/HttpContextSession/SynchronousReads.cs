using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// Endpoints that read <c>HttpContext.Session</c> synchronously, over a store that answers later. Each such read blocks a thread, and a
/// burst of them leaves no thread for the answers.
/// </summary>
public sealed class SynchronousReads
{
    public static TheoryData<Served, bool> Sites => new()
    {
        { Served.TestServer, true }, { Served.TestServer, false }, { Served.Kestrel, true }, { Served.Kestrel, false },
    };

    [Theory]
    [MemberData(nameof(Sites))]
    [Trait("abuse", "K30")]
    public async Task OfTwoHundredRequestsAtOnceAreAllAnswered(Served served, bool hasEndpoints)
    {
        await using var site = await StartAsync(served, hasEndpoints);
        string[] ids = new string[200];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = (await site.DoAsync($"/login/{i}"))!;
        }

        // No read is answered before all of them have begun. If each one held a thread, the pool would have none left for the last.
        var gate = new Gate();
        int begun = 0;
        site.Store.Before = (verb, _) =>
        {
            if (verb == "get" && Interlocked.Increment(ref begun) == ids.Length)
            {
                gate.Open();
            }

            return gate.PassAsync();
        };
        var answers = await Task.WhenAll(ids.Select(id => Task.Run(async () =>
        {
            using var answer = await site.SendAsync("/read", id);
            return answer.StatusCode;
        })));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    [Trait("abuse", "K30")]
    public async Task AreDoneBeforeTheEndpointFromTheSecondRequestOn(Served served, bool hasEndpoints)
    {
        int entered = 0;
        await using var site = await StartAsync(served, hasEndpoints, onRead: () => Interlocked.Increment(ref entered));
        string id = await SignInAsync(site);
        var gate = new Gate();
        site.Store.Before = (_, _) => gate.PassAsync();
        entered = 0;

        var answer = site.TextAsync("/read", id);
        await gate.Reached;
        int enteredBefore = entered;
        gate.Open();

        Assert.Equal("value", await answer);
        Assert.Equal((0, 1), (enteredBefore, entered));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task CostOneReadOfTheStoreWhereverTheyAreDone(Served served, bool hasEndpoints)
    {
        await using var site = await StartAsync(served, hasEndpoints);
        string id = await SignInAsync(site);

        await ReadSlowlyAsync(site, id);

        Assert.Equal(["get"], site.Store.Calls);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task OfOneEndpointCostTheOthersNothing(Served served, bool hasEndpoints)
    {
        await using var site = await StartAsync(served, hasEndpoints);
        string id = await SignInAsync(site);

        Assert.Equal("idle", await site.TextAsync("/idle", id));
        Assert.Equal("idle", await site.TextAsync("/idle", id));

        Assert.Empty(site.Store.Calls);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("not an id")]
    public async Task OfARequestWithoutAnIdCostNothing(string? id)
    {
        await using var site = await StartAsync(Served.TestServer, true);
        await SignInAsync(site);

        Assert.Equal("nothing", await site.TextAsync("/read", id));

        Assert.Empty(site.Store.Calls);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task ThatDoNotComeAreNotDoneASecondTime(Served served, bool hasEndpoints)
    {
        bool reads = true;
        await using var site = await StartAsync(served, hasEndpoints, readsNow: () => reads);
        string id = await SignInAsync(site);
        reads = false;

        await ReadSlowlyAsync(site, id);
        Assert.Equal(["get"], site.Store.Calls);
        await ReadSlowlyAsync(site, id);
        Assert.Equal(["get"], site.Store.Calls);
    }

    [Fact]
    public async Task OfAStoreThatAnswersAtOnceStayWhereTheyAre()
    {
        int entered = 0;
        await using var site = await StartAsync(Served.TestServer, true, onRead: () => entered++);
        string id = (await site.DoAsync("/login/alice"))!;
        Assert.Equal("value", await site.TextAsync("/read", id));
        int enteredBefore = 0;
        site.Store.Before = (_, _) =>
        {
            enteredBefore = entered;
            return default;
        };

        Assert.Equal("value", await site.TextAsync("/read", id));

        Assert.Equal(2, enteredBefore);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    [Trait("abuse", "K30")]
    public async Task ThatFailAreA503OnlyWhereTheyAreNeeded(Served served, bool hasEndpoints)
    {
        bool reads = true;
        await using var site = await StartAsync(served, hasEndpoints, readsNow: () => reads);
        string id = await SignInAsync(site);
        site.Store.Before = static async (_, _) =>
        {
            await Task.Yield();
            throw new InvalidOperationException("down");
        };

        using (var needed = await site.SendAsync("/read", id))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, needed.StatusCode);
        }

        Assert.Equal(["get"], site.Store.Calls);
        reads = false;
        Assert.Equal("no read", await site.TextAsync("/read", id));
    }

    /// <summary>Signs in, and reads once on a thread that waits for the store.</summary>
    private static async Task<string> SignInAsync(Site site)
    {
        string id = (await site.DoAsync("/login/alice"))!;
        site.Store.Before = static (verb, _) => verb == "get" ? OnceBlocked(Thread.CurrentThread) : default;
        Assert.Equal("value", await site.TextAsync("/read", id));
        site.Store.Before = null;
        site.Store.Reset();
        return id;
    }

    internal static ValueTask OnceBlocked(Thread caller) => new(Task.Factory.StartNew(
        () => Assert.True(SpinWait.SpinUntil(() => caller.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(30))),
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default));

    /// <summary>A request whose reads of the store do not answer at once.</summary>
    private static async Task ReadSlowlyAsync(Site site, string id)
    {
        site.Store.Before = static async (_, _) => await Task.Yield();
        using var answer = await site.SendAsync("/read", id);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        site.Store.Before = null;
    }

    private static Task<Site> StartAsync(
        Served served,
        bool hasEndpoints,
        Action? onRead = null,
        Func<bool>? readsNow = null)
    {
        static async Task Login(HttpContext context)
        {
            await context.GetSactSession().SetAsync(context.Request.Path.Value!["/login/".Length..]);
            context.Session.SetString("key", "value");
        }

        Task Read(HttpContext context)
        {
            onRead?.Invoke();
            return context.Response.WriteAsync(
                readsNow?.Invoke() != false ? context.Session.GetString("key") ?? "nothing" : "no read");
        }

        static Task Idle(HttpContext context) => context.Response.WriteAsync("idle");

        // With endpoints, routing runs before the session middleware, as WebApplication has it. Without, the middleware sees none.
        return Site.StartAsync(
            app =>
            {
                if (hasEndpoints)
                {
                    app.MapGet("/login/{user}", (RequestDelegate)Login);
                    app.MapGet("/read", (RequestDelegate)Read);
                    app.MapGet("/idle", (RequestDelegate)Idle);
                    return;
                }

                app.Run(context => context.Request.Path.Value switch
                {
                    "/read" => Read(context),
                    "/idle" => Idle(context),
                    _ => Login(context),
                });
            },
            build: builder => builder.Services.AddSactSession().AddHttpContextSession(),
            served: served,
            explicitRouting: false);
    }
}
