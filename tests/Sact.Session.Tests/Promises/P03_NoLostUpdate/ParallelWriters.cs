namespace Sact.Session.Tests;

/// <summary>Parallel requests write to one session, and no write is lost.</summary>
public sealed class ParallelWriters
{
    [Fact]
    [Trait("abuse", "D7")]
    public async Task OfTwoFieldsBothSucceedAThousandTimesOfAThousand()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        for (int i = 0; i < 1000; i++)
        {
            // Both have read before either writes. A blind write of all fields would lose the other's field.
            var one = host.Request(id).Session;
            var other = host.Request(id).Session;
            Assert.NotNull(await one.GetAsync());
            Assert.NotNull(await other.GetAsync());

            int now = i;
            await SideBySide.RunAsync(
                async () => Assert.True(await one.UpdateAsync(new() { ["one"] = now })),
                async () => Assert.True(await other.UpdateAsync(new() { ["other"] = now })));

            var data = (await host.Request(id).Session.GetAsync())!;
            Assert.Equal((i, i), (data.Get<int>("one"), data.Get<int>("other")));
        }
    }

    [Fact]
    [Trait("abuse", "D7")]
    public async Task LoseNothingIfOneIsHeldAtTheStore()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice", new() { ["removed"] = 1 });
        var gate = new Gate();
        int updating = 0;
        host.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var slow = host.Request(id).Session.UpdateAsync(new() { ["slow"] = 1 }).AsTask();
        await gate.Reached;
        Assert.True(await host.Request(id).Session.UpdateAsync(new() { ["fast"] = 1 }));
        Assert.True(await host.Request(id).Session.RemoveAsync("removed"));
        gate.Open();

        Assert.True(await slow);
        var fields = (await host.Request(id).Session.GetAsync())!.Fields;
        Assert.Equal(["fast", "slow"], fields.Select(field => field.Key).Order());
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOneCounterAThousandTimesEachReachTwoThousand()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        await SideBySide.RunAsync(2, async _ =>
        {
            for (int i = 0; i < 1000; i++)
            {
                Assert.True(await host.Request(id).Session.ModifyAsync<int>("n", n => n + 1));
            }

            return true;
        });

        Assert.Equal(2000, (await host.Request(id).Session.GetAsync())!.Get<int>("n"));
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOneCounterThatAlwaysConflictRetryAndLoseNothing()
    {
        // Each reads before the other's write, so the held one must compute again.
        var host = new SessionHost();
        string id = await host.SeenAsync("alice", new() { ["n"] = 0 });
        int computed = 0;
        for (int i = 0; i < 200; i++)
        {
            host.Store.Before = null;
            var gate = new Gate();
            int updating = 0;
            host.Store.Before = async (verb, _) =>
            {
                if (verb == "update" && Interlocked.Increment(ref updating) == 1)
                {
                    await gate.PassAsync();
                }
            };
            var held = host.Request(id).Session.ModifyAsync<int>("n", n =>
            {
                computed++;
                return n + 1;
            }).AsTask();
            await gate.Reached;
            Assert.True(await host.Request(id).Session.ModifyAsync<int>("n", n => n + 1));
            gate.Open();
            Assert.True(await held);
        }

        Assert.Equal(400, (await host.Request(id).Session.GetAsync())!.Get<int>("n"));
        Assert.Equal(400, computed);
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOtherFieldsNeverCauseARetry()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync("alice", new() { ["n"] = 0 });
        int computed = 0;
        var held = host.Request(id).Session;

        Assert.True(await held.ModifyAsync<int>("n", n =>
        {
            computed++;
            Assert.True(host.Request(id).Session.UpdateAsync(new() { ["other"] = 1 }).AsTask().GetAwaiter().GetResult());
            return n + 1;
        }));

        Assert.Equal(1, computed);
        Assert.Equal(1, (await held.GetAsync())!.Get<int>("other"));
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOneSessionObjectMayBeAwaitedInParallel()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var session = host.Request(id).Session;

        await SideBySide.RunAsync(8, async _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                Assert.True(await session.ModifyAsync<int>("n", n => n + 1));
            }

            return true;
        });

        Assert.Equal(800, (await host.Request(id).Session.GetAsync())!.Get<int>("n"));
    }

    [Theory]
    [Trait("abuse", "D6")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AndARenewalLoseNothingWhicheverIsHeld(bool renewalHeld)
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var gate = new Gate();
        int updating = 0;
        host.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var renewing = host.Request(id);
        var writing = host.Request(id);
        var first = renewalHeld ? renewing.Session.RenewAsync().AsTask() : writing.Session.UpdateAsync(new() { ["n"] = 1 }).AsTask();
        await gate.Reached;
        Assert.True(renewalHeld ? await writing.Session.UpdateAsync(new() { ["n"] = 1 }) : await renewing.Session.RenewAsync());
        gate.Open();

        Assert.True(await first);
        Assert.Equal(1, (await host.Request(renewing.SentId).Session.GetAsync())!.Get<int>("n"));
        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "D6")]
    public async Task AndRandomRenewalsLoseNothing()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        for (int i = 0; i < 200; i++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            string? renewed = null;
            string old = id;
            int now = i;
            await SideBySide.RunAsync(4, async part =>
            {
                switch (part)
                {
                    case 0: renewed = await host.RenewAsync(old); break;
                    case 1: Assert.True(await host.Request(old).Session.UpdateAsync(new() { ["a"] = now })); break;
                    case 2: Assert.True(await host.Request(old).Session.ModifyAsync<int>("n", n => n + 1)); break;
                    default: Assert.True(await host.Request(old).Session.UpdateAsync(new() { ["b"] = now })); break;
                }

                return true;
            });
            await SideBySide.RunAsync(
                async () => Assert.Equal("alice", await host.WhoAsync(renewed)),
                async () => Assert.True(await host.Request(old).Session.ModifyAsync<int>("n", n => n + 1)));
            id = renewed!;
        }

        var data = (await host.Request(id).Session.GetAsync())!;
        Assert.Equal((199, 199, 400), (data.Get<int>("a"), data.Get<int>("b"), data.Get<int>("n")));
    }
}
