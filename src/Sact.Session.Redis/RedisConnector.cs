using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// The connection: the application's, or one that is made at the first use. While it is missing, calls wait for a moment and then fail
/// at once, with the address and the cause. The client reconnects by itself, once a second.
/// </summary>
internal sealed class RedisConnector : IDisposable, IAsyncDisposable
{
    // The first connection takes a name look-up, TLS and the handshake. A later one is usually there again within milliseconds.
    public static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(1.8);
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // The end of an outage is not always noticed: the client may find a new master by itself that was connected all the time.
    public static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(10);

    private const int MostNamed = 3;
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_betweenAttempts = TimeSpan.FromSeconds(1);

    private readonly ConfigurationOptions? _configuration;
    private readonly RedisSockets _sockets = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisOutage _outage;
    private readonly ConcurrentDictionary<EndPoint, (long Sequence, RedisCause? Cause)> _causes = new();
    private readonly ConcurrentDictionary<string, bool> _logged = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private volatile IConnectionMultiplexer? _connection;
    private volatile bool _disposed;
    private volatile bool _someAreDown;
    private volatile RedisCause? _break;
    private Task? _connecting;

    /// <param name="options">The application's connection, or else the connection string.</param>
    /// <param name="time">The system's time, or a test's.</param>
    /// <param name="logger">Where an outage is logged, once for each cause.</param>
    public RedisConnector(RedisStoreOptions options, TimeProvider time, ILogger logger)
    {
        _time = time;
        _logger = logger;
        _outage = new RedisOutage(time, s_settled, Forgotten);
        if (options.Connection is { } connection)
        {
            Listen(connection);
            _connection = connection;
        }
        else
        {
            _configuration = RedisConnectionString.Parse(options.Configuration);
            _configuration.ConnectionAttemptCompleted += OnAttempt;
            _configuration.Tunnel ??= _sockets;
        }
    }

    /// <summary>A server has become reachable.</summary>
    public event Action? Reached;

    /// <summary>The addresses for a message.</summary>
    public string Address => Join(EndPoints());

    /// <summary>Describes the store for traces: the server, if there is only one.</summary>
    public StoreDescription Describe() => EndPoints().ToArray() switch
    {
        [DnsEndPoint only] => new("redis") { ServerAddress = only.Host, ServerPort = only.Port },
        [IPEndPoint only] => new("redis") { ServerAddress = only.Address.ToString(), ServerPort = only.Port },
        _ => new("redis"),
    };

    private bool HasPassword => !string.IsNullOrEmpty(_configuration?.Password);

    /// <summary>Answers with the connection as soon as one was made. It may have been lost since.</summary>
    /// <exception cref="SessionStoreException">None could be made in time.</exception>
    public ValueTask<IConnectionMultiplexer> GetAsync(CancellationToken cancellationToken) =>
        _connection is { } connection ? new(connection) : FirstAsync(cancellationToken);

    /// <summary>Waits for a server that was lost a moment ago. For a call that has found no connection to send its command over.</summary>
    /// <param name="cause">What is known of the cause, if the events of the client do not tell.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SessionStoreException">The outage is too old to wait for its end.</exception>
    public async ValueTask WaitAsync(RedisCause? cause, CancellationToken cancellationToken)
    {
        _outage.Meet(Patience);
        if (!await _outage.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            throw Unreachable(cause);
        }
    }

    /// <summary>
    /// Notes why a call has lost its connection. The client's own event comes later, and calls that fail until then need a cause.
    /// </summary>
    public void NoteBreak(RedisConnectionException fault) => _break = RedisCause.Of(fault, HasPassword);

    /// <summary>
    /// Breaks connections over which nothing is answered, so that the client makes new ones. Those of the application stay as they are.
    /// </summary>
    public void Break() => _sockets.Close();

    /// <summary>
    /// Ends the outage if there is a master of a key again. It may have been connected all the time, and then the client reports nothing.
    /// Otherwise the calls that wait look again, each for its own key.
    /// </summary>
    public void LookAgain(IConnectionMultiplexer connection, IDatabase database, RedisKey key)
    {
        if (Reaches(connection, database, key))
        {
            OnReached();
        }
        else
        {
            _outage.Wake();
        }
    }

    /// <summary>
    /// Whether there is a connection to the master of a key. A node of a cluster that is down counts as missing at once: the client
    /// would send the command to another node, and keep it for the one that the redirect names until its next attempt to connect.
    /// </summary>
    public bool Reaches(IConnectionMultiplexer connection, IDatabase database, RedisKey key) =>
        database.IsConnected(key, CommandFlags.DemandMaster) && !(_someAreDown && IsDown(connection, key));

    /// <summary>The fault of a call for which there is no connection. It is logged once for each cause.</summary>
    public SessionStoreException Unreachable(RedisCause? cause)
    {
        var known = EndPoints()
            .Select(endPoint => (EndPoint: endPoint, Cause: _causes.TryGetValue(endPoint, out var last) ? last.Cause : null))
            .Where(found => found.Cause is not null)
            .ToArray();
        var first = known.FirstOrDefault().Cause ?? cause ?? _break ?? RedisCause.NoAnswerYet(_configuration is { Ssl: true });
        string where = known.Length == 0 ? Address : Join(known.Select(found => found.EndPoint));
        bool alike = Array.TrueForAll(known, found => found.Cause!.What == first.What);
        string each = string.Join(", ", known.Take(MostNamed).Select(found => $"{Name(found.EndPoint)} ({found.Cause!.What})"));
        string text = "There is no connection to Redis" + (alike ? $" at {where}: {first.What}." : $": {each}.");
        if (_logged.TryAdd(text, true))
        {
            RedisLog.Unreachable(_logger, text, first.Remedy);
        }

        return new SessionStoreException($"{text} {first.Remedy}", first.Exception);
    }

    public void Dispose()
    {
        StopListening();
        if (_configuration is not null)
        {
            _connection?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        StopListening();
        if (_configuration is not null && _connection is { } connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    public static string Name(EndPoint endPoint) => endPoint is DnsEndPoint name ? $"{name.Host}:{name.Port}" : endPoint.ToString() ?? "";

    private static string Join(IEnumerable<EndPoint> endPoints)
    {
        string[] names = [.. endPoints.Select(Name)];
        string first = string.Join(", ", names.Take(MostNamed));
        return names.Length <= MostNamed ? first : $"{first} and {names.Length - MostNamed} more";
    }

    /// <summary>Whether all nodes that know the owner of the key's slot name one that is down.</summary>
    private bool IsDown(IConnectionMultiplexer connection, RedisKey key)
    {
        bool down = false;
        foreach (var server in connection.GetServers())
        {
            if (server.IsConnected && server.ClusterConfiguration?.GetBySlot(key)?.EndPoint is { } owner)
            {
                down = _causes.TryGetValue(owner, out var last) && last.Cause is not null;
                if (!down)
                {
                    return false;
                }
            }
        }

        return down;
    }

    private IEnumerable<EndPoint> EndPoints() => _connection?.GetEndPoints() ?? (IEnumerable<EndPoint>)_configuration!.EndPoints;

    private async ValueTask<IConnectionMultiplexer> FirstAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(RedisStore));
        lock (_lock)
        {
            if (_connecting is null)
            {
                _outage.Meet(FirstPatience);
                _connecting = Task.Run(ConnectAsync, CancellationToken.None);
            }
        }

        bool inTime = await _outage.WaitAsync(cancellationToken).ConfigureAwait(false);
        return _connection is { } connection && (inTime || connection.IsConnected) ? connection : throw Unreachable(null);
    }

    /// <summary>Makes the first connection. It returns without a server too: the client then goes on to try by itself.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The next attempt may succeed.")]
    private async Task ConnectAsync()
    {
        while (!_disposed)
        {
            try
            {
                var connection = await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
                Listen(connection);
                _connection = connection;
                if (connection.IsConnected)
                {
                    OnReached();
                }

                if (_disposed)
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                }

                return;
            }
            catch (Exception fault)
            {
                // Only few settings make the client throw here, such as the name of a Sentinel service.
                foreach (var endPoint in _configuration!.EndPoints)
                {
                    Note(endPoint, 0, RedisCause.Of(fault, HasPassword));
                }
            }

            await Task.Delay(s_betweenAttempts, _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void Listen(IConnectionMultiplexer connection)
    {
        connection.ConnectionFailed += OnFailed;
        connection.ConnectionRestored += OnRestored;
    }

    private void StopListening()
    {
        _disposed = true;
        _outage.End();
        if (_connection is { } connection)
        {
            connection.ConnectionFailed -= OnFailed;
            connection.ConnectionRestored -= OnRestored;
        }
    }

    private void OnAttempt(object? sender, ConnectionAttemptCompletedEventArgs attempt)
    {
        if (attempt is { ConnectionType: ConnectionType.Interactive, EndPoint: { } endPoint })
        {
            Note(endPoint, attempt.SequenceNumber, attempt.IsSuccess ? null : RedisCause.Of(attempt, HasPassword));
        }
    }

    private void OnFailed(object? sender, ConnectionFailedEventArgs failure)
    {
        if (failure is { ConnectionType: ConnectionType.Interactive, EndPoint: { } endPoint })
        {
            // The outcome of a later attempt says more: not that the connection was closed, but that it is refused.
            var cause = failure.Exception is { } fault ? RedisCause.Of(fault, HasPassword) : RedisCause.NoAnswerYet(tls: false);
            _causes.AddOrUpdate(endPoint, (0, cause), (_, last) => last.Cause is null ? (last.Sequence, cause) : last);
            Count();
        }
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs restored)
    {
        if (restored is { ConnectionType: ConnectionType.Interactive, EndPoint: { } endPoint })
        {
            _causes.AddOrUpdate(endPoint, (0, null), static (_, last) => (last.Sequence, null));
            Count();
            OnReached();
        }
    }

    // The events of the client come from several threads, and not always in order.
    private void Note(EndPoint endPoint, long sequence, RedisCause? cause)
    {
        _causes.AddOrUpdate(endPoint, (sequence, cause), (_, last) => last.Sequence > sequence ? last : (sequence, cause));
        Count();
    }

    private void Count() => _someAreDown = _causes.Values.Any(last => last.Cause is not null);

    private void OnReached()
    {
        _break = null;
        Reached?.Invoke();
        _outage.End();
        if (!_logged.IsEmpty)
        {
            _logged.Clear();
            RedisLog.Reached(_logger, Address);
        }
    }
}
