using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Sact.Session.Tests;

/// <summary>The watch over a store that reports the ends of other processes.</summary>
public sealed class ReportedSessions : IDisposable
{
    private readonly SessionHost _host = new();
    private readonly Reporting _source;
    private readonly SessionWatch _watch;

    public ReportedSessions()
    {
        _source = new Reporting(_host.Clock);
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
        await _source.AdvanceUntilListeningAsync(_host.Clock);

        await watched.Ended.CancelledAsync();
        Assert.Equal(1, _host.EventCount(52));
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

        _host.Clock.Advance(TimeSpan.FromSeconds(5));

        await watched.Ended.CancelledAsync();
        Assert.Equal(1, _source.Attempts);
    }

    [Fact]
    public async Task AreNoLongerListenedForAfterTheLastConnection()
    {
        var watched = await WatchAsync();
        await _source.Listening;
        watched.Dispose();

        _host.Clock.Advance(TimeSpan.FromSeconds(5));

        await _source.Stopped.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _watch.Dispose();
        ((IDisposable)_host).Dispose();
    }

    private async Task<WatchedSession> WatchAsync(string user = "alice") =>
        _watch.Add(await _source.Records.SignInAsync(user), generation: 0);

    /// <summary>A store whose reports the test makes.</summary>
    private sealed class Reporting(Microsoft.Extensions.Time.Testing.FakeTimeProvider clock) : ISessionEndSource, ISessionBatchStore
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Channel<SessionKey?> _reports = Channel.CreateUnbounded<SessionKey?>();
        private int _attempts;

        public PackedStore Records { get; } = new(clock);

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

        /// <summary>Moves the clock until the pause before the next attempt has begun and is over.</summary>
        public async Task AdvanceUntilListeningAsync(Microsoft.Extensions.Time.Testing.FakeTimeProvider time)
        {
            while (!_listening.Task.IsCompleted)
            {
                time.Advance(TimeSpan.FromMilliseconds(500));
                await Task.Yield();
            }
        }

        /// <summary>Ends a session as another process does: the store of this one reports nothing.</summary>
        public void EndSilently(SessionKey key)
        {
            var record = SessionRecord.Unpack(key, Records[key]!);
            Records[key] = EndedMarker.Of(record, SessionEndReason.SignedOut, clock.GetUtcNow()).Pack();
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
            Records.FindManyAsync(keys, cancellationToken);

        public string CreateSessionId(string? userId = null) => Records.CreateSessionId(userId);

        public SessionKey GetSessionKey(string sessionId) => Records.GetSessionKey(sessionId);

        public string GetReferenceKey(string userId) => Records.GetReferenceKey(userId);

        public ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
            Records.GetAsync(key, cancellationToken);

        public ValueTask<SessionCreation> CreateAsync(
            SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
            Records.CreateAsync(session, cap, cancellationToken);

        public ValueTask<SessionUpdate> UpdateAsync(
            SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
            Records.UpdateAsync(session, change, cancellationToken);

        public ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
            Records.DeleteAsync(session, cancellationToken);

        public IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default) =>
            Records.GetActiveSessionsAsync(userId, cancellationToken);

        public ValueTask<long> DeleteActiveSessionsAsync(
            string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
            Records.DeleteActiveSessionsAsync(userId, except, cancellationToken);

        public ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => Records.ClearAsync(cancellationToken);

        public ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
            Records.CountActiveSessionsAsync(cancellationToken);
    }
}
