using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>The clock is adjusted while sessions are live.</summary>
public sealed class ClockAdjustments
{
    private static readonly TimeSpan s_afterIdle = TimeSpan.FromDays(7) + SessionRecord.SkewMargin;

    [Fact]
    [Trait("abuse", "G2")]
    public async Task AForwardJumpDestroysNothingAndSessionsReturnWhenItIsCorrected()
    {
        var (host, clock) = WithJumpingClock();
        string id = await host.SeenAsync();
        long size = host.Memory.SizeInBytes;

        clock.Jump(TimeSpan.FromDays(365));
        Assert.Null(await host.WhoAsync(id));
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
        Assert.Equal(0, await host.Memory.DeleteExpiredAsync(1000));
        for (int i = 0; i < 50; i++)
        {
            // Creating a session also cleans up a little.
            await host.Request().Session.SetAsync($"user{i}");
        }

        Assert.Equal(0, await host.Memory.DeleteExpiredAsync(1000));
        Assert.True(host.Memory.SizeInBytes > size);
        Assert.Equal(1, host.EventCount(19));

        clock.Jump(-TimeSpan.FromDays(365));
        Assert.Equal("alice", await host.WhoAsync(id));
        Assert.Single(await host.Request(id).Session.GetActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "G2")]
    public async Task AForwardJumpEndsNoSessionByTheCap()
    {
        var (host, clock) = WithJumpingClock(options => options.MaxSessionsPerUser = 2);
        string[] ids = [await host.SeenAsync(), await host.SeenAsync()];
        clock.Jump(TimeSpan.FromDays(365));
        await host.SignInAsync();
        await host.SignInAsync();
        clock.Jump(-TimeSpan.FromDays(365));

        Assert.Equal(["alice", "alice"], await Task.WhenAll(ids.Select(host.WhoAsync)));
    }

    [Fact]
    [Trait("abuse", "G2")]
    public async Task PassingTimeDestroysExpiredSessions()
    {
        // Otherwise the two facts above would also hold for a cleanup that never does anything.
        var (host, _) = WithJumpingClock();
        await host.SeenAsync();
        host.Clock.Advance(s_afterIdle - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await host.Memory.DeleteExpiredAsync(1000));

        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await host.Memory.DeleteExpiredAsync(1000));
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    [Theory]
    [Trait("abuse", "G7")]
    [InlineData("sign out")]
    [InlineData("end everywhere")]
    [InlineData("replay")]
    [InlineData("cap")]
    [InlineData("cleanup")]
    public async Task ABackwardJumpRevivesNothingThatWasEnded(string end)
    {
        var (host, clock) = WithJumpingClock(options => options.MaxSessionsPerUser = 1);
        string old = await host.SeenAsync();
        string id = await host.RotateAsync(old);
        host.Clock.Advance(TimeSpan.FromMinutes(11));
        switch (end)
        {
            case "sign out": await host.Request(id).Session.DeleteAsync(); break;
            case "end everywhere": await host.Request(id).Session.DeleteAllSessionsAsync(); break;
            case "replay": Assert.Null(await host.WhoAsync(old)); break;
            case "cap": await host.SignInAsync(); break;
            default:
                host.Clock.Advance(s_afterIdle);
                Assert.Equal(1, await host.Memory.DeleteExpiredAsync(1000));
                break;
        }

        foreach (double minutes in new[] { 1, 10.5, 30, 60 * 24 * 8 })
        {
            clock.Jump(-TimeSpan.FromMinutes(minutes));
            Assert.Null(await host.WhoAsync(id));
            Assert.Null(await host.WhoAsync(old));
            Assert.Null(await host.RecordOf(id));
        }
    }

    [Fact]
    [Trait("abuse", "G7")]
    public async Task ABackwardJumpMovesNoRecordBack()
    {
        var (host, clock) = WithJumpingClock(options => options.TouchInterval = TimeSpan.Zero);
        string id = await host.SeenAsync();
        var seen = (await host.RecordOf(id))!;
        clock.Jump(-TimeSpan.FromMinutes(30));

        await host.WhoAsync(id);
        await host.Memory.UpdateAsync(seen, new SessionChange { Touch = new SessionTouch(clock.GetUtcNow()) });

        Assert.Equal(seen.LastSeenAt, (await host.RecordOf(id))!.LastSeenAt);
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task ATouchThatACleanupOvertakesRevivesNothing()
    {
        // The touch found the session live when it read the clock long ago. The cleanup runs before its write.
        var (host, clock) = WithJumpingClock();
        string id = await host.SeenAsync();
        var record = (await host.RecordOf(id))!;
        long destroyed = 0;
        clock.AfterNextRead = () =>
        {
            host.Clock.Advance(s_afterIdle);
            destroyed = host.Memory.DeleteExpiredAsync(1000).AsTask().GetAwaiter().GetResult();
        };

        var seenAt = host.Clock.GetUtcNow().AddSeconds(1);
        var touch = await host.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(seenAt) });

        Assert.Equal(1, destroyed);
        Assert.Equal(SessionUpdateStatus.Gone, touch.Status);
        Assert.Null(await host.RecordOf(id));
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task AClockAheadByTheSkewMarginDestroysNothingThatAnotherNodeStillAccepts()
    {
        var (host, clock) = WithJumpingClock();
        string id = await host.SeenAsync();
        host.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMilliseconds(1));

        clock.Jump(SessionRecord.SkewMargin);
        Assert.Null(await host.WhoAsync(id));
        Assert.Equal(0, await host.Memory.DeleteExpiredAsync(1000));

        clock.Jump(-SessionRecord.SkewMargin);
        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "D9")]
    public async Task RandomCleanupsAndTouchesDestroyOnlyExpiredSessions()
    {
        var host = new SessionHost(options => (options.IdleTimeout, options.TouchInterval) = (TimeSpan.FromMinutes(30), TimeSpan.Zero));
        for (int round = 0; round < 200; round++)
        {
            string[] ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => host.SeenAsync($"user{round}-{i}")));
            host.Clock.Advance(TimeSpan.FromMinutes(29));
            bool[] touched = new bool[ids.Length];

            // Time passes the first deadline and its margin while half of the sessions are being used.
            await SideBySide.RunAsync(
                async () =>
                {
                    for (int minute = 0; minute < 20; minute++)
                    {
                        host.Clock.Advance(TimeSpan.FromMinutes(1));
                        await host.Memory.DeleteExpiredAsync(1000);
                    }
                },
                async () =>
                {
                    for (int i = 0; i < ids.Length; i += 2)
                    {
                        touched[i] = await host.WhoAsync(ids[i]) is not null;
                    }
                });

            for (int i = 0; i < ids.Length; i++)
            {
                // A used session was seen at minute 29 at the earliest, so it is valid until at least minute 59. Now it is minute 49.
                Assert.Equal(touched[i] ? $"user{round}-{i}" : null, await host.WhoAsync(ids[i]));
            }

            await host.Memory.DeleteExpiredAsync(1000);
            await host.Memory.ClearAsync();
        }

        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    /// <summary>A host whose store and core read a clock that can be set.</summary>
    private static (SessionHost Host, JumpingClock Clock) WithJumpingClock(Action<SactSessionOptions>? configure = null)
    {
        // The store is created first. The core reads the same clock.
        JumpingClock? clock = null;
        var host = new SessionHost(
            options =>
            {
                options.TimeProvider = clock;
                configure?.Invoke(options);
            },
            options => options.TimeProvider = clock = new JumpingClock((FakeTimeProvider)options.TimeProvider!));
        return (host, clock!);
    }
}
