namespace Sact.Session.Tests;

/// <summary>Of parallel renewals one sends a cookie, all succeed, and nobody is signed out.</summary>
[Trait("abuse", "D5")]
[Trait("abuse", "C12")]
[Trait("abuse", "C12g")]
public sealed class ParallelRenewals
{
    [Fact]
    public async Task HeldTogetherBeforeTheStoreSendExactlyOneCookie()
    {
        const int Many = 8;
        var bed = new Bed();
        string id = await bed.SeenAsync();

        // All have read the record as it was before any proposes.
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int arrived = 0;
        bed.Store.Before = async (verb, _) =>
        {
            if (verb == "update")
            {
                if (Interlocked.Increment(ref arrived) == Many)
                {
                    all.SetResult();
                }

                await all.Task.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
            }
        };

        var exchanges = await SecretsBed.SideBySide(Many, async _ =>
        {
            var exchange = bed.Request(id);
            Assert.True(await exchange.Session.RenewAsync());
            return exchange;
        });

        bed.Store.Before = null;
        string renewed = Assert.Single(exchanges.Select(exchange => exchange.SentId).OfType<string>());
        Assert.Equal("alice", await bed.WhoAsync(id));
        Assert.Equal("alice", await bed.WhoAsync(renewed));
        Assert.Equal("alice", await bed.WhoAsync(id));
        Assert.All(exchanges, exchange => Assert.Null(Record.Exception(() => exchange.Session.SetCookie())));
    }

    [Fact]
    public async Task AtRandomSendExactlyOneCookie()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        for (int round = 0; round < 200; round++)
        {
            bed.Clock.Advance(TimeSpan.FromMinutes(1));
            string old = id;

            string?[] sent = await SecretsBed.SideBySide(6, _ => bed.RenewAsync(old));

            id = Assert.Single(sent.OfType<string>());
            Assert.Equal("alice", await bed.WhoAsync(old));
            Assert.Equal("alice", await bed.WhoAsync(id));
            Assert.Equal("alice", await bed.WhoAsync(old));
        }

        Assert.Equal((0, 0), (bed.EventCount(3), bed.EventCount(4)));
    }

    [Fact]
    public async Task MeetingThePromotionOfOneOfThemSendNoSecondCookie()
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
        var slow = bed.Request(id);
        var renewing = slow.Session.RenewAsync().AsTask();
        await gate.Reached;
        string renewed = await bed.RotateAsync(id);
        gate.Open();

        Assert.True(await renewing);
        Assert.Null(slow.SentId);
        Assert.Equal("alice", await bed.WhoAsync(renewed));
    }

    [Fact]
    public async Task ArrivingPromotionsAtRandomSignNobodyOut()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        for (int round = 0; round < 200; round++)
        {
            bed.Clock.Advance(TimeSpan.FromMinutes(1));
            string old = id;
            string renewed = (await bed.RenewAsync(id))!;

            // The first page after a renewal: images, scripts, and requests still in flight with the old id.
            string?[] who = await SecretsBed.SideBySide(8, i => bed.WhoAsync(i % 3 == 0 ? old : renewed));

            Assert.All(who, user => Assert.Equal("alice", user));
            id = renewed;
        }

        Assert.Equal(200, bed.Events.Count(logged => logged.Id.Id == 10 && logged.Message.Contains("Promote", StringComparison.Ordinal)));
    }
}
