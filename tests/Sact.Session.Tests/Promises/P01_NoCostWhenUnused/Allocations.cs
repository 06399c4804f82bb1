using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Benchmarks;

namespace Sact.Session.Tests;

/// <summary>P1 in exact figures. The benchmark of the same pipeline prints them as a table.</summary>
[Collection(nameof(Allocations))]
[CollectionDefinition(nameof(Allocations), DisableParallelization = true)]
public sealed class Allocations
{
    private const string Cookie = "__Host-sid=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    [Theory]
    [InlineData(Work.Synchronous, 120)]
    [InlineData(Work.Yielding, 240)]
    public async Task OfARequestThatDoesNotUseTheSessionStayWithinTheLimit(Work work, double limit)
    {
        SkipWithoutOptimisation();
        await using var bare = Pipeline.Bare(Pipeline.Untouched(work));
        await using var sessions = Pipeline.WithSessions(Pipeline.Untouched(work));

        double difference = await BytesPerRequestAsync(sessions) - await BytesPerRequestAsync(bare);

        TestContext.Current.SendDiagnosticMessage($"{work}: {difference:F1} B over the bare pipeline, limit {limit}");
        Assert.InRange(difference, -1, limit);
    }

    /// <summary>The cost of the feature that creates <c>HttpContext.Session</c> on demand, on top of the cost of sessions.</summary>
    [Theory]
    [InlineData(Work.Synchronous, 56)]
    [InlineData(Work.Yielding, 192)]
    public async Task OfAnUnusedHttpContextSessionStayWithinTheLimit(Work work, double limit)
    {
        SkipWithoutOptimisation();
        await using var sessions = Pipeline.WithSessions(Pipeline.Untouched(work));
        await using var bridge = Pipeline.WithHttpContextSession(Pipeline.Untouched(work));

        double difference = await BytesPerRequestAsync(bridge) - await BytesPerRequestAsync(sessions);

        TestContext.Current.SendDiagnosticMessage($"{work}: {difference:F1} B over the pipeline with sessions, limit {limit}");
        Assert.InRange(difference, -1, limit);
    }

    /// <summary>
    /// What each method allocates beyond the bare pipeline. The limits are slightly above the measured values. The benchmark measures time.
    /// </summary>
    [Theory]
    [InlineData("read", 440)]
    [InlineData("read by injection", 800)]
    [InlineData("update", 1_200)]
    [InlineData("sign in", 1_850)]
    [InlineData("sign in at the cap", 2_100)]
    [InlineData("sign out", 660)]
    [InlineData("no cookie", 400)]
    public async Task OfEachMethodStayWithinTheLimit(string verb, double limit)
    {
        SkipWithoutOptimisation();
        const int Requests = 4_000;
        RequestDelegate signIn = verb == "sign in at the cap"
            ? static async context => await context.GetSactSession().SetAsync("alice", Metadata())
            : static async context => await context.GetSactSession().SetAsync(context.TraceIdentifier, Metadata());
        RequestDelegate run = verb switch
        {
            "read" => static async context => Assert.NotNull(await context.GetSactSession().GetAsync()),
            "no cookie" => static async context => Assert.Null(await context.GetSactSession().GetAsync()),
            "read by injection" => static async context =>
                Assert.NotNull(await context.RequestServices.GetRequiredService<ISession<IGenericStore>>().GetAsync()),
            "update" => static async context =>
                Assert.True(await context.GetSactSession().UpdateAsync(new JsonObject { ["theme"] = "light" })),
            "sign out" => static async context => await context.GetSactSession().DeleteAsync(),
            _ => signIn,
        };
        RequestDelegate current = signIn;
        await using var bare = Pipeline.Bare(static _ => Task.CompletedTask);
        await using var sessions = Pipeline.WithSessions(context => current(context));
        string?[] cookies = new string?[Requests];
        double least = double.MaxValue;

        // Code allocates more until it is fully compiled, and that takes time on a busy machine.
        for (int round = 0; round < 20 && least > limit; round++)
        {
            for (int i = 0; i < Requests; i++)
            {
                current = signIn;
                cookies[i] = verb switch
                {
                    "no cookie" or "sign in" or "sign in at the cap" => null,
                    "sign out" => (await sessions.SendAsync(null)).SetCookie.ToString().Split(';')[0],
                    _ => i > 0 ? cookies[0] : (await sessions.SendAsync(null)).SetCookie.ToString().Split(';')[0],
                };
            }

            current = run;
            await sessions.SendAsync(cookies[0]);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 1; i < Requests; i++)
            {
                await sessions.SendAsync(cookies[i]);
            }

            double with = GC.GetTotalAllocatedBytes(precise: true) - before;
            before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 1; i < Requests; i++)
            {
                await bare.SendAsync(cookies[i]);
            }

            least = Math.Min(least, (with - (GC.GetTotalAllocatedBytes(precise: true) - before)) / (Requests - 1));
        }

        TestContext.Current.SendDiagnosticMessage($"{verb}: {least:F1} B over the bare pipeline, limit {limit}");
        Assert.True(least > 0 && least <= limit, $"{verb} allocates {least:F1} B over the bare pipeline; the limit is {limit}.");
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("__Host-sid=", 0)]
    [InlineData("__Host-sid=short", 0)]
    [InlineData("__Host-sid=AAAA; __Host-sid=BBBB", 0)]
    [InlineData(Cookie, 1)]
    [Trait("abuse", "A1")]
    [Trait("abuse", "A2")]
    [Trait("abuse", "J1")]
    public async Task AnInvalidCookieCausesNoStoreCallAndAnUnknownIdCausesOne(string? cookie, int calls)
    {
        ProbeStore? store = null;
        await using var untouched = Pipeline.WithSessions(Pipeline.Untouched(Work.Synchronous), _ =>
            store = new ProbeStore(new MemoryStore()));
        await untouched.SendAsync(cookie);
        Assert.Null(store);

        await using var reading = Pipeline.WithSessions(
            async context => await context.GetSactSession().GetAsync(),
            _ => store = new ProbeStore(new MemoryStore()));
        await reading.SendAsync(cookie);

        Assert.Equal(calls, store!.Calls.Count);
        Assert.Equal(0, await store.CountActiveSessionsAsync());
    }

    private static JsonObject Metadata() => new() { ["name"] = "Ada", ["role"] = "admin", ["theme"] = "dark" };

    private static void SkipWithoutOptimisation() => Assert.SkipWhen(
        typeof(SessionKey).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true,
        "A Debug build allocates more: its state machines are classes. tests/run builds Release.");

    private static async Task<double> BytesPerRequestAsync(Pipeline pipeline)
    {
        const int Requests = 20_000;
        for (int i = 0; i < Requests; i++)
        {
            await pipeline.SendAsync(Cookie);
        }

        // All threads count, because a yielding request continues on another one. The least of three counts, because the process does other
        // work too.
        double least = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Requests; i++)
            {
                await pipeline.SendAsync(Cookie);
            }

            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests);
        }

        return least;
    }
}
