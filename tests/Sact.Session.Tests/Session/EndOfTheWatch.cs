using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>The watch over open connections: its timer, its listener, and what it survives.</summary>
public sealed class EndOfTheWatch : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly CountingClock _clock = new();
    private readonly SessionHost _host;
    private readonly SessionWatch _watch;

    public EndOfTheWatch()
    {
        _host = new SessionHost(options => options.TimeProvider = _clock);
        _watch = new SessionWatch(_host.Store, _host.Options.Services);
    }

    [Fact]
    public async Task RefusesAConnectionThatOpensAfterIt()
    {
        var record = await SignInAsync();
        _watch.Dispose();

        Assert.Throws<ObjectDisposedException>(() => _watch.Add(record, record.Generation));
    }

    [Fact]
    public async Task StopsItsTimerAndReadsNothingMore()
    {
        var record = await SignInAsync();
        _watch.Add(record, record.Generation);
        await _watch.Running;
        Assert.Equal(1, _clock.Timers);
        _host.Store.Reset();

        _watch.Dispose();
        _watch.Hint(null);
        _watch.Hint(record.Key);
        _clock.Advance(s_interval * 3);
        await _watch.Running;

        Assert.Equal(0, _clock.Timers);
        Assert.Empty(_host.Store.Calls);
    }

    [Fact]
    public async Task OfTheLastConnectionStopsTheTimerAndTheNextOneStartsAnother()
    {
        var record = await SignInAsync();
        _watch.Add(record, record.Generation).Dispose();
        await _watch.Running;
        _clock.Advance(s_interval);
        Assert.Equal(0, _clock.Timers);

        using var next = _watch.Add(record, record.Generation);
        await _watch.Running;

        Assert.Equal(1, _clock.Timers);
    }

    /// <summary>Whoever reports an end has a trace and a log scope, which the reads of other sessions must not carry.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadsTheStoreWithoutTheContextOfWhoeverReportsAnEnd(bool isSuppressed)
    {
        var record = await SignInAsync();
        using var watched = _watch.Add(record, record.Generation);
        await _watch.Running;
        var scope = new AsyncLocal<string?>();
        string? seen = "nothing was read";
        _host.Store.Before = (_, _) =>
        {
            seen = scope.Value;
            return default;
        };

        scope.Value = "of the reporter";
        if (isSuppressed)
        {
            using (ExecutionContext.SuppressFlow())
            {
                _watch.Hint(watched.Key);
            }
        }
        else
        {
            _watch.Hint(watched.Key);
        }

        await _watch.Running;
        Assert.Null(seen);
    }

    [Fact]
    public async Task IsNotBroughtByAStoreThatBreaksTheContract()
    {
        var store = new Silent(new PackedStore(_clock));
        using var watch = new SessionWatch(store, _host.Options.Services);
        using var watched = watch.Add(await store.Records.SignInAsync(), generation: 0);
        await watch.Running;
        Assert.Equal(1, _host.EventCount(12));

        store.Answers = true;
        store.Records[watched.Key] = EndedMarker.Of(
            SessionRecord.Unpack(watched.Key, store.Records[watched.Key]!), SessionEndReason.SignedOut, _clock.GetUtcNow()).Pack();
        watch.Hint(null);

        await watched.Ended.CancelledAsync();
    }

    /// <summary>The others would wait for the same store, so one read is enough until the next interval.</summary>
    [Fact]
    public async Task ReadsOneBatchWhereTheStoreDoesNotAnswer()
    {
        var records = new PackedStore(_clock);
        var store = new Silent(records) { Answers = true };
        using var watch = new SessionWatch(store, _host.Options.Services);
        var all = new List<WatchedSession>();
        for (int i = 0; i < 600; i++)
        {
            all.Add(watch.Add(await records.SignInAsync($"user {i}"), generation: 0));
        }

        await watch.Running;
        store.Fault = new SessionStoreException("It is down.");
        store.Reads = 0;
        watch.Hint(null);
        await watch.Running;

        Assert.Equal(1, store.Reads);
        Assert.DoesNotContain(all, static watched => watched.Ended.IsCancellationRequested);
    }

    [Fact]
    public async Task ClosesAConnectionWhoseSessionAloneCannotBeRead()
    {
        var (broken, well) = (await SignInAsync(), await SignInAsync("bob"));
        using var one = _watch.Add(broken, broken.Generation);
        using var other = _watch.Add(well, well.Generation);
        await _watch.Running;
        _host.Store.Substitute = (key, record) => key == broken.Key ? throw new SessionStoreException("A newer format.") : record;

        for (int i = 0; i < 13; i++)
        {
            _clock.Advance(s_interval);
            await _watch.Running;
        }

        await one.Ended.CancelledAsync();
        Assert.False(other.Ended.IsCancellationRequested);
        Assert.Equal(1, _watch.Count);
    }

    [Fact]
    public async Task CountsTheSilenceOfTheStoreFromItsLastAnswer()
    {
        var record = await SignInAsync();
        using var watched = _watch.Add(record, record.Generation);
        await _watch.Running;
        for (int i = 0; i < 24; i++)
        {
            // One answer in the middle of two minutes.
            _host.Store.Before = i == 11 ? null : static (_, _) => throw new SessionStoreException("It is down.");
            _clock.Advance(s_interval);
            await _watch.Running;
        }

        Assert.False(watched.Ended.IsCancellationRequested);
        Assert.Equal(0, _host.EventCount(51));
    }

    [Fact]
    public async Task ReadsAtMost16SessionsAtOnceWhereTheStoreReadsOneByOne()
    {
        var all = new List<WatchedSession>();
        for (int i = 0; i < 40; i++)
        {
            var record = await SignInAsync($"user {i}");
            all.Add(_watch.Add(record, record.Generation));
        }

        await _watch.Running;
        int now = 0, most = 0, reads = 0;
        var gate = new Gate();
        _host.Store.Before = async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            _ = Interlocked.Increment(ref reads) == 16 ? Task.Run(gate.Open, CancellationToken.None) : Task.CompletedTask;
            await gate.PassAsync();
            Interlocked.Decrement(ref now);
        };
        _watch.Hint(null);
        await _watch.Running;

        Assert.Equal((16, 40), (most, reads));
    }

    [Fact]
    public async Task LogsTheSessionAndTheReasonOfAConnectionThatCloses()
    {
        var record = await SignInAsync();
        using var watched = _watch.Add(record, record.Generation);
        await _host.Memory.EndAsync(record, SessionEndReason.Administrator, TestContext.Current.CancellationToken);
        _watch.Hint(record.Key);
        await watched.Ended.CancelledAsync();

        Assert.Equal(
            [$"Session {record.Key} has ended (Administrator). Its open connections on this node close."],
            _host.Events.Where(static logged => logged.Id.Id == 50).Select(static logged => logged.Message));
    }

    public void Dispose()
    {
        _watch.Dispose();
        ((IDisposable)_host).Dispose();
    }

    private async Task<SessionRecord> SignInAsync(string user = "alice") => (await _host.RecordOf(await _host.SignInAsync(user)))!;

    /// <summary>A clock that knows how many timers it has.</summary>
    private sealed class CountingClock() : FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
        private int _timers;

        /// <summary>The periodic timers that were not disposed of.</summary>
        public int Timers => _timers;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (period <= TimeSpan.Zero)
            {
                return timer;
            }

            Interlocked.Increment(ref _timers);
            return new Counted(timer, () => Interlocked.Decrement(ref _timers));
        }

        private sealed class Counted(ITimer timer, Action disposed) : ITimer
        {
            private int _isDisposed;

            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                timer.Dispose();
                if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
                {
                    disposed();
                }
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }

    /// <summary>A store whose reads of many have no result, or fail, until they answer.</summary>
    private sealed class Silent(PackedStore records) : DelegatingStore(records, records), ISessionBatchStore
    {
        public PackedStore Records => records;

        public bool Answers { get; set; }

        public Exception? Fault { get; set; }

        public int Reads { get; set; }

        public ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
            IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken = default)
        {
            Reads++;
            return Fault is not null ? throw Fault
                : Answers ? records.FindManyAsync(keys, cancellationToken)
                : new(default(IReadOnlyList<SessionLookup>)!);
        }
    }
}
