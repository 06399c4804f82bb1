namespace Sact.Session.Tests;

/// <summary>Sessions that have expired in the memory store, and when it destroys them.</summary>
public sealed class ExpiredSessionsInMemory
{
    private static readonly TimeSpan s_idle = TimeSpan.FromHours(1);

    [Fact]
    public async Task AreDestroyedAFewAtATimeByCreations()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        for (int i = 0; i < 400; i++)
        {
            await host.SignInAsync($"old {i:000}");
        }

        long bytes = host.Memory.SizeInBytes;
        host.Clock.Advance(s_idle + SessionRecord.SkewMargin);

        // Each creation checks four sessions, so a full round takes at most a quarter as many creations as there are sessions.
        for (int i = 0; i < 150; i++)
        {
            await host.SignInAsync($"new {i:000}");
        }

        Assert.Equal(bytes / 400 * 150, host.Memory.SizeInBytes);
        Assert.Equal(150, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "G1")]
    public async Task AreDestroyedTheSkewMarginAfterTheirDeadlineAndNotBefore()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        for (int i = 0; i < 25; i++)
        {
            await host.SignInAsync($"user {i}");
        }

        host.Clock.Advance(s_idle + SessionRecord.SkewMargin - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await host.Memory.DeleteExpiredAsync(1_000));
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        long destroyed = 0;
        for (int i = 0; i < 4; i++)
        {
            long now = await host.Memory.DeleteExpiredAsync(10);
            Assert.InRange(now, 0, 10);
            destroyed += now;
        }

        Assert.Equal((25, 0), (destroyed, host.Memory.SizeInBytes));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("batch", () => host.Memory.DeleteExpiredAsync(0).AsTask());
    }

    [Fact]
    [Trait("abuse", "G4")]
    public async Task AreAbsentFromEveryMethodBeforeTheirCleanup()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        string id = await host.SignInAsync();
        var key = host.Memory.GetSessionKey(id);
        var record = (await host.Memory.GetAsync(key))!;
        host.Clock.Advance(s_idle);

        Assert.Null(await host.Memory.GetAsync(key));
        Assert.Equal(
            SessionUpdateStatus.Gone,
            (await host.Memory.UpdateAsync(record, new SessionChange { Touch = new SessionTouch(host.Clock.GetUtcNow()) })).Status);
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
        Assert.Empty(await List(host.Memory, "alice"));
        Assert.True(host.Memory.SizeInBytes > 0);
        Assert.False(await host.Memory.DeleteAsync(record));

        // Ending it still removes it.
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    [Fact]
    public async Task AreReplacedByANewSessionUnderTheSameKey()
    {
        var host = new SessionHost(options => options.FirstUseTimeout = s_idle);
        string id = await host.SignInAsync("alice");
        host.Store.MakeId = _ => id;
        host.Clock.Advance(s_idle);

        var exchange = host.Request();
        await exchange.Session.SetAsync("bob");

        Assert.Equal("bob", await host.WhoAsync(exchange.SentId));
        Assert.Empty(await List(host.Memory, "alice"));
        await host.Request(exchange.SentId).Session.DeleteAsync();
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    internal static async Task<List<SessionRecord>> List(MemoryStore store, string userId)
    {
        var records = new List<SessionRecord>();
        await foreach (var record in store.GetActiveSessionsAsync(userId))
        {
            records.Add(record);
        }

        return records;
    }
}
