namespace Sact.Session.Tests;

/// <summary>Requests of one session that write at once: nothing is lost.</summary>
public sealed class ParallelWriters
{
    [Fact]
    [Trait("abuse", "D7")]
    public async Task OfTwoFieldsBothLandAThousandTimesOfAThousand()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        for (int i = 0; i < 1000; i++)
        {
            // Both have read before either writes: a blind write of the whole would lose the other's field.
            var one = bed.Request(id).Session;
            var other = bed.Request(id).Session;
            Assert.NotNull(await one.GetAsync());
            Assert.NotNull(await other.GetAsync());

            int now = i;
            await SecretsBed.SideBySide(
                async () => Assert.True(await one.UpdateAsync(new() { ["one"] = now })),
                async () => Assert.True(await other.UpdateAsync(new() { ["other"] = now })));

            var data = (await bed.Request(id).Session.GetAsync())!;
            Assert.Equal((i, i), (data.Get<int>("one"), data.Get<int>("other")));
        }
    }

    [Fact]
    [Trait("abuse", "D7")]
    public async Task OneOfWhichWasHeldAtTheStoreLoseNothing()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice", new() { ["removed"] = 1 });
        var gate = new Gate();
        int updating = 0;
        bed.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var slow = bed.Request(id).Session.UpdateAsync(new() { ["slow"] = 1 }).AsTask();
        await gate.Reached;
        Assert.True(await bed.Request(id).Session.UpdateAsync(new() { ["fast"] = 1 }));
        Assert.True(await bed.Request(id).Session.RemoveAsync("removed"));
        gate.Open();

        Assert.True(await slow);
        var fields = (await bed.Request(id).Session.GetAsync())!.Fields;
        Assert.Equal(["fast", "slow"], fields.Select(field => field.Key).Order());
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOneCounterAThousandTimesEachComeToTwoThousand()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        await SecretsBed.SideBySide(2, async _ =>
        {
            for (int i = 0; i < 1000; i++)
            {
                Assert.True(await bed.Request(id).Session.ModifyAsync<int>("n", n => n + 1));
            }

            return true;
        });

        Assert.Equal(2000, (await bed.Request(id).Session.GetAsync())!.Get<int>("n"));
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOneCounterThatAlwaysMeetRetryAndLoseNothing()
    {
        // Each of the two reads before the other's write: the one held has to compute again.
        var bed = new Bed();
        string id = await bed.SeenAsync("alice", new() { ["n"] = 0 });
        int computed = 0;
        for (int i = 0; i < 200; i++)
        {
            bed.Store.Before = null;
            var gate = new Gate();
            int updating = 0;
            bed.Store.Before = async (verb, _) =>
            {
                if (verb == "update" && Interlocked.Increment(ref updating) == 1)
                {
                    await gate.PassAsync();
                }
            };
            var held = bed.Request(id).Session.ModifyAsync<int>("n", n =>
            {
                computed++;
                return n + 1;
            }).AsTask();
            await gate.Reached;
            Assert.True(await bed.Request(id).Session.ModifyAsync<int>("n", n => n + 1));
            gate.Open();
            Assert.True(await held);
        }

        Assert.Equal(400, (await bed.Request(id).Session.GetAsync())!.Get<int>("n"));
        Assert.Equal(400, computed);
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOtherFieldsNeverMakeAModificationRetry()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync("alice", new() { ["n"] = 0 });
        int computed = 0;
        var held = bed.Request(id).Session;

        Assert.True(await held.ModifyAsync<int>("n", n =>
        {
            computed++;
            Assert.True(bed.Request(id).Session.UpdateAsync(new() { ["other"] = 1 }).AsTask().GetAwaiter().GetResult());
            return n + 1;
        }));

        Assert.Equal(1, computed);
        Assert.Equal(1, (await held.GetAsync())!.Get<int>("other"));
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task OfOneSessionObjectMayBeAwaitedSideBySide()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var session = bed.Request(id).Session;

        await SecretsBed.SideBySide(8, async _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                Assert.True(await session.ModifyAsync<int>("n", n => n + 1));
            }

            return true;
        });

        Assert.Equal(800, (await bed.Request(id).Session.GetAsync())!.Get<int>("n"));
    }

    [Theory]
    [Trait("abuse", "D6")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AndARenewalLoseNothingWhicheverIsHeld(bool renewalHeld)
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var gate = new Gate();
        int updating = 0;
        bed.Store.Before = async (verb, _) =>
        {
            if (verb == "update" && Interlocked.Increment(ref updating) == 1)
            {
                await gate.PassAsync();
            }
        };
        var renewing = bed.Request(id);
        var writing = bed.Request(id);
        var first = renewalHeld ? renewing.Session.RenewAsync().AsTask() : writing.Session.UpdateAsync(new() { ["n"] = 1 }).AsTask();
        await gate.Reached;
        Assert.True(renewalHeld ? await writing.Session.UpdateAsync(new() { ["n"] = 1 }) : await renewing.Session.RenewAsync());
        gate.Open();

        Assert.True(await first);
        Assert.Equal(1, (await bed.Request(renewing.SentId).Session.GetAsync())!.Get<int>("n"));
        Assert.Equal("alice", await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "D6")]
    public async Task RenewalsAndPromotionsAtRandomLoseNothing()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        for (int i = 0; i < 200; i++)
        {
            bed.Clock.Advance(TimeSpan.FromMinutes(1));
            string? renewed = null;
            string old = id;
            int now = i;
            await SecretsBed.SideBySide(4, async part =>
            {
                switch (part)
                {
                    case 0: renewed = await bed.RenewAsync(old); break;
                    case 1: Assert.True(await bed.Request(old).Session.UpdateAsync(new() { ["a"] = now })); break;
                    case 2: Assert.True(await bed.Request(old).Session.ModifyAsync<int>("n", n => n + 1)); break;
                    default: Assert.True(await bed.Request(old).Session.UpdateAsync(new() { ["b"] = now })); break;
                }

                return true;
            });
            await SecretsBed.SideBySide(
                async () => Assert.Equal("alice", await bed.WhoAsync(renewed)),
                async () => Assert.True(await bed.Request(old).Session.ModifyAsync<int>("n", n => n + 1)));
            id = renewed!;
        }

        var data = (await bed.Request(id).Session.GetAsync())!;
        Assert.Equal((199, 199, 400), (data.Get<int>("a"), data.Get<int>("b"), data.Get<int>("n")));
    }
}
