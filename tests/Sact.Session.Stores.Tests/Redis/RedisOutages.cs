using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// What calls do while there is no connection. The time by which they wait does not move until the test moves it, so that a call which
/// waits is seen to wait, and one which does not has ended when it returns. The client's attempts to reconnect are real.
/// </summary>
public sealed class RedisConnectionLost
{
    private const int Many = 200;
    private const int Reached = 124;
    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "K24")]
    public async Task IsWaitedForForASecondAndThenEveryCallFailsAtOnce(bool shared)
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        var time = new FakeTimeProvider();
        await using var connection = shared ? await ConnectionMultiplexer.ConnectAsync(proxy.Configuration) : null;
        await using var store = Open(proxy, time, connection);
        var session = NewSession(store);
        await store.CreateAsync(session);
        time.Advance(TimeSpan.FromMinutes(1));
        await CutAsync(proxy, store);

        var waiting = Reads(store, session);
        time.Advance(RedisConnector.Patience - TimeSpan.FromMilliseconds(1));
        Assert.All(waiting, read => Assert.False(read.IsCompleted));
        time.Advance(TimeSpan.FromMilliseconds(1));
        foreach (var read in waiting)
        {
            IsNamed(await Assert.ThrowsAsync<SessionStoreException>(() => read), proxy);
        }

        int attempts = proxy.Accepted;
        var since = Stopwatch.StartNew();
        for (int i = 0; i < 5 * Many; i++)
        {
            var read = store.GetAsync(session.Key);
            Assert.True(read.IsCompleted, "A call waited for a server that is down.");
            IsNamed(await Assert.ThrowsAsync<SessionStoreException>(async () => await read), proxy);
        }

        // The client tries once a second over each of its two connections, however many calls there are.
        Assert.InRange(proxy.Accepted - attempts, 0, 2 * (since.Elapsed.TotalSeconds + 2));
        proxy.Restore();
        since.Restart();
        Assert.NotNull(await Recovery.OfAsync(async () => await store.GetAsync(session.Key)));
        Assert.True(shared || since.Elapsed < s_recovery, $"The recovery took {since.Elapsed}.");
    }

    [Fact]
    [Trait("abuse", "K24")]
    public async Task GoesUnnoticedIfItIsBackWithinThatSecond()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        var time = new FakeTimeProvider();
        await using var store = Open(proxy, time);
        var session = NewSession(store);
        await store.CreateAsync(session);
        time.Advance(TimeSpan.FromMinutes(1));
        await CutAsync(proxy, store);
        var reads = Reads(store, session);
        var create = store.CreateAsync(NewSession(store)).AsTask();

        proxy.Restore();

        Assert.All(await Task.WhenAll(reads), Assert.NotNull);
        Assert.Equal(SessionCreation.Created(), await create);
    }

    [Fact]
    [Trait("abuse", "K24")]
    public async Task AgainSoonAfterItCameBackIsNotWaitedFor()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        var time = new FakeTimeProvider();
        await using var store = Open(proxy, time);
        var session = NewSession(store);
        await store.CreateAsync(session);
        for (int round = 0; round < 2; round++)
        {
            await CutAsync(proxy, store);
            var read = store.GetAsync(session.Key);
            Assert.True(read.IsCompleted, "A call waited for a connection that breaks again and again.");
            await Assert.ThrowsAsync<SessionStoreException>(async () => await read);
            proxy.Restore();
            Assert.NotNull(await Recovery.OfAsync(async () => await store.GetAsync(session.Key)));
        }
    }

    /// <summary>
    /// A replica became the master. Its connection was there all the time, so the client reported none that came back.
    /// </summary>
    [Fact]
    [Trait("abuse", "K24")]
    public async Task LongAfterAFailoverIsWaitedForAgain()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await master.StartReplicaAsync();
        await using var first = new RedisProxy(master);
        await using var second = new RedisProxy(replica);
        var time = new FakeTimeProvider();
        string both = first.Configuration.Replace(AddressOf(first), $"{AddressOf(first)},{AddressOf(second)}", StringComparison.Ordinal);
        using var log = new CapturedLog();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        log.Logged = id => _ = id == Reached && ended.TrySetResult();
        await using var store = new RedisStore(new() { Configuration = both, Prefix = NewPrefix(), LoggerFactory = log }, time);
        var session = NewSession(store);
        await store.CreateAsync(session);
        for (var since = Stopwatch.StartNew(); !await replica.Database.KeyExistsAsync(RedisSubject.NameOf(session.Key));)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "The replica did not receive the session.");
        }

        await CutAsync(first, store);
        var lost = store.GetAsync(session.Key).AsTask();
        time.Advance(RedisConnector.Patience);
        await Assert.ThrowsAsync<SessionStoreException>(() => lost);
        await replica.Behind.ExecuteAsync("REPLICAOF", "NO", "ONE");
        Assert.NotNull(await Recovery.OfAsync(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return await store.GetAsync(session.Key);
        }));

        // What the operator reads: it is over.
        await ended.Task.WaitAsync(s_recovery, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromHours(1));

        await CutAsync(second, store);
        var read = store.GetAsync(session.Key).AsTask();

        Assert.False(read.IsCompleted, "A call did not wait for a connection that had lasted for an hour.");
        second.Restore();
        Assert.NotNull(await read);
    }

    [Fact]
    [Trait("abuse", "K24")]
    public async Task NeverMadeIsWaitedForOnce()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        proxy.Cut();
        var time = new FakeTimeProvider();
        await using var store = Open(proxy, time);
        var session = NewSession(store);
        var waiting = Reads(store, session);
        time.Advance(RedisConnector.FirstPatience - TimeSpan.FromMilliseconds(1));
        Assert.All(waiting, read => Assert.False(read.IsCompleted));

        time.Advance(TimeSpan.FromMilliseconds(1));

        foreach (var read in waiting)
        {
            var fault = await Assert.ThrowsAsync<SessionStoreException>(() => read);
            Assert.Contains(AddressOf(proxy), fault.Message, StringComparison.Ordinal);
        }

        var later = store.GetAsync(session.Key);
        Assert.True(later.IsCompleted);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await later);
        proxy.Restore();
        var since = Stopwatch.StartNew();
        Assert.Equal(SessionCreation.Created(), await Recovery.OfAsync(async () => await store.CreateAsync(session)));
        Assert.True(since.Elapsed < s_recovery, $"The recovery took {since.Elapsed}.");
    }

    [Fact]
    [Trait("abuse", "K24")]
    public async Task IsLoggedOnceForEachCauseAndSoIsItsEnd()
    {
        const int Lost = 123, Back = 124;
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        var time = new FakeTimeProvider();
        using var log = new CapturedLog();
        await using var store = Open(proxy, time, log: log);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await CutAsync(proxy, store);
        foreach (var read in Reads(store, session))
        {
            await Assert.ThrowsAsync<SessionStoreException>(() => read);
        }

        string[] lost = [.. log.Entries.Where(entry => entry.Id == Lost).Select(entry => entry.Text)];
        Assert.Equal(lost.Distinct(), lost);
        Assert.All(lost, text => Assert.Contains(AddressOf(proxy), text, StringComparison.Ordinal));
        Assert.Contains(lost, text => text.Contains("the connection was closed", StringComparison.Ordinal));
        proxy.Restore();
        await Recovery.OfAsync(async () => await store.GetAsync(session.Key));

        // The client raises its event in the background, so the first answer may come before it.
        Assert.True(SpinWait.SpinUntil(() => log.Entries.Any(entry => entry.Id == Back), s_recovery));
        Assert.Single(log.Entries, entry => entry.Id == Back);
        Assert.DoesNotContain(RedisServer.Password, log.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "K24")]
    public async Task IsNothingToARequestWithoutTheSession()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        proxy.Cut();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSactSession().UseRedis(proxy.Configuration);
        await using var provider = services.BuildServiceProvider();
        var application = new ApplicationBuilder(provider);
        application.UseSactSession();
        application.Run(context =>
            context.Request.Path == "/public" ? Task.CompletedTask : context.GetSactSession().SetAsync("alice").AsTask());
        var pipeline = application.Build();
        Task<int> RequestAsync(string path)
        {
            var context = new DefaultHttpContext { RequestServices = provider };
            context.Request.Scheme = "https";
            context.Request.Path = path;
            return StatusAsync(pipeline(context), context);
        }

        static async Task<int> StatusAsync(Task request, HttpContext context)
        {
            await request;
            return context.Response.StatusCode;
        }

        // Before anybody used the session, and while two hundred requests wait for it.
        Assert.Equal(200, await RequestAsync("/public"));
        Assert.Equal(0, proxy.Accepted);
        var waiting = Enumerable.Range(0, Many).Select(_ => RequestAsync("/login")).ToArray();
        var free = Enumerable.Range(0, Many).Select(_ => RequestAsync("/public")).ToArray();
        Assert.All(free, request => Assert.True(request.IsCompletedSuccessfully && request.Result == 200));
        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(503, status));
    }

    private static RedisStore Open(
        RedisProxy proxy, TimeProvider time, IConnectionMultiplexer? connection = null, CapturedLog? log = null) =>
        new(new() { Configuration = proxy.Configuration, Prefix = NewPrefix(), Connection = connection, LoggerFactory = log }, time);

    /// <summary>Breaks the connections. A read in flight shows when the client has noticed.</summary>
    private static async Task CutAsync(RedisProxy proxy, RedisStore store)
    {
        proxy.HoldAnswers();
        var inFlight = store.GetAsync(NewSession(store).Key).AsTask();
        proxy.Cut();
        await Assert.ThrowsAsync<SessionStoreException>(() => inFlight);
    }

    private static Task<SessionRecord?>[] Reads(RedisStore store, SessionRecord session) =>
        [.. Enumerable.Range(0, Many).Select(_ => store.GetAsync(session.Key).AsTask())];

    private static string AddressOf(RedisProxy proxy) => proxy.Configuration.Split(',')[0];

    private static void IsNamed(SessionStoreException fault, RedisProxy proxy)
    {
        Assert.Contains(AddressOf(proxy), fault.Message, StringComparison.Ordinal);
        Assert.Contains("the connection was closed", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
    }
}

/// <summary>
/// Waves of 200 requests at once, while the server is killed and started again. The figures are in the output of the test.
/// </summary>
public sealed class RedisKilledUnderLoad
{
    private const int Wave = 200;
    private static readonly TimeSpan s_storeTimeout = TimeSpan.FromSeconds(5);

    [Fact]
    [Trait("abuse", "K24")]
    public async Task AnswersInTimeAndRecovers()
    {
        await using var server = await RedisServer.StartAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSactSession(options => options.StoreTimeout = s_storeTimeout).UseRedis(server.Configuration);
        await using var provider = services.BuildServiceProvider();
        var application = new ApplicationBuilder(provider);
        application.UseSactSession();
        application.Run(async context =>
        {
            if (context.Request.Path == "/login")
            {
                await context.GetSactSession().SetAsync("alice");
            }
            else if (context.Request.Path == "/private")
            {
                Assert.NotNull(await context.GetSactSession().GetAsync());
            }
        });
        var pipeline = application.Build();
        string? cookie = null;
        async Task<(int Status, TimeSpan Took)> RequestAsync(string path)
        {
            var context = new DefaultHttpContext { RequestServices = provider };
            context.Request.Scheme = "https";
            context.Request.Path = path;
            context.Request.Headers.Cookie = cookie;
            var since = Stopwatch.StartNew();
            await pipeline(context);
            cookie ??= context.Response.Headers.SetCookie.ToString().Split(';')[0];
            return (context.Response.StatusCode, since.Elapsed);
        }

        Task<(int Status, TimeSpan Took)[]> WaveAsync(string path) =>
            Task.WhenAll(Enumerable.Range(0, Wave).Select(_ => Task.Run(() => RequestAsync(path))));

        // Runs waves for a while, and answers how long the slowest hundredth of the requests took, and which answers there were.
        async Task<(TimeSpan P99, int[] Answers)> LoadAsync(string what, string path, TimeSpan length)
        {
            var all = new List<(int Status, TimeSpan Took)>();
            for (var since = Stopwatch.StartNew(); since.Elapsed < length;)
            {
                all.AddRange(await WaveAsync(path));
            }

            var p99 = all.Select(request => request.Took).Order().ElementAt(all.Count * 99 / 100);
            int[] answers = [.. all.Select(request => request.Status).Distinct().Order()];
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"{what}: {all.Count} requests, p99 {p99.TotalMilliseconds:0.0} ms, answers {string.Join(' ', answers)}");
            return (p99, answers);
        }

        var second = TimeSpan.FromSeconds(1);
        await RequestAsync("/login");
        Assert.Equal(200, Assert.Single((await LoadAsync("session, healthy", "/private", second)).Answers));
        await LoadAsync("public, healthy", "/public", second);
        await server.StopAsync();
        var first = (await LoadAsync("session, first second", "/private", second)).P99;
        Assert.InRange(first, TimeSpan.Zero, 1.1 * s_storeTimeout);
        var (late, refused) = await LoadAsync("session, after it", "/private", 2 * second);
        Assert.Equal(200, Assert.Single((await LoadAsync("public, down", "/public", second)).Answers));
        await server.StartAgainAsync();
        var recovery = Stopwatch.StartNew();
        while ((await RequestAsync("/login")).Status != 200)
        {
            Assert.True(recovery.Elapsed < TimeSpan.FromMinutes(1), "There was no recovery.");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"recovered after {recovery.Elapsed.TotalSeconds:0.00} s");
        Assert.Equal(503, Assert.Single(refused));
        Assert.True(recovery.Elapsed < TimeSpan.FromSeconds(5), $"The recovery took {recovery.Elapsed}.");

        // The bound is 100 ms. Other tests may run on the same cores, so that the proof is the one that measures nothing.
        Assert.True(late < TimeSpan.FromSeconds(1), $"After the first second an answer took {late}.");
    }
}

/// <summary>A server that is connected and answers nothing, as a machine does that has stopped.</summary>
public sealed class RedisThatIsSilent
{
    [Fact]
    [Trait("abuse", "K24")]
    public async Task FailsEveryCallAtOnceAfterFiveSecondsAndIsAskedByOneCommandOnly()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        var time = new FakeTimeProvider();
        await using var store = new RedisStore(new() { Configuration = proxy.Configuration, Prefix = NewPrefix() }, time);
        var session = NewSession(store);
        await store.CreateAsync(session);
        time.Advance(TimeSpan.FromMilliseconds(1));
        async Task<int> ReadsAsync() => (await server.Behind.InfoAsync("commandstats"))
            .SelectMany(static group => group)
            .Where(static line => line.Key == "cmdstat_get")
            .Select(static line => int.Parse(line.Value.Split('=', ',')[1], CultureInfo.InvariantCulture))
            .SingleOrDefault();
        int before = await ReadsAsync();
        proxy.HoldAnswers();
        await GiveUpAsync(store, session);
        time.Advance(RedisSilence.Limit - TimeSpan.FromMilliseconds(1));
        var patient = store.GetAsync(session.Key).AsTask();
        Assert.False(patient.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        // The proxy may still carry the two reads that were sent before.
        for (var since = Stopwatch.StartNew(); await ReadsAsync() < before + 2;)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "The reads did not reach the server.");
            await Task.Delay(ServerProcess.PollInterval, TestContext.Current.CancellationToken);
        }

        await server.Behind.ExecuteAsync("CONFIG", "RESETSTAT");
        for (int i = 0; i < 1000; i++)
        {
            var read = store.GetAsync(session.Key);
            Assert.True(read.IsCompleted, "A call waited for a server that answers nothing.");
            var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await read);
            Assert.Contains("time-out", fault.Message, StringComparison.Ordinal);
            Assert.Contains(proxy.Configuration.Split(',')[0], fault.Message, StringComparison.Ordinal);
            Assert.False(fault.OutcomeUnknown);
        }

        Assert.Equal(0, await ReadsAsync());
        proxy.DeliverAnswers();
        Assert.NotNull(await patient);
        Assert.NotNull(await Recovery.OfAsync(async () => await store.GetAsync(session.Key)));
    }

    /// <summary>The client alone gives up such a connection after 20 seconds.</summary>
    [Fact]
    [Trait("abuse", "E4")]
    public async Task OverAConnectionThatIsHalfOpenIsReachedOverANewOneASecondLater()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(server);
        var time = new FakeTimeProvider();
        await using var store = new RedisStore(new() { Configuration = proxy.Configuration, Prefix = NewPrefix() }, time);
        var session = NewSession(store);
        await store.CreateAsync(session);
        time.Advance(TimeSpan.FromMilliseconds(1));
        int connections = proxy.Accepted;
        proxy.LetGoDead();
        await GiveUpAsync(store, session);
        time.Advance(RedisSilence.Limit);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(session.Key));
        Assert.Equal(connections, proxy.Accepted);

        time.Advance(TimeSpan.FromSeconds(1));

        var since = Stopwatch.StartNew();
        Assert.NotNull(await Recovery.OfAsync(async () => await store.GetAsync(session.Key)));
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(10), $"The recovery took {since.Elapsed}.");
    }

    [Fact]
    public async Task IsNotOneThatAnswersLate()
    {
        var time = new FakeTimeProvider();
        var silence = new RedisSilence(time);
        var late = new TaskCompletionSource<int>();
        long sent = silence.Now;
        time.Advance(TimeSpan.FromSeconds(1));
        silence.GaveUp(sent, late.Task);
        time.Advance(TimeSpan.FromSeconds(1));
        late.SetResult(1);
        time.Advance(RedisSilence.Limit);

        Assert.Null(silence.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IsNotOneThatHasAnsweredAnybodySince(bool before)
    {
        var time = new FakeTimeProvider();
        var silence = new RedisSilence(time);
        long sent = silence.Now;
        time.Advance(TimeSpan.FromSeconds(1));
        if (before)
        {
            silence.Answered();
        }

        silence.GaveUp(sent, null);
        time.Advance(RedisSilence.Limit);
        Assert.Equal(before, silence.Length is null);
        silence.Answered();
        Assert.Null(silence.Length);
        time.Advance(RedisSilence.Limit);
        Assert.Null(silence.Length);
    }

    [Fact]
    public void IsForgottenWithItsConnection()
    {
        var time = new FakeTimeProvider();
        var silence = new RedisSilence(time);
        silence.GaveUp(silence.Now, new TaskCompletionSource().Task);
        time.Advance(RedisSilence.Limit);
        Assert.Equal(RedisSilence.Limit, silence.Length);

        silence.Reset();

        Assert.Null(silence.Length);
    }

    private static async Task GiveUpAsync(RedisStore store, SessionRecord session)
    {
        using var limit = new CancellationTokenSource();
        var read = store.GetAsync(session.Key, limit.Token).AsTask();
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }
}

public sealed class RedisClusterWithoutANode
{
    [Fact]
    [Trait("abuse", "K24")]
    public async Task FailsFastForItsUsersAndServesTheOthers()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = OpenRedis(cluster.Configuration);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(cluster.Configuration);
        async Task<SessionRecord> SignInAtAsync(int node)
        {
            while (true)
            {
                var session = NewSession(store, $"user-{Guid.NewGuid()}");
                if (await cluster.OwnerAsync(connection.GetHashSlot(RedisSubject.NameOf(session.Key))) == node)
                {
                    await store.CreateAsync(session);
                    return session;
                }
            }
        }

        var lost = await SignInAtAsync(2);
        var kept = await SignInAtAsync(0);
        await cluster.Nodes[2].StopAsync();
        for (var first = Stopwatch.StartNew(); first.Elapsed < TimeSpan.FromSeconds(2);)
        {
            await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(lost.Key));
            Assert.NotNull(await store.GetAsync(kept.Key));
        }

        // If the client sent the command, it would keep it for the missing node for a second.
        var since = Stopwatch.StartNew();
        for (int i = 0; i < 40; i++)
        {
            var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(lost.Key));
            Assert.Contains("connection refused", fault.Message, StringComparison.Ordinal);
        }

        Assert.True(since.Elapsed < TimeSpan.FromSeconds(4), $"40 calls took {since.Elapsed}.");
        Assert.NotNull(await store.GetAsync(kept.Key));
        await cluster.Nodes[2].StartAgainAsync();
        since.Restart();
        await Recovery.OfAsync(async () => await store.GetAsync(lost.Key));
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(5), $"The recovery took {since.Elapsed}.");
    }
}
