using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>The ways in which a store cannot reach its server.</summary>
internal sealed class UnreachableServer : IAsyncDisposable
{
    public const string Password = "wrong-horse-battery";

    private readonly RedisServer? _server;
    private readonly TcpListener? _listener;

    private UnreachableServer(string address, string configuration, RedisServer? server = null, TcpListener? listener = null)
    {
        Address = address;
        Configuration = configuration;
        _server = server;
        _listener = listener;
    }

    public string Address { get; }

    public string Configuration { get; }

    public static async Task<UnreachableServer> StartAsync(string way)
    {
        switch (way)
        {
            case "refused":
                string closed = $"127.0.0.1:{ServerProcess.FreePort()}";
                return new(closed, $"{closed},password={Password}");
            case "name":
                return new("redis.invalid:6379", $"redis.invalid,password={Password}");
            case "silent":
                // The kernel accepts the connection, and nothing ever answers.
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                return new($"{listener.LocalEndpoint}", $"{listener.LocalEndpoint},password={Password}", null, listener);
        }

        var server = await RedisServer.StartAsync();
        string address = $"127.0.0.1:{server.Port}";
        return way switch
        {
            "no password" => new(address, address, server),
            "wrong password" => new(address, $"{address},password={Password}", server),
            "wrong user" => new(address, $"{address},user=nobody,password={Password}", server),
            "no TLS" => new(address, $"{address},ssl=true,password={RedisServer.Password}", server),
            _ => throw new ArgumentOutOfRangeException(nameof(way)),
        };
    }

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

public sealed class RedisUnreachable
{
    public static TheoryData<string, string> Ways => new()
    {
        { "refused", "connection refused" },
        { "name", "name not found" },
        { "silent", "time-out" },
        { "no password", "NOAUTH" },
        { "wrong password", "WRONGPASS" },
        { "wrong user", "WRONGPASS" },
        { "no TLS", "TLS" },
    };

    /// <summary>The bound is two seconds; the rest is for a machine that is busy with other tests.</summary>
    private static TimeSpan Bound => TimeSpan.FromSeconds(3);

    [Theory]
    [MemberData(nameof(Ways))]
    [Trait("abuse", "K24")]
    public async Task IsAnsweredWithinTwoSecondsWithAddressAndCause(string way, string cause)
    {
        await using var server = await UnreachableServer.StartAsync(way);
        using var log = new CapturedLog();
        await using var store = OpenRedis(server.Configuration, options => options.LoggerFactory = log);
        var since = Stopwatch.StartNew();

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(NewSession(store).Key));

        Assert.True(since.Elapsed < Bound, $"The answer took {since.Elapsed}.");
        foreach (string text in new[] { fault.Message, log.Text })
        {
            Assert.Contains(server.Address, text, StringComparison.Ordinal);
            Assert.Contains(cause, text, StringComparison.Ordinal);
        }

        foreach (string text in new[] { CapturedLog.Of(fault), log.Text })
        {
            Assert.DoesNotContain(UnreachableServer.Password, text, StringComparison.Ordinal);
            Assert.DoesNotContain(RedisServer.Password, text, StringComparison.Ordinal);
        }

        Assert.False(fault.OutcomeUnknown);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Trait("abuse", "K24")]
    public async Task IsWaitedForOnceOnly(string way, string cause)
    {
        await using var server = await UnreachableServer.StartAsync(way);
        await using var store = OpenRedis(server.Configuration);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(NewSession(store).Key));
        for (int i = 0; i < 5; i++)
        {
            var session = NewSession(store);
            foreach (var call in new Func<ValueTask<object?>>[]
            {
                async () => await store.GetAsync(session.Key),
                async () => await store.CreateAsync(session),
                async () => await store.UpdateAsync(session, Set("a", "1")),
                async () => await store.DeleteAsync(session),
                async () => await store.DeleteActiveSessionsAsync("alice"),
                async () => await ListAsync(store),
                async () => await store.CountActiveSessionsAsync(),
            })
            {
                // It never waited: it was over when it returned.
                var answer = call();
                Assert.True(answer.IsCompleted, "A later call waited for the server.");
                var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await answer);
                Assert.Contains(cause, fault.Message, StringComparison.Ordinal);
            }
        }
    }
}
