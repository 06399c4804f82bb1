using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Sact.Session.Benchmarks;

namespace Sact.Session.Tests;

/// <summary>P1, nothing for nothing, as exact figures. The benchmark of the same pipeline prints them as a table.</summary>
[Collection(nameof(Allocations))]
[CollectionDefinition(nameof(Allocations), DisableParallelization = true)]
public sealed class Allocations
{
    private const string Cookie = "__Host-sid=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    [Theory]
    [InlineData(Work.Synchronous, 120)]
    [InlineData(Work.Yielding, 240)]
    public async Task OfARequestThatDoesNotAskStayWithinTheirLimit(Work work, double limit)
    {
        Assert.SkipWhen(
            typeof(SessionKey).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true,
            "A Debug build allocates more: its state machines are classes. tests/run builds Release.");
        await using var bare = Pipeline.Bare(Pipeline.Untouched(work));
        await using var sessions = Pipeline.WithSessions(Pipeline.Untouched(work));

        double difference = await BytesPerRequestAsync(sessions) - await BytesPerRequestAsync(bare);

        TestContext.Current.SendDiagnosticMessage($"{work}: {difference:F1} B over the bare pipeline, limit {limit}");
        Assert.InRange(difference, -1, limit);
    }

    /// <summary>The feature that would make <c>HttpContext.Session</c> if somebody asked, beside what sessions cost.</summary>
    [Theory]
    [InlineData(Work.Synchronous, 56)]
    [InlineData(Work.Yielding, 192)]
    public async Task OfHttpContextSessionStayWithinTheirsWhereNobodyAsks(Work work, double limit)
    {
        Assert.SkipWhen(
            typeof(SessionKey).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true,
            "A Debug build allocates more: its state machines are classes. tests/run builds Release.");
        await using var sessions = Pipeline.WithSessions(Pipeline.Untouched(work));
        await using var bridge = Pipeline.WithHttpContextSession(Pipeline.Untouched(work));

        double difference = await BytesPerRequestAsync(bridge) - await BytesPerRequestAsync(sessions);

        TestContext.Current.SendDiagnosticMessage($"{work}: {difference:F1} B over the pipeline with sessions, limit {limit}");
        Assert.InRange(difference, -1, limit);
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
    public async Task OfStoreCallsAreExactAndTheEmptyOnesNone(string? cookie, int calls)
    {
        ProbeStore? store = null;
        await using var untouched = Pipeline.WithSessions(Pipeline.Untouched(Work.Synchronous), _ => store = new ProbeStore(new MemoryStore()));
        await untouched.SendAsync(cookie);
        Assert.Null(store);

        await using var asking = Pipeline.WithSessions(async context => await context.GetSactSession().GetAsync(), _ => store = new ProbeStore(new MemoryStore()));
        await asking.SendAsync(cookie);

        Assert.Equal(calls, store!.Calls.Count);
        Assert.Equal(0, await store.CountActiveSessionsAsync());
    }

    private static async Task<double> BytesPerRequestAsync(Pipeline pipeline)
    {
        const int Requests = 20_000;
        for (int i = 0; i < Requests; i++)
        {
            await pipeline.SendAsync(Cookie);
        }

        // The whole process, because a yielding request goes on on another thread. The least of three, because the process does other things too.
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
