using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// What a session costs, by the server's own count (<c>INFO commandstats</c>). It counts what a script calls as well, so each expectation
/// names the commands on the wire first and, after a bar, all that the scripts among them call; together they are everything that the
/// server did. Only PEXPIRE is left out, which a script calls or not as the milliseconds pass.
/// </summary>
public abstract class RedisCommandsCounted
{
    private const string Create = "get zcard zadd pttl set";
    private const string Touch = "get zadd pttl set";
    private const string Change = "get set";
    private const string End = "get set zrem";
    private static readonly string[] s_notCounted =
    [
        "auth", "client", "cluster", "command", "config", "echo", "hello", "info", "pexpire", "ping", "publish", "readonly", "select",
        "subscribe",
    ];

    private protected abstract Task<(IAsyncDisposable Server, string Configuration, IReadOnlyList<RedisServer> Nodes)> StartAsync();

    [Fact]
    public async Task ASessionCostsWhatThePageSays()
    {
        var (server, configuration, nodes) = await StartAsync();
        await using var _ = server;
        var clock = new StoreContractClock(TimeProvider.System.GetUtcNow());
        await using var store = OpenRedis(configuration, options => options.TimeProvider = clock);
        var options =
            new SactSessionOptions { TimeProvider = clock, IdleTimeout = TimeSpan.FromHours(1), TouchInterval = TimeSpan.FromMinutes(1) };
        var alice = new RedisBrowser(store, options);
        async Task CostsAsync(string expected, Func<Task> work)
        {
            await ForgetAsync(nodes);
            await work();
            string counted = await CountedAsync(nodes);
            Assert.True(counted == Sorted(expected), $"Counted '{counted}' where '{Sorted(expected)}' is right.");
        }

        // Connecting looks at each node's maxmemory-policy, and at the routing key, beside what the client itself does.
        await store.CountActiveSessionsAsync();

        // A node that does not know a script yet receives it whole.
        await CostsAsync("evalsha eval | " + Create, () => alice.SignInAsync());
        await CostsAsync("get evalsha eval | " + Change, () => alice.ReadAsync());
        await CostsAsync("get", () => alice.ReadAsync());
        clock.Advance(TimeSpan.FromMinutes(1));
        await CostsAsync("get evalsha | " + Touch, () => alice.ReadAsync());
        await CostsAsync("get", () => alice.ReadAsync());
        await CostsAsync(
            "get evalsha | " + Change,
            () => alice.AskAsync<bool>(session => session.UpdateAsync(new() { ["theme"] = "dark" })));
        await CostsAsync(
            "get evalsha | " + Change,
            () => alice.AskAsync<bool>(async session => await session.ModifyAsync<int>("n", n => n + 1)));
        await CostsAsync("get evalsha | " + Change, () => alice.AskAsync<bool>(session => session.RemoveAsync("n")));
        await CostsAsync("get evalsha | " + Change, () => alice.AskAsync(session => session.RenewAsync()));
        await CostsAsync("get evalsha | " + Change, () => alice.ReadAsync());
        await CostsAsync("get evalsha eval evalsha | " + End + " " + Create, () => alice.SignInAsync());
        await CostsAsync(
            "get evalsha zrange get | " + Change,
            async () => Assert.Single(await alice.AskAsync(session => session.GetActiveSessionsAsync())));
        await CostsAsync("get evalsha | " + End, () => alice.SignOutAsync());
        await CostsAsync("", () => alice.ReadAsync());
        await CostsAsync("evalsha | " + Create, () => alice.SignInAsync());

        await alice.ReadAsync();
        foreach (int others in new[] { 1, 255, 256, 600 })
        {
            await SignInManyAsync(store, others);
            int scripts = (others + 254) / 255;
            await CostsAsync(
                $"get zrange {Times("get", others + 1)} {Times("evalsha", scripts)} | {Times(End, others)}",
                async () => Assert.Equal(others, await alice.AskAsync(session => session.DeleteOtherSessionsAsync())));
        }

        await CostsAsync("get", async () => Assert.NotNull(await alice.ReadAsync()));
    }

    private static string Times(string command, int count) => string.Join(' ', Enumerable.Repeat(command, count));

    [Fact]
    public async Task ARequestThatDoesNotAskCostsNothing()
    {
        var (server, configuration, nodes) = await StartAsync();
        await using var _ = server;
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSactSession().UseRedis(configuration);
        await using var provider = services.BuildServiceProvider();
        var application = new ApplicationBuilder(provider);
        application.UseSactSession();
        application.Run(async context =>
        {
            if (context.Request.Path != "/public")
            {
                await context.GetSactSession<RedisStore>().SetAsync("alice");
            }
        });
        var pipeline = application.Build();
        async Task<HttpContext> RequestAsync(string path, string? cookie)
        {
            var context = new DefaultHttpContext { RequestServices = provider };
            context.Request.Scheme = "https";
            context.Request.Path = path;
            context.Request.Headers.Cookie = cookie;
            await pipeline(context);
            return context;
        }

        string cookie = (await RequestAsync("/login", null)).Response.Headers.SetCookie.ToString().Split(';')[0];
        await ForgetAsync(nodes);
        for (int i = 0; i < 100; i++)
        {
            await RequestAsync("/public", cookie);
        }

        Assert.Equal("", await CountedAsync(nodes));
    }

    [Fact]
    [Trait("abuse", "E7")]
    public async Task ScriptFlushGoesUnnoticed()
    {
        var (server, configuration, nodes) = await StartAsync();
        await using var _ = server;
        await using var store = OpenRedis(configuration);
        async Task FlushAsync()
        {
            foreach (var node in nodes)
            {
                await node.Behind.ExecuteAsync("SCRIPT", "FLUSH", "SYNC");
            }
        }

        for (int round = 0; round < 3; round++)
        {
            var session = NewSession(store);
            await store.CreateAsync(session, new SessionCap(5));
            await FlushAsync();
            Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
            await FlushAsync();
            Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(NewSession(store), new SessionCap(5))).Status);
            await FlushAsync();
            Assert.True(await store.DeleteAsync(session));
            await FlushAsync();
            Assert.Equal(1, await store.DeleteActiveSessionsAsync("alice"));
        }
    }

    private static async Task ForgetAsync(IReadOnlyList<RedisServer> nodes)
    {
        foreach (var node in nodes)
        {
            await node.Behind.ExecuteAsync("CONFIG", "RESETSTAT");
        }
    }

    /// <summary>
    /// The commands of all nodes, each as often as it was called; those with which a connection is made and kept are left out, and PEXPIRE.
    /// </summary>
    private static async Task<string> CountedAsync(IReadOnlyList<RedisServer> nodes)
    {
        var called = new List<string>();
        foreach (var node in nodes)
        {
            foreach (var line in (await node.Behind.InfoAsync("commandstats")).SelectMany(group => group))
            {
                string name = line.Key["cmdstat_".Length..];
                int calls = int.Parse(line.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture);
                called.AddRange(s_notCounted.Contains(name.Split('|')[0]) ? [] : Enumerable.Repeat(name, calls));
            }
        }

        return Sorted(string.Join(' ', called));
    }

    private static string Sorted(string commands) =>
        string.Join(
            ' ',
            commands.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Where(name => name != "|")
                .GroupBy(name => name)
                .Select(name => $"{name.Key}:{name.Count()}").Order(StringComparer.Ordinal));
}

public sealed class RedisCommandsOfOneServer : RedisCommandsCounted
{
    private protected override async Task<(IAsyncDisposable Server, string Configuration, IReadOnlyList<RedisServer> Nodes)> StartAsync()
    {
        var server = await RedisServer.StartAsync();
        return (server, server.Configuration, [server]);
    }
}

public sealed class RedisCommandsOfACluster : RedisCommandsCounted
{
    private protected override async Task<(IAsyncDisposable Server, string Configuration, IReadOnlyList<RedisServer> Nodes)> StartAsync()
    {
        var cluster = await RedisCluster.StartAsync();
        return (cluster, cluster.Configuration, cluster.Nodes);
    }
}
