using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>Clocks that are set while sessions live.</summary>
public sealed class Clocks
{
    private static readonly TimeSpan s_afterIdle = TimeSpan.FromDays(7) + SessionRecord.SkewMargin;

    [Fact]
    [Trait("abuse", "G2")]
    public async Task ThatJumpForwardsDestroyNothingAndSetRightEverythingLivesAgain()
    {
        var (bed, clock) = Jumpy();
        string id = await bed.SeenAsync();
        long size = bed.Memory.SizeInBytes;

        clock.Jump(TimeSpan.FromDays(365));
        Assert.Null(await bed.WhoAsync(id));
        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync());
        Assert.Equal(0, await bed.Memory.DeleteExpiredAsync(1000));
        for (int i = 0; i < 50; i++)
        {
            // Creating sweeps a little, too.
            await bed.Request().Session.SetAsync($"user{i}");
        }

        Assert.Equal(0, await bed.Memory.DeleteExpiredAsync(1000));
        Assert.True(bed.Memory.SizeInBytes > size);
        Assert.Equal(1, bed.EventCount(19));

        clock.Jump(-TimeSpan.FromDays(365));
        Assert.Equal("alice", await bed.WhoAsync(id));
        Assert.Single(await bed.Request(id).Session.GetActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "G2")]
    public async Task ThatJumpForwardsDoNotEndSessionsByTheCap()
    {
        var (bed, clock) = Jumpy(options => options.MaxSessionsPerUser = 2);
        string[] ids = [await bed.SeenAsync(), await bed.SeenAsync()];
        clock.Jump(TimeSpan.FromDays(365));
        await bed.SignInAsync();
        await bed.SignInAsync();
        clock.Jump(-TimeSpan.FromDays(365));

        Assert.Equal(["alice", "alice"], await Task.WhenAll(ids.Select(bed.WhoAsync)));
    }

    [Fact]
    [Trait("abuse", "G2")]
    public async Task ThatRunOnAreBelievedAndTheDeadAreDestroyed()
    {
        // Otherwise the two facts above would hold for a sweep that never does anything.
        var (bed, _) = Jumpy();
        await bed.SeenAsync();
        bed.Clock.Advance(s_afterIdle - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await bed.Memory.DeleteExpiredAsync(1000));

        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await bed.Memory.DeleteExpiredAsync(1000));
        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    [Theory]
    [Trait("abuse", "G7")]
    [InlineData("sign out")]
    [InlineData("end everywhere")]
    [InlineData("replay")]
    [InlineData("cap")]
    [InlineData("sweep")]
    public async Task ThatAreSetBackReviveNothingThatWasEnded(string end)
    {
        var (bed, clock) = Jumpy(options => options.MaxSessionsPerUser = 1);
        string old = await bed.SeenAsync();
        string id = await bed.RotateAsync(old);
        bed.Clock.Advance(TimeSpan.FromMinutes(11));
        switch (end)
        {
            case "sign out": await bed.Request(id).Session.DeleteAsync(); break;
            case "end everywhere": await bed.Request(id).Session.DeleteAllSessionsAsync(); break;
            case "replay": Assert.Null(await bed.WhoAsync(old)); break;
            case "cap": await bed.SignInAsync(); break;
            default:
                bed.Clock.Advance(s_afterIdle);
                Assert.Equal(1, await bed.Memory.DeleteExpiredAsync(1000));
                break;
        }

        foreach (double minutes in new[] { 1, 10.5, 30, 60 * 24 * 8 })
        {
            clock.Jump(-TimeSpan.FromMinutes(minutes));
            Assert.Null(await bed.WhoAsync(id));
            Assert.Null(await bed.WhoAsync(old));
            Assert.Null(await bed.RecordOf(id));
        }
    }

    [Fact]
    [Trait("abuse", "G7")]
    public async Task ThatAreSetBackMoveNoRecordBack()
    {
        var (bed, clock) = Jumpy(options => options.TouchInterval = TimeSpan.Zero);
        string id = await bed.SeenAsync();
        var seen = (await bed.RecordOf(id))!;
        clock.Jump(-TimeSpan.FromMinutes(30));

        await bed.WhoAsync(id);
        await bed.Memory.UpdateAsync(seen, new SessionChange { Touch = new SessionTouch(clock.GetUtcNow()) });

        Assert.Equal(seen.LastSeenAt, (await bed.RecordOf(id))!.LastSeenAt);
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task LookedAtByATouchThatIsOvertakenByTheSweepReviveNothing()
    {
        // The touch has found the session alive, by a look at the clock long ago; the sweep comes before its write.
        var (bed, clock) = Jumpy();
        string id = await bed.SeenAsync();
        var record = (await bed.RecordOf(id))!;
        long swept = 0;
        clock.AfterNextLook = () =>
        {
            bed.Clock.Advance(s_afterIdle);
            swept = bed.Memory.DeleteExpiredAsync(1000).AsTask().GetAwaiter().GetResult();
        };

        var touch = await bed.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(bed.Clock.GetUtcNow()) });

        Assert.Equal(1, swept);
        Assert.Equal(SessionUpdateStatus.Gone, touch.Status);
        Assert.Null(await bed.RecordOf(id));
        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task AheadByTheWholeMarginDestroyNothingThatAnotherNodeStillSees()
    {
        var (bed, clock) = Jumpy();
        string id = await bed.SeenAsync();
        bed.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMilliseconds(1));

        clock.Jump(SessionRecord.SkewMargin);
        Assert.Null(await bed.WhoAsync(id));
        Assert.Equal(0, await bed.Memory.DeleteExpiredAsync(1000));

        clock.Jump(-SessionRecord.SkewMargin);
        Assert.Equal("alice", await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task RunningOnWhileSweepsAndTouchesMeetAtRandomDestroyOnlyTheDead()
    {
        var bed = new Bed(options => (options.IdleTimeout, options.TouchInterval) = (TimeSpan.FromMinutes(30), TimeSpan.Zero));
        for (int round = 0; round < 200; round++)
        {
            string[] ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => bed.SeenAsync($"user{round}-{i}")));
            bed.Clock.Advance(TimeSpan.FromMinutes(29));
            bool[] touched = new bool[ids.Length];

            // Time runs over the first deadline and its margin while half of them are being seen.
            await SecretsBed.SideBySide(
                async () =>
                {
                    for (int minute = 0; minute < 20; minute++)
                    {
                        bed.Clock.Advance(TimeSpan.FromMinutes(1));
                        await bed.Memory.DeleteExpiredAsync(1000);
                    }
                },
                async () =>
                {
                    for (int i = 0; i < ids.Length; i += 2)
                    {
                        touched[i] = await bed.WhoAsync(ids[i]) is not null;
                    }
                });

            for (int i = 0; i < ids.Length; i++)
            {
                // Seen at minute 29 at the earliest, so good until 59 at least; now it is 49.
                Assert.Equal(touched[i] ? $"user{round}-{i}" : null, await bed.WhoAsync(ids[i]));
            }

            await bed.Memory.DeleteExpiredAsync(1000);
            await bed.Memory.ClearAsync();
        }

        Assert.Equal(0, bed.Memory.SizeInBytes);
    }

    /// <summary>A bed whose store and core look at a clock that can be set.</summary>
    private static (Bed Bed, JumpyClock Clock) Jumpy(Action<SactSessionOptions>? configure = null)
    {
        // The store is made first; both look at the clock made for it.
        JumpyClock? clock = null;
        var bed = new Bed(
            options =>
            {
                options.TimeProvider = clock;
                configure?.Invoke(options);
            },
            options => options.TimeProvider = clock = new JumpyClock((FakeTimeProvider)options.TimeProvider!));
        return (bed, clock!);
    }
}
