using System.Net;
using System.Net.Sockets;

namespace Sact.Session.Stores.Tests;

/// <summary>Is between a store and a redis-server: keeps answers back, and lets connections go dead without closing them.</summary>
internal sealed class RedisProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Link> _links = [];
    private readonly Task _accepting;
    private volatile TaskCompletionSource _answers = Open();
    private volatile RedisServer _server;
    private volatile bool _refuses;
    private int _accepted;

    public RedisProxy(RedisServer server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>How many connections clients have tried to make, those that were refused included.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    public string Configuration => RedisServer.ConfigurationAt(((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>From now on what is asked reaches the server, and its answers wait.</summary>
    public void HoldAnswers() => _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void DeliverAnswers() => _answers.TrySetResult();

    /// <summary>
    /// Breaks every connection, and every new one at once, as a server that is down does. Answers that were held are lost.
    /// </summary>
    public void Cut()
    {
        _refuses = true;
        lock (_links)
        {
            _links.ForEach(link => link.Dispose());
        }
    }

    /// <summary>Lets clients connect again.</summary>
    public void Restore()
    {
        DeliverAnswers();
        _refuses = false;
    }

    /// <summary>New connections reach another server. Those of now do not change.</summary>
    public void LeadTo(RedisServer server) => _server = server;

    /// <summary>The connections of now carry nothing more, either way, and nobody is told; new ones work.</summary>
    public void LetGoDead()
    {
        lock (_links)
        {
            _links.ForEach(link => link.Dead = true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        DeliverAnswers();
        lock (_links)
        {
            _links.ForEach(link => link.Dispose());
        }

        // Not before: the loop may be about to accept once more, and a listener that was stopped throws then.
        await _accepting;
        _listener.Stop();
        _end.Dispose();
    }

    private static TaskCompletionSource Open()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(new Link(await _listener.AcceptTcpClientAsync(_end.Token))));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Link link)
    {
        Interlocked.Increment(ref _accepted);
        lock (_links)
        {
            _links.Add(link);
        }

        try
        {
            if (_refuses)
            {
                link.Dispose();
                return;
            }

            await link.Server.ConnectAsync(IPAddress.Loopback, _server.Port, _end.Token);
            await Task.WhenAny(
                CopyAsync(link.Client.GetStream(), link.Server.GetStream(), () => Task.FromResult(!link.Dead)),
                CopyAsync(link.Server.GetStream(), link.Client.GetStream(), async () =>
                {
                    await _answers.Task;
                    return !link.Dead;
                }));
        }
        catch (Exception fault) when (
            fault is SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
        }

        link.Dispose();
    }

    private static async Task CopyAsync(NetworkStream from, NetworkStream to, Func<Task<bool>> passes)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer)) > 0;)
            {
                if (await passes())
                {
                    await to.WriteAsync(buffer.AsMemory(0, read));
                }
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
        }
    }

    private sealed class Link(TcpClient client) : IDisposable
    {
        private volatile bool _dead;

        public TcpClient Client { get; } = client;

        public TcpClient Server { get; } = new();

        public bool Dead
        {
            get => _dead;
            set => _dead = value;
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
