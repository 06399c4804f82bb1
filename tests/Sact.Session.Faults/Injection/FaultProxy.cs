using System.Net;
using System.Net.Sockets;

namespace Sact.Session.Faults;

/// <summary>What a proxy does to the bytes between a store and its server.</summary>
internal enum NetworkState
{
    /// <summary>They pass.</summary>
    Clear,

    /// <summary>They pass late.</summary>
    Slow,

    /// <summary>They vanish, and the connections stay open. New connections are accepted, and carry nothing either.</summary>
    Silent,

    /// <summary>There is no connection, and no new one either.</summary>
    Refusing,

    /// <summary>Each answer breaks off somewhere in the middle, and with it the connection.</summary>
    CuttingAnswers,

    /// <summary>Some bytes of some answers are others.</summary>
    Garbling,
}

/// <summary>A proxy for TCP between the application processes and one server. It knows no protocol.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Link> _links = [];
    private readonly Task _accepting;
    private readonly Random _random;
    private volatile NetworkState _state;
    private volatile int _target;

    public FaultProxy(int seed)
    {
        _random = new Random(seed);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections there are now.</summary>
    public int Open
    {
        get
        {
            lock (_links)
            {
                return _links.Count;
            }
        }
    }

    /// <summary>New connections lead to this port on this machine; those that are open break.</summary>
    public void LeadTo(int port)
    {
        _target = port;
        Break();
    }

    /// <summary>Breaks the connections of now.</summary>
    public void Break() => ForEach(_ => true, static link => link.Dispose());

    /// <summary>The connections of now carry nothing more, either way, and neither end learns of it. New ones work.</summary>
    public void HalfOpen() => ForEach(_ => true, static link => link.IsDead = true);

    public void Begin(NetworkState state)
    {
        _state = state;
        if (state == NetworkState.Refusing)
        {
            Break();
        }
    }

    /// <summary>Ends what was begun. A connection that has lost or changed bytes cannot go on.</summary>
    public void Clear()
    {
        var state = _state;
        _state = NetworkState.Clear;
        if (state is NetworkState.Silent or NetworkState.Garbling)
        {
            ForEach(link => link.IsSpoilt, static link => link.Dispose());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Break();

        // Not before: the loop may be about to accept once more, and a listener that was stopped throws then.
        await _accepting;
        _listener.Stop();
        _end.Dispose();
    }

    private void ForEach(Func<Link, bool> chosen, Action<Link> act)
    {
        lock (_links)
        {
            foreach (var link in _links.Where(chosen).ToArray())
            {
                act(link);
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(new Link(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task ServeAsync(Link link)
    {
        lock (_links)
        {
            _links.Add(link);
        }

        try
        {
            if (_state != NetworkState.Refusing)
            {
                await link.Server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                (link.Client.NoDelay, link.Server.NoDelay) = (true, true);
                await Task.WhenAny(
                    CopyAsync(link, link.Client.GetStream(), link.Server.GetStream(), isAnswer: false),
                    CopyAsync(link, link.Server.GetStream(), link.Client.GetStream(), isAnswer: true));
            }
        }
        catch (Exception fault) when (
            fault is SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
        }

        link.Dispose();
        lock (_links)
        {
            _links.Remove(link);
        }
    }

    private async Task CopyAsync(Link link, NetworkStream from, NetworkStream to, bool isAnswer)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer, _end.Token)) > 0;)
            {
                var state = _state;
                if (link.IsDead || state == NetworkState.Silent)
                {
                    link.IsSpoilt |= state == NetworkState.Silent;
                    continue;
                }

                if (state == NetworkState.Slow)
                {
                    await Task.Delay(Number(10, 400), _end.Token);
                }
                else if (isAnswer && state == NetworkState.CuttingAnswers)
                {
                    await to.WriteAsync(buffer.AsMemory(0, Number(0, read)), _end.Token);
                    return;
                }
                else if (isAnswer && state == NetworkState.Garbling)
                {
                    Garble(link, buffer.AsSpan(0, read));
                }

                // Bytes that vanished in between are missing: nothing that comes after them may pass.
                if (!link.IsSpoilt || _state == NetworkState.Garbling)
                {
                    await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
                }
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private void Garble(Link link, Span<byte> answer)
    {
        if (Number(0, 2) == 0)
        {
            return;
        }

        link.IsSpoilt = true;
        for (int left = Number(1, 6); left > 0; left--)
        {
            answer[Number(0, answer.Length)] ^= (byte)Number(1, 256);
        }
    }

    private int Number(int least, int below)
    {
        lock (_random)
        {
            return _random.Next(least, below);
        }
    }

    private sealed class Link(TcpClient client) : IDisposable
    {
        private volatile bool _isDead;
        private volatile bool _isSpoilt;

        public TcpClient Client { get; } = client;

        public TcpClient Server { get; } = new();

        /// <summary>Whether it carries nothing more.</summary>
        public bool IsDead
        {
            get => _isDead;
            set => _isDead = value;
        }

        /// <summary>Whether bytes are missing or changed.</summary>
        public bool IsSpoilt
        {
            get => _isSpoilt;
            set => _isSpoilt = value;
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
