using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Every call to the server: over a connection that is there, checked by <see cref="RedisGuard"/>, with faults that say what is wrong.
/// </summary>
internal sealed class RedisLink : IAsyncDisposable, IDisposable
{
    // How often a script is sent while a cluster moves its keys: for a quarter of a second, and for three seconds.
    public const int Impatient = 8;
    public const int Patient = 30;

    // The client follows one redirect of a command. A slot that moves on and on needs another attempt, though each node can be reached.
    private const int AlwaysRedirected = 4;

    // With the pauses between them about half a second.
    private const int MostRedirects = 10;

    private static readonly TimeSpan s_trust = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(128);
    private static readonly TimeSpan s_betweenFollowings = TimeSpan.FromSeconds(1);

    private readonly RedisStoreOptions _options;
    private readonly RedisConnector _connector;
    private readonly RedisGuard _guard;
    private readonly RedisSilence _silence;
    private readonly RedisProbe _probe;
    private readonly RedisReplicas _replicas;

    // A node of a cluster that a redirect names and that the client has no connection to: it is new, or it is down.
    private readonly RedisOutage _newNode;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _checkedAt;
    private volatile bool _checked;
    private long _followedAt = long.MinValue;

    /// <param name="options">The options of the store.</param>
    /// <param name="clock">The clock of the sessions.</param>
    /// <param name="time">The system's time, by which the server and the network are judged: the sessions' clock may stand still.</param>
    /// <param name="logger">The log of the store.</param>
    public RedisLink(RedisStoreOptions options, TimeProvider clock, TimeProvider time, ILogger logger)
    {
        _options = options;
        _clock = clock;
        _time = time;
        _silence = new RedisSilence(time);
        _newNode = new RedisOutage(time, TimeSpan.Zero, RedisConnector.Forgotten);
        _guard = new RedisGuard(options, logger);
        _connector = new RedisConnector(options, time, logger);
        _probe = new RedisProbe(_silence, _connector, time);
        _replicas = new RedisReplicas(options, _connector);
        _connector.Reached += _silence.Reset;
        _connector.Reached += _newNode.End;
    }

    /// <summary>Describes the store for traces: the server, if there is only one.</summary>
    public StoreDescription Describe() => _connector.Describe();

    /// <param name="write">Whether it may change something. It is then not cancelled, and replicas are waited for.</param>
    /// <param name="key">A key of the command's slot.</param>
    /// <param name="command">The command.</param>
    /// <param name="guarded">False for what is right whatever the routing key was.</param>
    /// <param name="cancellationToken">Gives up a read. A write looks at it before it begins.</param>
    public async ValueTask<T> RunAsync<T>(
        bool write, RedisKey key, Func<IDatabase, Task<T>> command, bool guarded = true, CancellationToken cancellationToken = default)
    {
        RedisServerException? deposed = null;
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long sent = long.MaxValue;
            Task<T>? pending = null;
            try
            {
                var connection = await _connector.GetAsync(cancellationToken).ConfigureAwait(false);
                var database = connection.GetDatabase(_options.Database);
                _probe.RefuseSilent(database);
                if (deposed is null && !_connector.Reaches(connection, database, key))
                {
                    await WaitForServerAsync(connection, database, key, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                sent = _silence.Now;
                await CheckAsync(connection, guarded, cancellationToken).ConfigureAwait(false);
                var masters = write ? _replicas.MastersOf(connection) : null;

                // A write that has begun is waited for.
                pending = command(database);
                T answer = await pending.WaitAsync(write ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
                _silence.Answered();
                if (masters is not null)
                {
                    await _replicas.ConfirmAsync(connection, database, key, masters).ConfigureAwait(false);
                }

                return answer;
            }
            catch (RedisConnectionException fault) when (RedisFaults.LeadsNowhereYet(fault) && MayBeRedirected(attempt))
            {
                await PauseAsync(attempt, write ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
            }
            catch (RedisServerException fault) when (deposed is null && RedisFaults.IsDeposed(fault) && IsTimeToFollow())
            {
                _silence.Answered();
                deposed = fault;
                await FollowAsync().ConfigureAwait(false);
            }
            catch (RedisConnectionException fault) when (deposed is not null && RedisFaults.WasNeverSent(fault))
            {
                // There is no other master: what the server said is the better answer.
                throw Wrap(deposed, write);
            }
            catch (RedisConnectionException fault) when (RedisFaults.WasNeverSent(fault) && !RedisFaults.LeadsNowhereYet(fault))
            {
                // The connection was lost between the look and the command.
                await _connector.WaitAsync(RedisCause.Of(fault, hasPassword: false), cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (sent != long.MaxValue)
            {
                _silence.GaveUp(sent, pending);
                throw;
            }
            catch (Exception fault) when (RedisFaults.Is(fault))
            {
                Note(fault, sent, pending);
                throw Wrap(fault, write);
            }
        }
    }

    /// <summary>
    /// Runs a script. What a server answers before it has done anything is tried again: that it does not know the script (after
    /// <c>SCRIPT FLUSH</c>, or on the new node of a slot), and, as often as told, that the keys of a slot move from one node to another.
    /// </summary>
    public async ValueTask<RedisResult> ScriptAsync(
        RedisScript script,
        RedisKey[] keys,
        RedisValue[] arguments,
        int attempts,
        bool guarded = true,
        CancellationToken cancellationToken = default)
    {
        bool isKnown = true;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await RunAsync(
                    write: true,
                    keys[0],
                    database => script.EvaluateAsync(database, keys, arguments, isKnown),
                    guarded,
                    cancellationToken).ConfigureAwait(false);
            }
            catch (SessionStoreException fault) when (RedisFaults.IsUnknownScript(fault) && isKnown)
            {
                // EVAL lets the server keep it.
                isKnown = false;
            }
            catch (SessionStoreException fault) when (RedisFaults.IsOnTheMove(fault) && attempt < attempts)
            {
                await PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The connection, for what no command reaches: a subscription.</summary>
    public ValueTask<IConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken) => _connector.GetAsync(cancellationToken);

    /// <summary>The masters, for what reads all keys.</summary>
    public async ValueTask<IReadOnlyList<IServer>> MastersAsync(bool guarded, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var connection = await _connector.GetAsync(cancellationToken).ConfigureAwait(false);
            _probe.RefuseSilent(connection.GetDatabase(_options.Database));
            while (!connection.IsConnected)
            {
                await _connector.WaitAsync(null, cancellationToken).ConfigureAwait(false);
            }

            await CheckAsync(connection, guarded, cancellationToken).ConfigureAwait(false);
            var masters = connection.GetServers().Where(server => !server.IsReplica).ToArray();
            return masters.Length > 0 && Array.TrueForAll(masters, server => server.IsConnected)
                ? masters
                : throw _connector.Unreachable(RedisCause.NoMaster);
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw Wrap(fault, write: false);
        }
    }

    /// <summary>The keys of a master that match. Not for the path of a request.</summary>
    public async IAsyncEnumerable<RedisKey> ScanAsync(
        IServer master, string pattern, [EnumeratorCancellation] CancellationToken cancellationToken)
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
                throw Wrap(fault, write: false);
            }

            yield return keys.Current;
        }
    }

    /// <summary>One step of <c>SCAN</c> on a master: the cursor of the next one, and the names that match.</summary>
    public async ValueTask<(ulong Next, string?[] Names)> ScanStepAsync(
        IServer master, ulong cursor, string pattern, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            object[] arguments = [cursor.ToString(CultureInfo.InvariantCulture), "MATCH", pattern, "COUNT", count];
            int? database = _options.Database < 0 ? null : _options.Database;
            var answer = (RedisResult[]?)await master.ExecuteAsync(database, "SCAN", arguments).WaitAsync(cancellationToken)
                .ConfigureAwait(false) ?? [];
            return (ulong.Parse((string)answer[0]!, CultureInfo.InvariantCulture), (string?[]?)answer[1] ?? []);
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw Wrap(fault, write: false);
        }
    }

    /// <summary>All sessions have ended: the next ones are made with this store's routing key.</summary>
    public async ValueTask ResetRoutingAsync() => await RunAsync(
        write: true,
        _options.Prefix,
        async database =>
        {
            await _guard.ResetAsync(database).ConfigureAwait(false);
            return true;
        },
        guarded: false).ConfigureAwait(false);

    public void Dispose()
    {
        _connector.Dispose();
        _gate.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _connector.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(1 << Math.Min(attempt - 1, 7));
        return Task.Delay(pause < s_longestPause ? pause : s_longestPause, _time, cancellationToken);
    }

    public SessionStoreException Wrap(Exception fault, bool write) => RedisFaults.Wrap(fault, write, _connector.Address);

    /// <summary>Notes what an exception says about whether the server answers.</summary>
    private void Note(Exception fault, long sent, Task? pending)
    {
        if (fault is RedisServerException)
        {
            _silence.Answered();
        }
        else if (fault is RedisTimeoutException && sent != long.MaxValue)
        {
            _silence.GaveUp(sent, pending);
        }
        else if (fault is RedisConnectionException broken)
        {
            _connector.NoteBreak(broken);
        }
    }

    private async ValueTask WaitForServerAsync(
        IConnectionMultiplexer connection, IDatabase database, RedisKey key, CancellationToken cancellationToken)
    {
        // Some server is connected, and another one may be the master by now. The client alone would find out within a minute.
        RedisCause? cause = null;
        if (connection.IsConnected)
        {
            cause = RedisCause.NoMaster;
            if (IsTimeToFollow())
            {
                _ = FollowAndLookAgainAsync(connection, database, key);
            }
        }

        await _connector.WaitAsync(cause, cancellationToken).ConfigureAwait(false);
    }

    private bool MayBeRedirected(int attempt)
    {
        if (attempt <= AlwaysRedirected)
        {
            return true;
        }

        _newNode.Meet(RedisConnector.Patience);
        return _newNode.IsYoung && attempt < MostRedirects;
    }

    private bool IsTimeToFollow()
    {
        long last = Volatile.Read(ref _followedAt), now = _time.GetTimestamp();
        return (last == long.MinValue || _time.GetElapsedTime(last, now) >= s_betweenFollowings)
            && Interlocked.CompareExchange(ref _followedAt, now, last) == last;
    }

    /// <summary>
    /// Looks which server is the master. The client alone does so once a minute, and every write until then would be refused.
    /// </summary>
    private async Task FollowAsync()
    {
        try
        {
            await (await _connector.GetAsync(CancellationToken.None).ConfigureAwait(false)).ConfigureAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            // The next attempt says what is wrong.
        }
    }

    private async Task FollowAndLookAgainAsync(IConnectionMultiplexer connection, IDatabase database, RedisKey key)
    {
        await FollowAsync().ConfigureAwait(false);
        _connector.LookAgain(connection, database, key);
    }

    /// <summary>Checks the server when there is a connection, and once a day.</summary>
    private async ValueTask CheckAsync(IConnectionMultiplexer connection, bool guarded, CancellationToken cancellationToken)
    {
        if (!guarded || IsChecked())
        {
            return;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (IsChecked())
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

            _silence.Answered();
        }
        finally
        {
            _gate.Release();
        }
    }

    private bool IsChecked() => _checked && _clock.GetElapsedTime(Volatile.Read(ref _checkedAt)) < s_trust;
}
