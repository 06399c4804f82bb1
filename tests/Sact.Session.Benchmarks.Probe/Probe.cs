using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Sact.Session.Benchmarks;

/// <summary>
/// Calls a store, and measures how long that takes. It uses only what both commits have, so that the same source compiles beside both.
/// </summary>
internal sealed class Probe(ServiceProvider services, IConnectionMultiplexer? redis) : IAsyncDisposable
{
    // As many bytes as the library compares: format, kind and version.
    private const int StartBytes = 10;

    private const string CompareAndReplace = """
        local old = redis.call('GET', KEYS[1])
        if not old or string.sub(old, 1, #ARGV[1]) ~= ARGV[1] then return old end
        redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
        return 1
        """;

    private readonly IGenericStore _store = services.GetRequiredService<IGenericStore>();
    private SessionKey[] _keys = [];
    private RedisKey[] _names = [];
    private byte[][] _packed = [];
    private byte[] _compareAndReplace = [];
    private SessionRecord[] _records = [];

    public static async Task<Probe> StartAsync(string store, string connection, string prefix)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(NullLoggerFactory.Instance);
        var builder = services.AddSactSession();
        if (store == "redis")
        {
            builder.UseRedis(connection, options => options.Prefix = prefix);
            return new Probe(services.BuildServiceProvider(), await ConnectionMultiplexer.ConnectAsync(connection));
        }

        // Each commit has another table.
        builder.UsePostgreSql(connection, options => (options.Prefix, options.Table) = (prefix, "sessions_" + prefix));
        return new Probe(services.BuildServiceProvider(), redis: null);
    }

    /// <summary>Signs one user in for each session. The result is the ids, separated by commas.</summary>
    public async Task<string> SignInAsync(int sessions, int fieldBytes, bool client)
    {
        var ids = new List<string>();
        var options = new SactSessionOptions { CaptureClient = client };
        for (int i = 0; i < sessions; i++)
        {
            var context = new DefaultHttpContext();
            context.Request.Scheme = "https";
            context.Request.Headers.UserAgent =
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36";
            context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("192.0.2.1");
            var session = new Session<IGenericStore>(context.Request, context.Response, _store, options);
            string padding = RandomNumberGenerator.GetHexString(fieldBytes);
            await session.SetAsync("user-" + Guid.NewGuid().ToString("N"), new() { ["theme"] = "dark", ["padding"] = padding });
            ids.Add(context.Response.Headers.SetCookie.ToString().Split(';')[0].Split('=', 2)[1]);
        }

        await UseAsync(ids);
        return string.Join(',', ids);
    }

    /// <summary>Reads the sessions of these ids, which another process may have begun. Calls use them from now on.</summary>
    public async Task UseAsync(IEnumerable<string> ids)
    {
        _keys = [.. ids.Select(_store.GetSessionKey)];
        _names = [.. _keys.Select(static key => (RedisKey)$"{key.Prefix}:{{{key.RoutingTag}}}:s:{key.KeyPart}")];
        _records = new SessionRecord[_keys.Length];
        for (int i = 0; i < _keys.Length; i++)
        {
            await ReadAsync(i);
        }
    }

    /// <summary>Calls of so many workers, each of which works on a session of its own.</summary>
    public static async Task<TimeSpan> TimeAsync(int workers, int times, Func<int, Task> call)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            for (int i = worker; i < times; i += workers)
            {
                await call(worker);
            }
        })));
        return clock.Elapsed;
    }

    /// <summary>What a read over Redis costs at least: one command that fetches the same bytes.</summary>
    public async Task RawGetAsync(int worker)
    {
        if ((await redis!.GetDatabase().StringGetAsync(_names[worker])).IsNull)
        {
            throw new InvalidOperationException("The record is gone.");
        }
    }

    /// <summary>Reads the records as they are now, for <see cref="RawReplaceAsync"/>.</summary>
    public async Task ReadPackedAsync()
    {
        _packed = [.. (await redis!.GetDatabase().StringGetAsync(_names)).Select(static value => (byte[])value!)];
        _compareAndReplace = await redis.GetServers()[0].ScriptLoadAsync(CompareAndReplace);
    }

    /// <summary>What an update over Redis costs at least: one script that compares the start of the bytes, and replaces them.</summary>
    public async Task RawReplaceAsync(int worker)
    {
        RedisValue start = _packed[worker].AsMemory(0, StartBytes);
        if ((int)await redis!.GetDatabase().ScriptEvaluateAsync(_compareAndReplace, [_names[worker]], [start, _packed[worker]]) != 1)
        {
            throw new InvalidOperationException("The record has changed.");
        }
    }

    public async Task ReadAsync(int worker) => _records[worker] = Found(await _store.GetAsync(_keys[worker]));

    public async Task UpdateAsync(int worker)
    {
        var result = await _store.UpdateAsync(_records[worker], Change());
        _records[worker] = Found(result.Record);
    }

    /// <summary>All workers change the first session.</summary>
    public async Task UpdateFirstAsync(int worker)
    {
        var result = await _store.UpdateAsync(_records[0], Change());
        _records[0] = Found(result.Record);
    }

    /// <summary>So many writers of the first session begin at once: how long until the last one has its answer.</summary>
    public async Task<TimeSpan> BurstAsync(int writers)
    {
        var record = Found(await _store.GetAsync(_keys[0]));
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable.Range(0, writers).Select(_ => Task.Run(async () => Found((await _store.UpdateAsync(record, Change())).Record))));
        return clock.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        if (redis is not null)
        {
            await redis.DisposeAsync();
        }
    }

    private static SessionChange Change() => new()
    {
        Set = SessionFields.Create(
            [KeyValuePair.Create<string, ReadOnlyMemory<byte>>(
                "counter", Encoding.ASCII.GetBytes(Random.Shared.Next().ToString(CultureInfo.InvariantCulture)))]),
    };

    private static SessionRecord Found(SessionRecord? record) => record ?? throw new InvalidOperationException("The session is gone.");
}
