using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Stores.Tests;

/// <summary>What a call does while the server is known to be down, by a time that only the test moves.</summary>
[Trait("abuse", "K24")]
public sealed class PostgreSqlServerThatIsDown
{
    private readonly FakeTimeProvider _time = new();
    private readonly PostgreSqlCircuitBreaker _breaker;
    private Func<Task> _probe = static () => Task.FromException(new SessionStoreException("refused"));
    private int _probes;

    public PostgreSqlServerThatIsDown() => _breaker = new PostgreSqlCircuitBreaker(
        (_, _) =>
        {
            Interlocked.Increment(ref _probes);
            return _probe();
        },
        new PostgreSqlFaults("db.test:5432"),
        NullLogger.Instance,
        _time);

    [Fact]
    public async Task FailsEveryCallAtOnceFromTheSecondOn()
    {
        GoDown(new SessionStoreException("refused"));
        await Assert.ThrowsAsync<SessionStoreException>(EnterAsync);
        Assert.Equal(1, _probes);

        for (int i = 0; i < 1000; i++)
        {
            var call = EnterAsync();
            Assert.True(call.IsFaulted, "A later call waited for the server.");
            var fault = await Assert.ThrowsAsync<SessionStoreException>(() => call);
            Assert.Contains("refused", fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, _probes);
    }

    [Fact]
    public async Task IsProbedByOneCallAtATimeAndLessAndLessOften()
    {
        GoDown(new SessionStoreException("refused"));
        TimeSpan[] pauses = [.. ((int[])[0, 20, 40, 80, 160, 320, 640, 1000, 1000]).Select(ms => TimeSpan.FromMilliseconds(ms))];
        for (int i = 0; i < pauses.Length; i++)
        {
            if (i > 0)
            {
                _time.Advance(pauses[i] - TimeSpan.FromTicks(1));
                Assert.True(EnterAsync().IsFaulted);
                Assert.Equal(i, _probes);
                _time.Advance(TimeSpan.FromTicks(1));
            }

            var calls = Enumerable.Range(0, 50).Select(_ => EnterAsync()).ToArray();
            await Assert.ThrowsAsync<SessionStoreException>(() => Task.WhenAll(calls));
            Assert.Equal(i + 1, _probes);
        }
    }

    [Fact]
    public async Task LetsEveryCallPassWithItsFirstAnswer()
    {
        GoDown(new SessionStoreException("refused"));
        await Assert.ThrowsAsync<SessionStoreException>(EnterAsync);
        _probe = static () => Task.CompletedTask;
        _time.Advance(TimeSpan.FromMilliseconds(20));

        await EnterAsync();

        Assert.True(EnterAsync().IsCompletedSuccessfully);
        Assert.Equal(2, _probes);
    }

    [Fact]
    public async Task DelaysACallForAMomentOnlyWhereItHangs()
    {
        var hanging = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        _probe = () =>
        {
            begun.SetResult();
            return hanging.Task;
        };
        GoDown(new SessionStoreException("silent", new TimeoutException()));
        var call = EnterAsync();
        Assert.False(call.IsCompleted);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));

        _time.Advance(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAsync<SessionStoreException>(() => call);
        Assert.True(EnterAsync().IsFaulted, "A later call waited for the server.");
        Assert.Equal(1, _probes);
        hanging.SetResult();
    }

    /// <summary>One call of many may lack a connection, while the server answers the others.</summary>
    [Fact]
    public async Task IsNotOneThatHasAnsweredSinceTheCallBegan()
    {
        var call = _breaker.Begin();
        _breaker.Answered();

        _breaker.NotConnected(call, new SessionStoreException("refused"));

        await EnterAsync();
        Assert.Equal(0, _probes);
    }

    private Task EnterAsync() => _breaker.EnterAsync(CancellationToken.None).AsTask();

    private void GoDown(SessionStoreException cause) => _breaker.NotConnected(_breaker.Begin(), cause);
}
