using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>The connection: made at first use, tried again until it is there, and every call over it.</summary>
internal sealed class RedisLink : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan s_trust = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(128);
    private static readonly TimeSpan s_betweenFollowings = TimeSpan.FromSeconds(1);

    // With the pauses between them about half a second.
    private const int MostRedirects = 10;
    private readonly RedisStoreOptions _options;
    private readonly ConfigurationOptions? _configuration;
    private readonly RedisGuard _guard;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile IConnectionMultiplexer? _connection;
    private long _checkedAt;
    private volatile bool _checked;
    private long _followedAt = long.MinValue;

    public RedisLink(RedisStoreOptions options, TimeProvider clock, ILogger logger)
    {
        _options = options;
        _clock = clock;
        _guard = new RedisGuard(options, logger);
        if (options.Connection is null)
        {
            _configuration = Parse(options.Configuration);
        }
    }

    /// <param name="write">Whether it may change something: it is then not cancelled, and waited for on replicas.</param>
    /// <param name="key">A key of the command's slot.</param>
    /// <param name="command">The command.</param>
    /// <param name="guarded">False for what is right whatever the routing key was.</param>
    /// <param name="cancellationToken">Gives a read up; looked at before a write begins.</param>
    public async ValueTask<T> RunAsync<T>(bool write, RedisKey key, Func<IDatabase, Task<T>> command, bool guarded = true, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RedisServerException? deposed = null;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var connection = await ConnectionAsync(guarded, cancellationToken).ConfigureAwait(false);
                var database = connection.GetDatabase(_options.Database);

                // A write that has begun is waited for.
                T answer = await command(database).WaitAsync(write ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
                if (write && _options.RequireReplicas > 0)
                {
                    await WaitForReplicasAsync(connection, database, key).ConfigureAwait(false);
                }

                return answer;
            }
            catch (RedisConnectionException fault) when (RedisFaults.LeadsNowhereYet(fault) && attempt < MostRedirects)
            {
                await PauseAsync(attempt, write ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
            }
            catch (RedisServerException fault) when (deposed is null && RedisFaults.IsDeposed(fault) && IsTimeToFollow())
            {
                deposed = fault;
                await FollowAsync().ConfigureAwait(false);
            }
            catch (RedisConnectionException fault) when (deposed is not null && RedisFaults.WasNeverSent(fault))
            {
                // There is no other master: what the server said is the better answer.
                throw RedisFaults.Wrap(deposed, write);
            }
            catch (Exception fault) when (RedisFaults.Is(fault))
            {
                throw RedisFaults.Wrap(fault, write);
            }
        }
    }

    /// <summary>
    /// Runs a script. What a server answers before it has done anything is tried again: that it does not know the script (after <c>SCRIPT FLUSH</c>, or where a slot has just come to), and, for as
    /// often as told, that the keys of a slot are on their way from one node to another.
    /// </summary>
    public async ValueTask<RedisResult> ScriptAsync(string script, RedisKey[] keys, RedisValue[] arguments, int attempts, bool guarded = true, CancellationToken cancellationToken = default)
    {
        var flags = CommandFlags.DemandMaster;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await RunAsync(write: true, keys[0], database => database.ScriptEvaluateAsync(script, keys, arguments, flags), guarded, cancellationToken).ConfigureAwait(false);
            }
            catch (SessionStoreException fault) when (RedisFaults.IsUnknownScript(fault) && !flags.HasFlag(CommandFlags.NoScriptCache))
            {
                flags |= CommandFlags.NoScriptCache;
            }
            catch (SessionStoreException fault) when (RedisFaults.IsOnTheMove(fault) && attempt < attempts)
            {
                await PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    // By the server's time, not the sessions'.
    private static Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(1 << Math.Min(attempt - 1, 7));
        return Task.Delay(pause < s_longestPause ? pause : s_longestPause, TimeProvider.System, cancellationToken);
    }

    /// <summary>The masters, for what goes over all keys.</summary>
    public async ValueTask<IReadOnlyList<IServer>> MastersAsync(bool guarded, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var connection = await ConnectionAsync(guarded, cancellationToken).ConfigureAwait(false);
            var masters = connection.GetServers().Where(server => !server.IsReplica).ToArray();
            return masters.Length > 0 && Array.TrueForAll(masters, server => server.IsConnected)
                ? masters
                : throw new SessionStoreException("Redis could not answer: not every master is connected. Look whether the servers run and at RedisStoreOptions.Configuration.");
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw RedisFaults.Wrap(fault, write: false);
        }
    }

    /// <summary>The keys of a master that match; off a request's path.</summary>
    public async IAsyncEnumerable<RedisKey> ScanAsync(IServer master, string pattern, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var keys = master.KeysAsync(_options.Database, pattern, pageSize: 1000).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await keys.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (Exception fault) when (RedisFaults.Is(fault))
            {
                throw RedisFaults.Wrap(fault, write: false);
            }

            yield return keys.Current;
        }
    }

    /// <summary>All sessions have ended: the next ones are made with this store's routing key.</summary>
    public async ValueTask ResetRoutingAsync() => await RunAsync(write: true, _options.Prefix, async database =>
    {
        await _guard.ResetAsync(database).ConfigureAwait(false);
        return true;
    }, guarded: false).ConfigureAwait(false);

    public void Dispose()
    {
        if (_configuration is not null)
        {
            _connection?.Dispose();
        }

        _gate.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_configuration is not null && _connection is { } connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        _gate.Dispose();
    }

    private static ConfigurationOptions Parse(string? configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration))
        {
            throw new ArgumentException("The Redis store needs a server. Set RedisStoreOptions.Configuration, such as \"localhost:6379\", or RedisStoreOptions.Connection.");
        }

        try
        {
            var options = ConfigurationOptions.Parse(configuration);

            // The application starts while Redis is down, and the connection comes when Redis does.
            options.AbortOnConnectFail = false;
            return options.EndPoints.Count > 0 ? options : throw new ArgumentException("There is no end point.");
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            // The provider's message may repeat a password.
            throw new ArgumentException("The Redis configuration is malformed. Set RedisStoreOptions.Configuration, such as \"localhost:6379\".");
        }
    }

    private bool IsTimeToFollow()
    {
        // By the server's time, as the pauses are: the sessions' clock may stand still.
        long last = Volatile.Read(ref _followedAt), now = TimeProvider.System.GetTimestamp();
        return (last == long.MinValue || TimeProvider.System.GetElapsedTime(last, now) >= s_betweenFollowings) && Interlocked.CompareExchange(ref _followedAt, now, last) == last;
    }

    /// <summary>Asks the servers who the master is. By itself the client does so once a minute, and every write until then would be refused.</summary>
    private async Task FollowAsync()
    {
        try
        {
            await _connection!.ConfigureAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            // The next attempt says what is wrong.
        }
    }

    private async ValueTask<IConnectionMultiplexer> ConnectionAsync(bool guarded, CancellationToken cancellationToken)
    {
        if (_checked && _clock.GetElapsedTime(Volatile.Read(ref _checkedAt)) < s_trust)
        {
            return _connection!;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var connection = _connection ??= _options.Connection ?? await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
            if (guarded && connection.IsConnected)
            {
                await CheckAsync(connection).ConfigureAwait(false);
            }

            return connection;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CheckAsync(IConnectionMultiplexer connection)
    {
        if (_checked && _clock.GetElapsedTime(_checkedAt) < s_trust)
        {
            return;
        }

        _checked = false;
        await _guard.RefuseEvictionAsync(connection).ConfigureAwait(false);
        if (await _guard.HoldsAsync(connection.GetDatabase(_options.Database)).ConfigureAwait(false))
        {
            Volatile.Write(ref _checkedAt, _clock.GetTimestamp());
            _checked = true;
        }
    }

    /// <summary>The write has happened by now, so whatever goes wrong here leaves its outcome unknown, and is never a reason to write again.</summary>
    private async Task WaitForReplicasAsync(IConnectionMultiplexer connection, IDatabase database, RedisKey key)
    {
        RedisResult answer;
        try
        {
            var endPoint = await database.IdentifyEndpointAsync(key, CommandFlags.DemandMaster).ConfigureAwait(false);
            answer = await connection.GetServer(endPoint!).ExecuteAsync("WAIT", _options.RequireReplicas, (long)_options.ReplicaTimeout.TotalMilliseconds).ConfigureAwait(false);
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw RedisFaults.Unconfirmed(fault);
        }

        if ((long)answer < _options.RequireReplicas)
        {
            throw new SessionStoreException($"The master has a write that fewer than {_options.RequireReplicas} replicas confirmed. Look at the replicas, or lower RedisStoreOptions.RequireReplicas.", null, outcomeUnknown: true);
        }
    }
}
