using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Sact.Session.Tests.Fuzzing;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// Connections that are open on one node, while sessions end on another one and faults lose the reports of it. Once the store answers
/// again, one <c>WatchInterval</c> closes exactly the connections whose sessions have ended. The seed chooses the faults.
/// </summary>
/// <remarks>The environment variable <c>SACT_ENDS</c> sets how many sessions end: <c>SACT_ENDS=100000</c>.</remarks>
public abstract class EndsWhileReportsAreLost
{
    private static readonly int s_ends = (int)(FuzzNumbers.FromEnvironment("SACT_ENDS") ?? 160);

    // Recovery from a fault takes longer than many ends, so a large number of ends has more of them in each round.
    private static readonly int s_endsPerRound = Math.Max(16, s_ends / 200);

    /// <summary>What happens to the link between the watching node and its server.</summary>
    private enum Fault
    {
        None,
        ListenerIsKilled,
        CutBeforeTheEnds,
        CutAmongTheEnds,

        /// <summary>The replica takes the place of its master, which follows it from then on.</summary>
        CutAndFailoverAmongTheEnds,
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("abuse", "I6")]
    public async Task LeaveNoConnectionOpen(int seed)
    {
        var random = new Random(seed);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var link = await OpenAsync(clock);
        var options = new SactSessionOptions { TimeProvider = clock, WatchInterval = TimeSpan.FromSeconds(5) };
        int lost = 0;
        for (int ended = 0; ended < s_ends;)
        {
            var connections = await ConnectAsync(link, options);
            var (ending, living) = (connections[..s_endsPerRound], connections[s_endsPerRound..]);
            var fault = (Fault)random.Next(link.HasReplica ? 5 : 4);
            if (fault == Fault.ListenerIsKilled)
            {
                await link.KillListenersAsync();
            }

            int cutAt = CutAt(fault, ending.Length);
            foreach (var (index, connection) in ending.Index())
            {
                if (index == cutAt)
                {
                    link.Cut();
                    if (fault == Fault.CutAndFailoverAmongTheEnds)
                    {
                        await link.FailoverAsync();
                    }
                }

                Assert.Equal(1, await link.Ending.DeleteActiveSessionsAsync(connection.User, null, TestContext.Current.CancellationToken));
            }

            // No report of an end after the cut can arrive. One that was sent before it may.
            var unreported = ending[cutAt..];
            Assert.All(unreported, static connection => Assert.False(connection.Ended.IsCancellationRequested));
            lost += unreported.Length;
            link.Restore();
            Assert.NotNull(await Recovery.OfAsync(async () => await link.Watching.GetAsync(living[0].Key)));
            clock.Advance(options.WatchInterval);

            foreach (var connection in ending)
            {
                Assert.True(
                    await IsCancelledAsync(connection.Ended), $"A connection survived the end of its session: {fault}, seed {seed}.");
            }

            Assert.All(living, connection => Assert.False(connection.Ended.IsCancellationRequested, $"A live session: {fault}."));
            ended += ending.Length;
            foreach (var connection in living)
            {
                await link.Ending.DeleteActiveSessionsAsync(connection.User, null, TestContext.Current.CancellationToken);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Of {s_ends} ends, {lost} came after a cut, so no report of them could arrive.");
        Assert.True(lost > 0, $"The faults of seed {seed} lost no report, so the test would show nothing.");
    }

    private protected abstract ValueTask<BrokenLink> OpenAsync(TimeProvider clock);

    /// <summary>How many ends come before the cut: all of them, if there is none.</summary>
    private static int CutAt(Fault fault, int ends) => fault switch
    {
        Fault.CutBeforeTheEnds => 0,
        Fault.CutAmongTheEnds or Fault.CutAndFailoverAmongTheEnds => ends / 2,
        _ => ends,
    };

    /// <summary>Signs users in on the ending node, and reads their sessions on the watching one, as open requests.</summary>
    private static async Task<Connection[]> ConnectAsync(BrokenLink link, SactSessionOptions options)
    {
        var connections = new List<Connection>();
        for (int i = 0; i < 2 * s_endsPerRound; i++)
        {
            string user = Guid.NewGuid().ToString("N");
            var signingIn = NewRequest();
            await new Session<IGenericStore>(signingIn.Request, signingIn.Response, link.Ending, options).SetAsync(user);
            var reading = NewRequest(signingIn.Response.Headers.SetCookie.ToString().Split(';')[0]);
            ISession<IGenericStore> session = new Session<IGenericStore>(reading.Request, reading.Response, link.Watching, options);
            var read = await Recovery.OfAsync(async () => await session.GetAsync());
            Assert.Equal(user, read?.UserId);
            connections.Add(new(user, read!.Key, session.EndedToken));
        }

        return [.. connections];
    }

    private static DefaultHttpContext NewRequest(string? cookie = null)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        context.Request.Headers.Cookie = cookie;
        return context;
    }

    private static async Task<bool> IsCancelledAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(cancelled.SetResult);
        return await Task.WhenAny(cancelled.Task, Task.Delay(TimeSpan.FromSeconds(30), CancellationToken.None)) == cancelled.Task;
    }

    private sealed record Connection(string User, SessionKey Key, CancellationToken Ended);
}

/// <summary>Two nodes over one server. The link of the one that watches can break.</summary>
internal abstract class BrokenLink : IAsyncDisposable
{
    public abstract IGenericStore Watching { get; }

    public abstract IGenericStore Ending { get; }

    /// <summary>Ends the connections by which nodes listen; those for commands live.</summary>
    public abstract Task KillListenersAsync();

    public abstract void Cut();

    public abstract void Restore();

    public virtual bool HasReplica => false;

    /// <summary>Gives the sessions to the replica, and waits until <see cref="Ending"/> works again.</summary>
    public virtual Task FailoverAsync() => throw new NotSupportedException();

    public abstract ValueTask DisposeAsync();
}

public sealed class EndsWhileReportsOfRedisAreLost : EndsWhileReportsAreLost
{
    private protected override async ValueTask<BrokenLink> OpenAsync(TimeProvider clock)
    {
        var master = await RedisServer.StartAsync();
        return new Link(master, await master.StartReplicaAsync(), clock);
    }

    private sealed class Link : BrokenLink
    {
        private readonly RedisProxy _proxy;
        private readonly RedisStore _watching;
        private readonly RedisStore _ending;
        private RedisServer _master;
        private RedisServer _replica;

        public Link(RedisServer master, RedisServer replica, TimeProvider clock)
        {
            (_master, _replica, _proxy) = (master, replica, new RedisProxy(master));
            string prefix = NewPrefix();
            _watching = RedisStores.OpenRedis(_proxy.Configuration, options => (options.Prefix, options.TimeProvider) = (prefix, clock));
            _ending = RedisStores.OpenRedis(
                RedisServer.ConfigurationAt(master.Port, replica.Port),
                options => (options.Prefix, options.TimeProvider) = (prefix, clock));
        }

        public override IGenericStore Watching => _watching;

        public override IGenericStore Ending => _ending;

        public override bool HasReplica => true;

        public override Task KillListenersAsync() => _master.Behind.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");

        public override void Cut() => _proxy.Cut();

        public override void Restore() => _proxy.Restore();

        /// <summary>FAILOVER loses no acknowledged write: the master refuses new ones until its replica has all of them.</summary>
        public override async Task FailoverAsync()
        {
            await _master.Behind.ExecuteAsync("FAILOVER", "TO", "127.0.0.1", _replica.Port);
            (_master, _replica) = (_replica, _master);
            await _master.WaitForAsync("replication", "role", "master");
            await _replica.WaitForAsync("replication", "master_link_status", "up");
            _proxy.LeadTo(_master);
            await Recovery.OfAsync(async () => await _ending.DeleteActiveSessionsAsync(Guid.NewGuid().ToString("N")));
        }

        public override async ValueTask DisposeAsync()
        {
            await _watching.DisposeAsync();
            await _ending.DisposeAsync();
            await _proxy.DisposeAsync();
            await _replica.DisposeAsync();
            await _master.DisposeAsync();
        }
    }
}

public sealed class EndsWhileNotificationsOfPostgreSqlAreLost : EndsWhileReportsAreLost
{
    private protected override async ValueTask<BrokenLink> OpenAsync(TimeProvider clock)
    {
        var server = await PostgresServer.StartAsync();
        return new Link(server, new PostgresProxy(server), clock);
    }

    private sealed class Link : BrokenLink
    {
        // A privileged port, at which nothing listens.
        private const int Nowhere = 1;

        private readonly PostgresServer _server;
        private readonly PostgresProxy _proxy;
        private readonly PostgreSqlStore _watching;
        private readonly PostgreSqlStore _ending;
        private readonly NpgsqlDataSource _administrator;

        public Link(PostgresServer server, PostgresProxy proxy, TimeProvider clock)
        {
            (_server, _proxy) = (server, proxy);
            string prefix = NewPrefix();
            _administrator = NpgsqlDataSource.Create(server.ConnectionString);
            _watching = Open(proxy.ConnectionString, options => (options.Prefix, options.TimeProvider) = (prefix, clock));
            _ending = Open(server.ConnectionString, options => (options.Prefix, options.TimeProvider) = (prefix, clock));
        }

        public override IGenericStore Watching => _watching;

        public override IGenericStore Ending => _ending;

        public override async Task KillListenersAsync()
        {
            await using var kill = _administrator.CreateCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'");
            await kill.ExecuteNonQueryAsync();
        }

        public override void Cut() => _proxy.LeadTo(Nowhere);

        public override void Restore() => _proxy.LeadTo(_server);

        public override async ValueTask DisposeAsync()
        {
            await _watching.DisposeAsync();
            await _ending.DisposeAsync();
            await _administrator.DisposeAsync();
            await _proxy.DisposeAsync();
            await _server.DisposeAsync();
        }
    }
}
