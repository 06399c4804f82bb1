namespace Sact.Session.Tests;

/// <summary>When a session ends, to the instant.</summary>
public sealed class Deadlines
{
    private static readonly TimeSpan s_instant = TimeSpan.FromMilliseconds(1);

    [Fact]
    [Trait("abuse", "G1")]
    public async Task TheIdleOneIsExactlyExpired()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        bed.Clock.Advance(TimeSpan.FromDays(7) - s_instant);
        Assert.NotNull(await bed.RecordOf(id));
        bed.Clock.Advance(s_instant);
        Assert.Null(await bed.RecordOf(id));
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "G1")]
    public async Task TheOneBeforeFirstUseIsExactlyExpired()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();

        bed.Clock.Advance(TimeSpan.FromHours(1) - s_instant);
        Assert.NotNull(await bed.RecordOf(id));
        bed.Clock.Advance(s_instant);
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "G1")]
    [Trait("abuse", "G5")]
    public async Task TheAbsoluteOneIsExactlyExpiredHoweverOftenTheSessionIsSeen()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        for (int day = 1; day < 28; day++)
        {
            bed.Clock.Advance(TimeSpan.FromDays(1));
            Assert.NotNull(await bed.WhoAsync(id));
        }

        bed.Clock.Advance(TimeSpan.FromDays(1) - s_instant);
        var last = await bed.Request(id).Session.GetAsync();
        Assert.Equal(last!.CreatedAt + TimeSpan.FromDays(28), last.ExpiresAt);
        bed.Clock.Advance(s_instant);
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "G5")]
    public async Task ATouchFromAClockFarAheadNeverPassesTheAbsoluteOne()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var record = (await bed.RecordOf(id))!;

        var outcome = await bed.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(bed.Clock.GetUtcNow() + TimeSpan.FromDays(1000)) });

        Assert.Equal(record.AbsoluteDeadline, outcome.Record!.ExpiresAt);
        Assert.Equal(record.AbsoluteDeadline, outcome.Record.LastSeenAt);
    }

    [Fact]
    [Trait("abuse", "G6")]
    public async Task ThrottledTouchingEndsNoSessionEarlierThanTheIntervalBeforeItsTime()
    {
        // At random moments a session is seen; from the last one it lives at least the idle timeout less the touch interval.
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var bed = new Bed(options => options.IdleTimeout = TimeSpan.FromHours(2));
            var interval = TimeSpan.FromMinutes(6);
            string id = await bed.SeenAsync();
            var seen = bed.Clock.GetUtcNow();
            for (int i = 0; i < 40; i++)
            {
                bed.Clock.Advance(TimeSpan.FromSeconds(random.Next(1200)));
                seen = bed.Clock.GetUtcNow();
                Assert.NotNull(await bed.WhoAsync(id));
            }

            var record = (await bed.RecordOf(id))!;
            Assert.True(seen - record.LastSeenAt < interval, $"Seed {seed}: seen at {seen}, noted at {record.LastSeenAt}.");
            bed.Clock.Advance(TimeSpan.FromHours(2) - interval);
            Assert.NotNull(await bed.RecordOf(id));
            bed.Clock.SetUtcNow(seen + TimeSpan.FromHours(2));
            Assert.Null(await bed.RecordOf(id));
        }
    }

    [Theory]
    [Trait("abuse", "G4")]
    [InlineData("idle")]
    [InlineData("first use")]
    [InlineData("absolute")]
    public async Task PassedButNotSweptIsRefusedByEveryMethod(string which)
    {
        var bed = new Bed(options => options.IdleTimeout = which == "absolute" ? TimeSpan.FromDays(28) : TimeSpan.FromDays(7));
        string id = which == "first use" ? await bed.SignInAsync() : await bed.SeenAsync();
        var record = (await bed.RecordOf(id))!;
        bed.Clock.SetUtcNow(record.ExpiresAt);
        string other = await bed.SeenAsync();
        Assert.True(bed.Memory.SizeInBytes > 448 + 100);

        Assert.Null(await bed.Memory.GetAsync(record.Key));
        Assert.Equal(SessionUpdateStatus.Gone, (await bed.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(bed.Clock.GetUtcNow()) })).Status);
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
        await foreach (var listed in bed.Memory.GetActiveSessionsAsync("alice"))
        {
            Assert.Equal(bed.Memory.GetSessionKey(other), listed.Key);
        }

        Assert.Null(await bed.Request(id).Session.GetAnyAsync());
        Assert.False(await bed.Request(id).Session.UpdateAsync(new() { ["n"] = 1 }));
        Assert.False(await bed.Request(id).Session.RenewAsync());
        Assert.Equal(0, await bed.Request(id).Session.DeleteOtherSessionsAsync());
        Assert.False(await bed.Request(other).Session.DeleteSessionAsync(record.Key));
        Assert.Equal(0, await bed.Request(other).Session.DeleteOtherSessionsAsync());
        Assert.False(await bed.Memory.DeleteAsync(record));
        Assert.Equal("alice", await bed.WhoAsync(other));
    }

    [Fact]
    [Trait("abuse", "G4")]
    public async Task PassedWhileTheRequestRanIsNotServedFromWhatWasRemembered()
    {
        var bed = new Bed();
        var slow = bed.Request(await bed.SeenAsync());
        Assert.NotNull(await slow.Session.GetAsync());
        bed.Clock.Advance(TimeSpan.FromDays(7));

        Assert.Null(await slow.Session.GetAsync());
        Assert.False(await slow.Session.UpdateAsync(new() { ["n"] = 1 }));
    }

    [Fact]
    [Trait("abuse", "G4")]
    public async Task PassedIsHonouredByTheCoreEvenIfAStoreAnswersWithTheDead()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();
        var record = (await bed.RecordOf(id))!;
        bed.Store.Substitute = (_, _) => record;
        bed.Clock.SetUtcNow(record.ExpiresAt);

        Assert.Null(await bed.WhoAsync(id));
    }
}
