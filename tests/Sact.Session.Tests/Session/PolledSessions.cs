namespace Sact.Session.Tests;

/// <summary>The watch over a store that reports no ends: it reads the sessions of open connections every <c>WatchInterval</c>.</summary>
public sealed class PolledSessions : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly SessionHost _host = new();
    private readonly SessionWatch _watch;

    public PolledSessions() => _watch = new SessionWatch(_host.Store, _host.Options.Services);

    [Fact]
    public async Task AreSeenToHaveEndedAtTheNextPoll()
    {
        using var watched = await WatchAsync(await _host.SignInAsync());
        await PollAsync();
        await _host.Memory.ClearAsync(TestContext.Current.CancellationToken);

        _host.Clock.Advance(s_interval);

        await watched.Ended.CancelledAsync();
    }

    [Theory]
    [InlineData(SessionEndReason.Administrator)]
    [InlineData(SessionEndReason.CredentialsChanged)]
    public async Task KnowWhyTheyHaveEnded(SessionEndReason reason)
    {
        using var watched = await WatchAsync(await _host.SignInAsync());
        await _host.Memory.EndActiveSessionsAsync("alice", null, reason, TestContext.Current.CancellationToken);

        _host.Clock.Advance(s_interval);

        await watched.Ended.CancelledAsync();
        Assert.Equal(reason, watched.Reason);
    }

    [Fact]
    public async Task EndWhenTheyExpire()
    {
        using var watched = await WatchAsync(await _host.SeenAsync());

        _host.Clock.Advance(_host.Options.IdleTimeout);

        await watched.Ended.CancelledAsync();
        Assert.Equal(SessionEndReason.Expired, watched.Reason);
    }

    [Fact]
    public async Task EndAtTheExpiryThatTheSchemeHasSet()
    {
        string id = await _host.SeenAsync();
        using var watched = await WatchAsync(id);
        var now = _host.Clock.GetUtcNow();
        var expiry = new SchemeExpiry(now + (2 * s_interval), 2 * s_interval);
        await _host.Store.UpdateAsync((await _host.RecordOf(id))!, new SessionChange { Set = expiry.Field() });
        _host.Clock.Advance(s_interval);
        await PollAsync();
        Assert.False(watched.Ended.IsCancellationRequested);

        _host.Clock.Advance(s_interval);

        await watched.Ended.CancelledAsync();
        Assert.Equal(SessionEndReason.Expired, watched.Reason);
    }

    /// <summary>The store was read before the request replaced its id at once, and the answer came after that.</summary>
    [Fact]
    public async Task LiveIfAnAnswerFromBeforeTheReplacementComesLate()
    {
        string id = await _host.SeenAsync();
        using var watched = await WatchAsync(id);
        var before = (await _host.RecordOf(id))!;
        watched.ExpectReplacement();
        watched.Follow(before.Generation + 1);

        Assert.True(Lives(before));
        Assert.True(Lives(before with { Generation = before.Generation + 1 }));
        Assert.False(Lives(before with { Generation = before.Generation + 2 }));
        Assert.False(Lives(before with { Generation = before.Generation - 1 }));

        bool Lives(SessionRecord record) => watched.Lives(new SessionLookup(record), _host.Clock.GetUtcNow());
    }

    [Fact]
    public async Task AreNotReadWithoutAConnection()
    {
        var watched = await WatchAsync(await _host.SignInAsync());
        await PollAsync();
        watched.Dispose();
        _host.Store.Reset();

        _host.Clock.Advance(s_interval * 20);

        Assert.Equal(0, _watch.Count);
        Assert.Empty(_host.Store.Calls);
    }

    [Fact]
    public async Task AreWatchedForEachConnectionOnItsOwn()
    {
        string id = await _host.SignInAsync();
        var first = await WatchAsync(id);
        var second = await WatchAsync(id);
        var third = await WatchAsync(id);
        Assert.Equal(3, _watch.Count);

        second.Dispose();
        second.Dispose();
        Assert.Equal(2, _watch.Count);
        await _host.Memory.ClearAsync(TestContext.Current.CancellationToken);
        _host.Clock.Advance(s_interval);

        await first.Ended.CancelledAsync();
        await third.Ended.CancelledAsync();
        Assert.False(second.Ended.IsCancellationRequested);
        Assert.Equal(0, _watch.Count);
    }

    /// <summary>A push for a session that lives has no effect, and a flood of them costs one round of reads at a time.</summary>
    [Fact]
    public async Task SurviveAFloodOfHints()
    {
        using var watched = await WatchAsync(await _host.SignInAsync());
        await PollAsync();
        var gate = new Gate();
        int reads = 0;
        _host.Store.Before = async (_, _) =>
        {
            Interlocked.Increment(ref reads);
            await gate.PassAsync();
        };

        _watch.Hint(watched.Key);
        await gate.Reached;
        for (int i = 0; i < 100_000; i++)
        {
            _watch.Hint(watched.Key);
            _watch.Hint(_host.Memory.GetSessionKey(_host.Memory.CreateSessionId("nobody")));
        }

        Assert.Equal(1, Volatile.Read(ref reads));
        gate.Open();
        await _watch.Running;
        Assert.False(watched.Ended.IsCancellationRequested);
        Assert.Equal(2, Volatile.Read(ref reads));
    }

    [Fact]
    public async Task StayOpenWhileTheStoreIsDownForLessThanTwelveIntervals()
    {
        using var watched = await WatchAsync(await _host.SignInAsync());
        await PollAsync();
        _host.Store.Before = static (_, _) => throw new SessionStoreException("It is down.");

        for (int i = 0; i < 12; i++)
        {
            await NextIntervalAsync();
        }

        Assert.False(watched.Ended.IsCancellationRequested);
        _host.Store.Before = null;
        await PollAsync();
        Assert.False(watched.Ended.IsCancellationRequested);
        Assert.Equal(0, _host.EventCount(51));
    }

    [Fact]
    public async Task CloseWhenTheStoreHasNotAnsweredForTwelveIntervals()
    {
        using var one = await WatchAsync(await _host.SignInAsync());
        using var other = await WatchAsync(await _host.SignInAsync("bob"));
        await PollAsync();
        _host.Store.Before = static (_, _) => throw new SessionStoreException("It is down.");

        for (int i = 0; i < 13; i++)
        {
            await NextIntervalAsync();
        }

        await one.Ended.CancelledAsync();
        await other.Ended.CancelledAsync();
        Assert.Null(one.Reason);
        Assert.Equal(1, _host.EventCount(51));
    }

    [Fact]
    public async Task AreReadInBatchesOf256()
    {
        var store = new PackedStore(_host.Clock);
        using var watch = new SessionWatch(store, _host.Options.Services);
        var all = new List<WatchedSession>();
        for (int i = 0; i < 600; i++)
        {
            all.Add(watch.Add(await store.SignInAsync($"user {i}"), generation: 0));
        }

        await watch.Running;
        store.Batches.Clear();
        var ended = SessionRecord.Unpack(all[300].Key, store[all[300].Key]!);
        store[ended.Key] = EndedMarker.Of(ended, SessionEndReason.SignedOut, _host.Clock.GetUtcNow()).Pack();
        _host.Clock.Advance(s_interval);
        await watch.Running;

        await all[300].Ended.CancelledAsync();
        Assert.Equal(599, all.Count(watched => !watched.Ended.IsCancellationRequested));
        Assert.Equal([88, 256, 256], store.Batches.Order());
    }

    public void Dispose()
    {
        _watch.Dispose();
        ((IDisposable)_host).Dispose();
    }

    private async Task<WatchedSession> WatchAsync(string id)
    {
        var record = (await _host.RecordOf(id))!;
        return _watch.Add(record, record.Generation);
    }

    /// <summary>Reads all sessions, and returns when they were judged.</summary>
    private async Task PollAsync()
    {
        _watch.Hint(null);
        await _watch.Running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    /// <summary>Lets an interval pass, and returns when the sessions were read and judged.</summary>
    private async Task NextIntervalAsync()
    {
        _host.Clock.Advance(s_interval);
        await _watch.Running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
