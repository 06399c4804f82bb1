namespace Sact.Session.Tests;

/// <summary>The exact instants at which sessions end.</summary>
public sealed class Deadlines
{
    private static readonly TimeSpan s_instant = TimeSpan.FromMilliseconds(1);

    [Fact]
    [Trait("abuse", "G1")]
    public async Task TheIdleTimeoutEndsTheSessionExactly()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        host.Clock.Advance(TimeSpan.FromDays(7) - s_instant);
        Assert.NotNull(await host.RecordOf(id));
        host.Clock.Advance(s_instant);
        Assert.Null(await host.RecordOf(id));
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "G1")]
    public async Task TheFirstUseTimeoutEndsTheSessionExactly()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();

        host.Clock.Advance(TimeSpan.FromHours(1) - s_instant);
        Assert.NotNull(await host.RecordOf(id));
        host.Clock.Advance(s_instant);
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "G1")]
    [Trait("abuse", "G5")]
    public async Task TheAbsoluteTimeoutEndsTheSessionExactlyHoweverOftenItIsUsed()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        for (int day = 1; day < 28; day++)
        {
            host.Clock.Advance(TimeSpan.FromDays(1));
            Assert.NotNull(await host.WhoAsync(id));
        }

        host.Clock.Advance(TimeSpan.FromDays(1) - s_instant);
        var last = await host.Request(id).Session.GetAsync();
        Assert.Equal(last!.CreatedAt + TimeSpan.FromDays(28), last.ExpiresAt);
        host.Clock.Advance(s_instant);
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "G5")]
    public async Task ATouchFromAClockFarAheadNeverPassesTheAbsoluteDeadline()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var record = (await host.RecordOf(id))!;

        var outcome = await host.Memory.UpdateAsync(
            record, new SessionChange { Touch = new SessionTouch(host.Clock.GetUtcNow() + TimeSpan.FromDays(1000)) });

        Assert.Equal(record.AbsoluteDeadline, outcome.Record!.ExpiresAt);
        Assert.Equal(record.AbsoluteDeadline, outcome.Record.LastSeenAt);
    }

    [Fact]
    [Trait("abuse", "G6")]
    public async Task ThrottledTouchesEndNoSessionEarlierThanTouchIntervalBeforeItsTime()
    {
        // The session is used at random moments. After the last one it lives for at least the idle timeout minus the touch interval.
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var host = new SessionHost(options => options.IdleTimeout = TimeSpan.FromHours(2));
            var interval = TimeSpan.FromMinutes(6);
            string id = await host.SeenAsync();
            var seen = host.Clock.GetUtcNow();
            for (int i = 0; i < 40; i++)
            {
                host.Clock.Advance(TimeSpan.FromSeconds(random.Next(1200)));
                seen = host.Clock.GetUtcNow();
                Assert.NotNull(await host.WhoAsync(id));
            }

            var record = (await host.RecordOf(id))!;
            Assert.True(seen - record.LastSeenAt < interval, $"Seed {seed}: seen at {seen}, stored as {record.LastSeenAt}.");
            host.Clock.Advance(TimeSpan.FromHours(2) - interval);
            Assert.NotNull(await host.RecordOf(id));
            host.Clock.SetUtcNow(seen + TimeSpan.FromHours(2));
            Assert.Null(await host.RecordOf(id));
        }
    }

    [Theory]
    [Trait("abuse", "G4")]
    [InlineData("idle")]
    [InlineData("first use")]
    [InlineData("absolute")]
    public async Task AnExpiredSessionIsRefusedByEveryMethodBeforeItsCleanup(string which)
    {
        var host = new SessionHost(options => options.IdleTimeout = which == "absolute" ? TimeSpan.FromDays(28) : TimeSpan.FromDays(7));
        string id = which == "first use" ? await host.SignInAsync() : await host.SeenAsync();
        var record = (await host.RecordOf(id))!;
        host.Clock.SetUtcNow(record.ExpiresAt);
        string other = await host.SeenAsync();
        Assert.True(host.Memory.SizeInBytes > 448 + 100);

        Assert.Null(await host.Memory.GetAsync(record.Key));
        Assert.Equal(
            SessionUpdateStatus.Gone,
            (await host.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(host.Clock.GetUtcNow()) })).Status);
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
        await foreach (var listed in host.Memory.GetActiveSessionsAsync("alice"))
        {
            Assert.Equal(host.Memory.GetSessionKey(other), listed.Key);
        }

        Assert.Null(await host.Request(id).Session.GetAnyAsync());
        Assert.False(await host.Request(id).Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.False(await host.Request(id).Session.RenewAsync());
        Assert.Equal(0, await host.Request(id).Session.DeleteOtherSessionsAsync());
        Assert.False(await host.Request(other).Session.DeleteSessionAsync(record.Key));
        Assert.Equal(0, await host.Request(other).Session.DeleteOtherSessionsAsync());
        Assert.False(await host.Memory.DeleteAsync(record));
        Assert.Equal("alice", await host.WhoAsync(other));
    }

    [Fact]
    [Trait("abuse", "G4")]
    public async Task ASessionThatExpiresDuringItsRequestIsRefused()
    {
        var host = new SessionHost();
        var slow = host.Request(await host.SeenAsync());
        Assert.NotNull(await slow.Session.GetAsync());
        host.Clock.Advance(TimeSpan.FromDays(7));

        Assert.Null(await slow.Session.GetAsync());
        Assert.False(await slow.Session.UpdateAsync(new() { ["n"] = 1 }));
    }

    [Fact]
    [Trait("abuse", "G4")]
    public async Task TheCoreRefusesAnExpiredRecordEvenIfTheStoreReturnsIt()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();
        var record = (await host.RecordOf(id))!;
        host.Store.Substitute = (_, _) => record;
        host.Clock.SetUtcNow(record.ExpiresAt);

        Assert.Null(await host.WhoAsync(id));
    }
}
