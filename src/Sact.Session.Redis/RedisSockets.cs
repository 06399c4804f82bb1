using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Sact.Session;

/// <summary>
/// The sockets of a connection that the store makes. The client gives up one that is half-open only after four of its time-outs, which
/// is 20 seconds, and offers no call for it. So the store closes them, and the client connects again.
/// </summary>
internal sealed class RedisSockets : Tunnel
{
    private readonly List<WeakReference<Socket>> _open = [];

    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        if (socket is not null)
        {
            lock (_open)
            {
                _open.RemoveAll(static known => !known.TryGetTarget(out var old) || old.SafeHandle.IsClosed);
                _open.Add(new WeakReference<Socket>(socket));
            }
        }

        return default;
    }

    /// <summary>Closes all of them.</summary>
    public void Close()
    {
        Socket[] open;
        lock (_open)
        {
            open = [.. _open.Select(static known => known.TryGetTarget(out var socket) ? socket : null).OfType<Socket>()];
            _open.Clear();
        }

        foreach (var socket in open)
        {
            socket.Dispose();
        }
    }
}
