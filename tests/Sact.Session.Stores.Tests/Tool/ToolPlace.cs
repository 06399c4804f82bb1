using Sact.Session.Stores.Tests.Sqlite;
using StackExchange.Redis;

namespace Sact.Session.Stores.Tests;

/// <summary>A store with a prefix of a test's own, which the command line reaches by its connection string.</summary>
internal sealed class ToolPlace : IAsyncDisposable
{
    private readonly List<IDisposable> _open = [];
    private readonly Func<GenericStoreOptions> _options;
    private readonly Func<string, Task> _unlist;

    private ToolPlace(
        string kind,
        string connectionString,
        Func<GenericStoreOptions> options,
        Func<string, Task> unlist,
        string prefix,
        string? routingKey)
    {
        Kind = kind;
        ConnectionString = connectionString;
        Prefix = prefix;
        RoutingKey = routingKey;
        _options = options;
        _unlist = unlist;
        Store = Open();
    }

    public string Kind { get; }

    public string ConnectionString { get; }

    public string Prefix { get; }

    public string? RoutingKey { get; }

    public RecordStore Store { get; }

    public static TheoryData<string> Kinds => ["sqlite", "postgresql", "redis"];

    public static async Task<ToolPlace> CreateAsync(
        string kind, SharedPostgres postgres, SharedRedis redis, string? prefix = null, string? routingKey = null)
    {
        prefix ??= PostgreSqlStores.NewPrefix();
        switch (kind)
        {
            case "sqlite":
                var file = new SqliteFile();
                var place = new ToolPlace(
                    kind,
                    file.ConnectionString,
                    () => new SqliteStoreOptions
                    {
                        ConnectionString = file.ConnectionString,
                        Prefix = prefix,
                        BusyTimeout = TimeSpan.FromSeconds(30),
                    },
                    key =>
                    {
                        file.Run($"UPDATE sact_sessions SET user_id = NULL WHERE session_key = '{key}'");
                        return Task.CompletedTask;
                    },
                    prefix,
                    routingKey);
                place._open.Add(file);
                return place;
            case "postgresql":
                var server = await postgres.GetAsync();
                return new ToolPlace(
                    kind,
                    server.ConnectionString,
                    () => new PostgreSqlStoreOptions { ConnectionString = server.ConnectionString, Prefix = prefix },
                    key => server.RunAsync(
                        $"UPDATE sact_sessions SET user_id = NULL WHERE prefix = '{prefix}' AND key_part = '{key.Split(':')[1]}'"),
                    prefix,
                    routingKey);
            default:
                var connections = await redis.ConnectionsAsync();
                string configuration = (await redis.GetAsync()).Configuration;
                var database = connections[0].GetDatabase();
                return new ToolPlace(
                    kind,
                    configuration,
                    () => new RedisStoreOptions { Configuration = configuration, Prefix = prefix },
                    async key =>
                    {
                        var parsed = SessionKey.Parse(key);
                        foreach (var server in connections[0].GetServers())
                        {
                            await foreach (var index in server.KeysAsync(pattern: $"{prefix}:{{{parsed.RoutingTag}}}:u:*"))
                            {
                                await database.SortedSetRemoveAsync(index, parsed.KeyPart);
                            }
                        }
                    },
                    prefix,
                    routingKey);
        }
    }

    /// <summary>Another store over the same sessions, as another process has it.</summary>
    public RecordStore Open()
    {
        var options = _options();
        options.RoutingKey = RoutingKey;
        RecordStore store = options switch
        {
            SqliteStoreOptions sqlite => new SqliteStore(sqlite),
            PostgreSqlStoreOptions postgres => new PostgreSqlStore(postgres),
            _ => new RedisStore((RedisStoreOptions)options),
        };
        _open.Insert(0, (IDisposable)store);
        return store;
    }

    /// <summary>Runs a command over the place.</summary>
    public Task<ToolRun> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    /// <summary>Runs a command over the place, with a person who answers.</summary>
    public Task<ToolRun> RunAsync(string? answer, string[] arguments) =>
        ToolRun.Async([.. arguments, "--store", Kind, "--prefix", Prefix], ConnectionString, routingKey: RoutingKey, answer: answer);

    /// <summary>Removes a session from the index of its user behind the back of the store.</summary>
    public Task UnlistAsync(SessionRecord session) => _unlist(session.Key.ToString());

    public async Task<SessionRecord> SignInAsync(string user, Func<SessionRecord, SessionRecord>? change = null)
    {
        var record = PostgreSqlStores.NewSession(Store, user);
        record = change?.Invoke(record) ?? record;
        Assert.Equal(SessionCreationStatus.Created, (await Store.CreateAsync(record)).Status);
        return record;
    }

    public async Task<bool> IsLiveAsync(SessionRecord session) => await Store.GetAsync(session.Key) is not null;

    public async ValueTask DisposeAsync()
    {
        await Store.ClearAsync();
        _open.ForEach(item => item.Dispose());
    }
}
