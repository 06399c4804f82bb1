using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>The watch over a store that reports the ends of other processes.</summary>
public sealed class ReportedSessions : IDisposable
{
    private readonly PauseClock _clock = new();
    private readonly SessionHost _host;
    private readonly Reporting _source;
    private readonly SessionWatch _watch;

    public ReportedSessions()
    {
        _host = new SessionHost(options => options.TimeProvider = _clock);
        _source = new Reporting(new PackedStore(_clock));
        _watch = new SessionWatch(_source, _host.Options.Services);
    }

    [Fact]
    public async Task EndAsSoonAsTheEndIsReported()
    {
        using var watched = await WatchAsync();
        await _source.Listening;
        await _watch.Running;
        _source.EndSilently(watched.Key);

        _source.Report(watched.Key);

        await watched.Ended.CancelledAsync();
    }

    [Fact]
    public async Task AreAllReadWhenReportsMayBeLost()
    {
        using var one = await WatchAsync();
        using var other = await WatchAsync("bob");
        await _source.Listening;
        await _watch.Running;
        _source.EndSilently(other.Key);

        _source.Report(null);

        await other.Ended.CancelledAsync();
        Assert.False(one.Ended.IsCancellationRequested);
    }

    /// <summary>What ended while nobody listened is found when the store listens again.</summary>
    [Fact]
    public async Task AreReadWhenTheStoreListensAgain()
    {
        using var watched = await WatchAsync();
        await _source.Listening;
        await _watch.Running;
        var logged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.OnLog = logging => _ = logging.Id == 52 && logged.TrySetResult();

        _source.Break(new SessionStoreException("The connection is lost."));
        await logged.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        _source.EndSilently(watched.Key);
        await _clock.Paused;
        _clock.Advance(PauseClock.Pause);

        await watched.Ended.CancelledAsync();
        Assert.Equal(1, _host.EventCount(52));
    }

    /// <summary>A server that is down for an hour is not called each second, and is in the log once.</summary>
    [Fact]
    public async Task AreListenedForAgainAfterPausesThatDoubleUpToAMinute()
    {
        _source.Refusal = new SessionStoreException("It is down.");
        using var watched = await WatchAsync();
        var pauses = new List<int>();
        for (int i = 0; i < 8; i++)
        {
            var pause = await _clock.NextPauseAsync();
            pauses.Add((int)pause.TotalSeconds);
            _source.Refusal = i == 7 ? null : _source.Refusal;
            _clock.Advance(pause);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses);
        Assert.Equal(1, _host.EventCount(52));

        // The next outage is another one.
        await _source.Listening;
        _source.Break(new SessionStoreException("The connection is lost."));
        Assert.Equal(PauseClock.Pause, await _clock.NextPauseAsync());
        Assert.Equal(2, _host.EventCount(52));
    }

    [Fact]
    public async Task ArePolledWhereTheStoreCanNeverListen()
    {
        _source.Refusal = new NotSupportedException("A pooler is between.");
        var logged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.OnLog = logging => _ = logging.Id == 52 && logged.TrySetResult();
        using var watched = await WatchAsync();
        await logged.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await _watch.Running;
        _source.EndSilently(watched.Key);

        _clock.Advance(TimeSpan.FromSeconds(5));

        await watched.Ended.CancelledAsync();
        Assert.Equal(1, _source.Attempts);
    }

    [Fact]
    public async Task AreNotListenedForAgainWhereTheStoreCanNeverListen()
    {
        _source.Refusal = new NotSupportedException("A pooler is between.");
        var logged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.OnLog = logging => _ = logging.Id == 52 && logged.TrySetResult();
        (await WatchAsync()).Dispose();
        await logged.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        // The listener stops with the last connection, and another connection follows.
        _clock.Advance(TimeSpan.FromSeconds(5));
        using var watched = await WatchAsync("bob");
        await _watch.Running;

        Assert.Equal(1, _source.Attempts);
        Assert.Equal(1, _host.EventCount(52));
    }

    [Fact]
    public async Task AreNoLongerListenedForAfterTheLastConnection()
    {
        var watched = await WatchAsync();
        await _source.Listening;
        watched.Dispose();

        _clock.Advance(TimeSpan.FromSeconds(5));

        await _source.Stopped.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _watch.Dispose();
        ((IDisposable)_host).Dispose();
    }

    private async Task<WatchedSession> WatchAsync(string user = "alice") =>
        _watch.Add(await _source.Records.SignInAsync(user), generation: 0);

    /// <summary>A clock that shows when the listener waits before its next attempt.</summary>
    private sealed class PauseClock : FakeTimeProvider
    {
        private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();

        public static TimeSpan Pause { get; } = TimeSpan.FromSeconds(1);

        public Task Paused => _paused.Task.WaitAsync(TimeSpan.FromSeconds(30));

        /// <summary>The next pause before an attempt.</summary>
        public Task<TimeSpan> NextPauseAsync() => _pauses.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _ = dueTime == Pause && _paused.TrySetResult();
            if (period == Timeout.InfiniteTimeSpan)
            {
                _pauses.Writer.TryWrite(dueTime);
            }

            return timer;
        }
    }

    /// <summary>A store whose reports the test makes.</summary>
    private sealed class Reporting(PackedStore records) : DelegatingStore(records, records), ISessionEndSource, ISessionBatchStore
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Channel<SessionKey?> _reports = Channel.CreateUnbounded<SessionKey?>();
        private int _attempts;

        public PackedStore Records => records;

        public Exception? Refusal { get; set; }

        public int Attempts => _attempts;

        public Task Listening => _listening.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public Task Stopped => _stopped.Task;

        public void Report(SessionKey? key) => _reports.Writer.TryWrite(key);

        public void Break(Exception fault)
        {
            var broken = _reports;
            _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _reports = Channel.CreateUnbounded<SessionKey?>();
            broken.Writer.Complete(fault);
        }

        /// <summary>Ends a session as another process does: the store of this one reports nothing.</summary>
        public void EndSilently(SessionKey key)
        {
            var record = SessionRecord.Unpack(key, records[key]!);
            records[key] = EndedMarker.Of(record, SessionEndReason.SignedOut, record.LastSeenAt).Pack();
        }

        public async IAsyncEnumerable<SessionKey?> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _attempts);
            if (Refusal is not null)
            {
                throw Refusal;
            }

            var reports = _reports;
            yield return null;
            _listening.TrySetResult();
            try
            {
                await foreach (var key in reports.Reader.ReadAllAsync(cancellationToken))
                {
                    yield return key;
                }
            }
            finally
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    _stopped.TrySetResult();
                }
            }
        }

        public ValueTask<IReadOnlyList<SessionLookup>> FindManyAsync(
            IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken = default) =>
            records.FindManyAsync(keys, cancellationToken);
    }
}
