using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sact.Session.Stores.Tests;

/// <summary>A proxy between a store and a server. It counts round trips, loses answers, leads elsewhere, and hangs.</summary>
internal sealed class PostgresProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<TcpClient> _open = [];
    private readonly ConcurrentQueue<string> _sent = new();
    private readonly Task _accepting;
    private volatile int _port;
    private int _firstLost = int.MaxValue;
    private int _lastLost;
    private int _answers;
    private int _roundTrips;
    private int _resets;
    private int _accepted;
    private TaskCompletionSource _flows = Flowing();

    public PostgresProxy(PostgresServer server)
    {
        _port = server.Port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>How often the client has spoken after the server had.</summary>
    public int RoundTrips => Volatile.Read(ref _roundTrips);

    /// <summary>How often the client has reset its session of the server's, which it does in front of what it says next.</summary>
    public int Resets => Volatile.Read(ref _resets);

    /// <summary>How many connections it has accepted.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    public string ConnectionString => PostgresServer.ConnectionStringAt(((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>Whether an answer was lost.</summary>
    public bool HasLost { get; private set; }

    /// <summary>All that clients have sent, as far as it is text.</summary>
    public string Sent => string.Concat(_sent);

    /// <summary>From now on what is asked reaches the server; its answer is lost, and with it the connection.</summary>
    public void LoseAnswers() => Lose(1, int.MaxValue);

    /// <summary>One answer is lost, counted from now, and with it the connection.</summary>
    public void LoseAnswer(int number) => Lose(number, number);

    public void DeliverAnswers() => Lose(int.MaxValue, 0);

    /// <summary>From now on connections are accepted and kept, but no byte passes in either direction.</summary>
    public void Hang() => _flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Bytes pass again, those that were held back first.</summary>
    public void Resume() => _flows.TrySetResult();

    /// <summary>New connections lead to another server; those that are open break.</summary>
    public void LeadTo(PostgresServer server) => LeadTo(server.Port);

    /// <summary>New connections lead to another port; those that are open break.</summary>
    public void LeadTo(int port)
    {
        _port = port;
        lock (_open)
        {
            _open.ForEach(connection => connection.Dispose());
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Resume();
        LeadTo(_port);

        // Not before: the loop may be about to accept once more, and a listener that was stopped throws then.
        await _accepting;
        _listener.Stop();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                Interlocked.Increment(ref _accepted);
                connections.Add(ServeAsync(client));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        lock (_open)
        {
            _open.AddRange([client, server]);
        }

        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _port);
            bool serverSpoke = true;
            await Task.WhenAny(
                CopyAsync(client.GetStream(), server.GetStream(), said =>
                {
                    _sent.Enqueue(Encoding.Latin1.GetString(said.Span));
                    if (said.Span.IndexOf("DISCARD"u8) >= 0)
                    {
                        Interlocked.Increment(ref _resets);
                    }

                    if (Volatile.Read(ref serverSpoke))
                    {
                        Volatile.Write(ref serverSpoke, false);
                        Interlocked.Increment(ref _roundTrips);
                    }

                    return true;
                }),
                CopyAsync(server.GetStream(), client.GetStream(), _ =>
                {
                    bool isAnswer = !Volatile.Read(ref serverSpoke);
                    Volatile.Write(ref serverSpoke, true);
                    return !isAnswer || !IsLost(Interlocked.Increment(ref _answers));
                }));
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }

        client.Dispose();
    }

    private bool IsLost(int answer)
    {
        bool isLost = answer >= Volatile.Read(ref _firstLost) && answer <= Volatile.Read(ref _lastLost);
        HasLost |= isLost;
        return isLost;
    }

    private void Lose(int first, int last)
    {
        Volatile.Write(ref _answers, 0);
        (_firstLost, _lastLost) = (first, last);
    }

    private static TaskCompletionSource Flowing()
    {
        var flowing = new TaskCompletionSource();
        flowing.SetResult();
        return flowing;
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Func<ReadOnlyMemory<byte>, bool> passes)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer)) > 0 && passes(buffer.AsMemory(0, read));)
            {
                await _flows.Task;
                await to.WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
        }
    }
}
