namespace Sact.Session.Tests;

/// <summary>Parallel renewals all succeed, one of them sends a cookie, and nobody is signed out.</summary>
[Trait("abuse", "D5")]
[Trait("abuse", "C12")]
[Trait("abuse", "C12g")]
public sealed class ParallelRenewals
{
    [Fact]
    public async Task HeldBeforeTheStoreSendExactlyOneCookie()
    {
        const int Many = 8;
        var host = new SessionHost();
        string id = await host.SeenAsync();

        // All requests have read the record before any of them proposes a new id.
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int arrived = 0;
        host.Store.Before = async (verb, _) =>
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

        var exchanges = await SideBySide.RunAsync(Many, async _ =>
        {
            var exchange = host.Request(id);
            Assert.True(await exchange.Session.RenewAsync());
            return exchange;
        });

        host.Store.Before = null;
        string renewed = Assert.Single(exchanges.Select(exchange => exchange.SentId).OfType<string>());
        Assert.Equal("alice", await host.WhoAsync(id));
        Assert.Equal("alice", await host.WhoAsync(renewed));
        Assert.Equal("alice", await host.WhoAsync(id));
        Assert.All(exchanges, exchange => Assert.Null(Record.Exception(() => exchange.Session.SetCookie())));
    }

    [Fact]
    public async Task InRandomRacesSendExactlyOneCookie()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        for (int round = 0; round < 200; round++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            string old = id;

            string?[] sent = await SideBySide.RunAsync(6, _ => host.RenewAsync(old));

            id = Assert.Single(sent.OfType<string>());
            Assert.Equal("alice", await host.WhoAsync(old));
            Assert.Equal("alice", await host.WhoAsync(id));
            Assert.Equal("alice", await host.WhoAsync(old));
        }

        Assert.Equal((0, 0), (host.EventCount(3), host.EventCount(4)));
    }

    [Fact]
    public async Task DuringAPromotionSendNoSecondCookie()
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
        var slow = host.Request(id);
        var renewing = slow.Session.RenewAsync().AsTask();
        await gate.Reached;
        string renewed = await host.RotateAsync(id);
        gate.Open();

        Assert.True(await renewing);
        Assert.Null(slow.SentId);
        Assert.Equal("alice", await host.WhoAsync(renewed));
    }

    [Fact]
    public async Task AndTheirPromotionsSignNobodyOut()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        for (int round = 0; round < 200; round++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            string old = id;
            string renewed = (await host.RenewAsync(id))!;

            // The first page after a renewal: images, scripts, and late requests with the old id.
            string?[] who = await SideBySide.RunAsync(8, i => host.WhoAsync(i % 3 == 0 ? old : renewed));

            Assert.All(who, user => Assert.Equal("alice", user));
            id = renewed;
        }

        Assert.Equal(200, host.Events.Count(logged => logged.Id.Id == 10 && logged.Message.Contains("Promote", StringComparison.Ordinal)));
    }
}
